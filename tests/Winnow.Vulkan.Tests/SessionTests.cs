using Winnow.Cache;
using Winnow.Compute;
using Winnow.Generation;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Sampling;

namespace Winnow.Vulkan.Tests;

/// <summary>What an application does with an engine, with a small model of random float weights on a Vulkan device.</summary>
public class SessionTests : IDisposable
{
    private static readonly int[] Prompt = [.. Enumerable.Range(0, 70).Select(i => 3 + (i * 37 % 900))];

    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-vulkan-").FullName;
    private readonly string _model;

    public SessionTests()
    {
        _model = Path.Combine(_folder, "model.gguf");
        SyntheticModel.Write(_model, SyntheticShape.Named.Single(shape => shape.Name == "llama-tiny"), QuantizationMix.F32);
    }

    /// <summary>Where the layers lie.</summary>
    protected virtual EngineOptions Placement { get; } = new() { Device = "vulkan:0" };

    /// <summary>Why keys and values cannot lie on disk there.</summary>
    protected virtual string DiskRefusal => "vulkan:0 has memory of its own: keys and values cannot lie in a file";

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Answers_are_those_of_the_processor_also_from_a_fork_and_after_a_cut()
    {
        using Engine gpu = Load();
        using Engine cpu = Engine.Load(_model);
        using Session expected = cpu.CreateSession();
        using Session session = gpu.CreateSession();
        int[] answer = Generate(expected, Prompt, 12);
        Assert.Equal(answer, Generate(session, Prompt, 12));
        using (Session fork = session.Fork())
        {
            fork.Truncate(8);
            expected.Truncate(8);
            Assert.Equal(Generate(expected, Prompt[..40], 6), Generate(fork, Prompt[..40], 6));
        }

        // What the fork wrote is not in its parent's rows.
        Assert.Equal(answer, Generate(session, Prompt, 12));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_session_saved_on_one_device_goes_on_on_another(bool fromGpu)
    {
        using Engine gpu = Load();
        using Engine cpu = Engine.Load(_model);
        (Engine from, Engine to) = fromGpu ? (gpu, cpu) : (cpu, gpu);
        string path = Path.Combine(_folder, "session");
        using Session saved = from.CreateSession();
        Generate(saved, Prompt, 4);
        saved.Save(path);
        using Session loaded = to.CreateSession();
        loaded.Load(path);
        Assert.Equal(saved.Tokens, loaded.Tokens);
        for (int i = 0; i < 6; i++)
        {
            int token = Best(saved.Diagnostics.Logits);
            saved.Diagnostics.Step(token);
            Assert.Equal(Best(saved.Diagnostics.Logits), Best(loaded.Diagnostics.Step(token)));
        }
    }

    [Fact]
    public void Keys_and_values_may_lie_in_the_memory_of_the_system_but_not_on_disk()
    {
        using Engine gpu = Load();
        using Session device = gpu.CreateSession();
        using Session ram = gpu.CreateSession(new SessionOptions { KvTier = KvTier.Ram });
        Assert.Equal(Generate(device, Prompt, 8), Generate(ram, Prompt, 8));
        Exception error = Assert.ThrowsAny<Exception>(() =>
        {
            using Session disk = gpu.CreateSession(new SessionOptions { KvTier = KvTier.Disk, ScratchDirectory = _folder });
            Generate(disk, Prompt, 2);
        });
        Assert.Contains(DiskRefusal, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sessions_that_come_and_go_leave_no_memory_behind()
    {
        using Engine gpu = Load();
        Use();
        long before = gpu.Device.MemoryBytes;
        for (int i = 0; i < 10; i++)
        {
            Use();
        }

        Assert.Equal(before, gpu.Device.MemoryBytes);

        void Use()
        {
            using Session session = gpu.CreateSession();
            session.Prefill(Prompt);
            using Session fork = session.Fork();
            fork.Diagnostics.Step(5);
        }
    }

    [Fact]
    public void Sessions_that_compute_together_go_on_as_alone()
    {
        using Engine gpu = Load();
        using SessionBatch batch = gpu.CreateBatch();
        Session[] together = [gpu.CreateSession(), gpu.CreateSession(), gpu.CreateSession()];
        Session[] alone = Array.ConvertAll(together, _ => gpu.CreateSession());
        for (int i = 0; i < together.Length; i++)
        {
            together[i].Prefill(Prompt[..(20 + (7 * i))]);
            alone[i].Prefill(Prompt[..(20 + (7 * i))]);
        }

        for (int step = 0; step < 4; step++)
        {
            int[] tokens = Array.ConvertAll(alone, session => Best(session.Diagnostics.Logits));
            Assert.Equal(tokens, Array.ConvertAll(together, session => Best(session.Diagnostics.Logits)));
            batch.Step(together, tokens);
            for (int i = 0; i < alone.Length; i++)
            {
                alone[i].Diagnostics.Step(tokens[i]);
            }
        }

        Array.ForEach([.. together, .. alone], session => session.Dispose());
    }

    [Fact]
    public void Engines_and_sessions_share_a_device()
    {
        using Engine one = Load();
        using Engine other = Load();
        int[][] answers = new int[4][];
        Parallel.For(0, answers.Length, i =>
        {
            Engine engine = i % 2 == 0 ? one : other;
            using Session session = engine.CreateSession();
            answers[i] = Generate(session, Prompt, 8);
        });
        Assert.All(answers, answer => Assert.Equal(answers[0], answer));
    }

    [Fact]
    public void An_engine_that_is_disposed_gives_its_memory_back()
    {
        VulkanDevice[] devices = [TestDevice.Open(), TestDevice.OpenTwin(0), TestDevice.OpenTwin(1)];
        long before = devices.Sum(device => device.MemoryBytes);
        using (Engine gpu = Load())
        {
            using Session session = gpu.CreateSession();
            session.Prefill([1, 2, 3]);
            long weights = gpu.Placement.Where(part => part.FreeBytes is not null).Sum(part => part.WeightBytes);
            Assert.InRange(devices.Sum(device => device.MemoryBytes), before + weights, long.MaxValue);
        }

        Assert.Equal(before, devices.Sum(device => device.MemoryBytes));
        Array.ForEach(devices, device => device.Dispose());
    }

    private Engine Load()
    {
        TestDevice.Open().Dispose();
        VulkanDevices.Add();
        Devices.Add(new TwinDeviceKind());
        return Engine.Load(_model, Placement);
    }

    private static int[] Generate(Session session, int[] prompt, int tokens)
    {
        GenerationOptions options = new() { MaxTokens = tokens, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true };
        return [.. session.Generate(prompt, options).Select(token => token.Id)];
    }

    private static int Best(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }
}
