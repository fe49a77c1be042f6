using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tensors;
using Winnow.Tests.Compute.Deferred;

namespace Winnow.Tests.Models;

/// <summary>A model whose layers lie on two devices computes what it computes on one.</summary>
public sealed class LayerDevicesTests
{
    public static TheoryData<string> Methods =>
    [
        "full", "recycled:k=8,from=0", "recycled:k=8,from=0,stride=3", "delta:page=4,pages=3,recent=1,from=0", "snapkv:budget=20,window=8",
        "streaming:sinks=2,window=8", "token-sparse:tau=0.1,window=8,min=16,from=0+delta:page=4,pages=3,recent=1,from=0", "a2ats:codebook=online,budget=20,window=8",
    ];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Layers_on_two_devices_give_the_bits_of_one(string attention)
    {
        foreach (string name in new[] { "llama", "gemma2" })
        {
            int[] ids = Golden.Open(TinyModels.Path(name)).Ids;
            using CpuDevice whole = new(new CpuDeviceOptions { Threads = 1 });
            using Model model = Model.Load(TinyModels.Path(name), whole);
            float[] expected = Answer(model, ids, attention);

            using CpuDevice first = new(new CpuDeviceOptions { Threads = 2 });
            using DeferredDevice second = new(new CpuDevice(new CpuDeviceOptions { Threads = 1 }));
            int[] split = [.. Enumerable.Range(0, model.Config.Layers.Count).Select(layer => layer % 2)];
            using Model onTwo = Model.Load(TinyModels.Path(name), new LayerDevices([first, second], split));
            Assert.Equal(expected, Answer(onTwo, ids, attention));
        }
    }

    private static float[] Answer(Model model, int[] ids, string attention)
    {
        using TokenReader reader = new(model, 300, AttentionOptions.Parse(attention), TensorType.F32, chunk: 16);
        reader.ReadPrompt(ids[..70]);
        List<float> logits = [.. reader.Logits];
        reader.Force(ids[70..80], (_, row) => logits.AddRange(row));
        using TokenReader fork = reader.Fork(AttentionOptions.Parse(attention));
        fork.Truncate(75);
        logits.AddRange(fork.Step(ids[3]));
        logits.AddRange(reader.Step(ids[4]));
        return [.. logits];
    }
}
