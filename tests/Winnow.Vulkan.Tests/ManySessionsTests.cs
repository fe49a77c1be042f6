using Winnow.Generation;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;

namespace Winnow.Vulkan.Tests;

public sealed class ManySessionsTests : IDisposable
{
    /// <summary>Less than a tenth of the buffers of a session. A driver may keep something of each submission: llvmpipe has about 1 KiB.</summary>
    private const long BytesOfSession = 4 << 10;

    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-sessions-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_thousand_sessions_leave_no_memory_and_no_handles_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "handles and resident memory are counted as Linux tells them");
        string model = Path.Combine(_folder, "model.gguf");
        SyntheticShape shape = SyntheticShape.Named.Single(shape => shape.Name == "llama-tiny") with
        {
            Layers = 1,
            HiddenSize = 64,
            Heads = 1,
            KvHeads = 1,
            FeedForwardSize = 64,
            VocabularySize = 512,
        };
        SyntheticModel.Write(model, shape, QuantizationMix.F32);
        TestDevice.Open().Dispose();
        VulkanDevices.Add();
        using Engine engine = Engine.Load(model, new EngineOptions { Device = "vulkan:0" });
        Use(100);
        (long device, int handles, long resident) = Count();
        Use(1000);
        (long deviceAfter, int handlesAfter, long residentAfter) = Count();
        Assert.Equal(device, deviceAfter);
        // Threads of the runtime that come and go have a few handles.
        Assert.InRange(handlesAfter, 0, handles + 10);
        Assert.InRange(residentAfter - resident, long.MinValue, 1000 * BytesOfSession);

        void Use(int sessions)
        {
            for (int i = 0; i < sessions; i++)
            {
                using Session session = engine.CreateSession(new SessionOptions { ContextLength = 16 });
                if (i % 4 == 0)
                {
                    session.Diagnostics.Step(5);
                }

                if (i % 50 == 0)
                {
                    // What the runtime lets lie until it collects is no growth.
                    GC.Collect();
                }
            }
        }

        (long, int, long) Count()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
            return (engine.Device.MemoryBytes, Directory.GetFiles("/proc/self/fd").Length, Environment.WorkingSet);
        }
    }
}
