using System.Runtime.InteropServices;
using Winnow.Attention.A2ats;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tensors;
using Winnow.Tests.Compute.Deferred;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Attention;

/// <summary>
/// On a device that does nothing before somebody waits: whatever methods choose, and however it depends on data, a token takes one
/// wait, that for its logits, and has the bits of a device that does everything at once.
/// </summary>
public sealed class LateDeviceTests : IDisposable
{
    private const int Prompt = 530;
    private const int Steps = 60;

    private static readonly int[] Tokens = [.. Enumerable.Range(0, 760).Select(i => 3 + (((i * 7919) + (i * i % 101)) % 280))];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Specifications =>
    [
        "full",
        "recycled:k=24,stride=7,pool=3",
        "recycled:k=24,check=3,threshold=0.9,pool=3",
        "recycled:k=24,check=2,threshold=2",
        "recycled:k=24,check=5,threshold=-2",
        "delta:page=8,pages=4,recent=1,select=0,from=0",
        "delta:page=8,pages=4,recent=1,select=0,from=0,heads=kv",
        "a2ats:rho=0.05,window=16,sink=2,codebook=file",
        "a2ats:rho=0.05,window=16,sink=2,codebook=online,centroids=16",
        "token-sparse:tau=0.2,window=8,min=16,layers=1/2",
        "token-sparse:tau=0.2,window=8,min=16,layers=1/2,heads=kv+recycled:k=24,check=3,threshold=0.9,pool=3",
        "snapkv:budget=48,window=8,pool=3",
        "streaming:sinks=2,window=30",
        "random:budget=32,seed=3",
    ];

    public static TheoryData<string> Models => [.. TinyModels.All];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_token_takes_one_wait_and_has_the_same_bits(string specification)
    {
        using Pair pair = new("llama", Specify(specification));
        Assert.Equal(1, pair.Read(Prompt));
        for (int step = 0; step < Steps; step++)
        {
            Assert.Equal(1, pair.Step());
        }

        pair.CheckStatistics();
    }

    /// <summary>What such a device costs without selections of its own: waits, but no bits.</summary>
    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_device_may_leave_every_choice_to_the_host(string specification)
    {
        using Pair pair = new("llama", Specify(specification), selects: false);
        pair.Read(Prompt);
        pair.Steps(Steps);
        pair.CheckStatistics();
        pair.Cut(Prompt + 35);
        pair.Steps(10);
    }

    /// <summary>The 512th token falls due among the steps.</summary>
    [Fact]
    public void Codebooks_are_made_in_a_step_without_another_wait()
    {
        using Pair pair = new("llama", Specify("a2ats:rho=0.05,window=16,sink=2,codebook=online,centroids=16"));
        pair.Read(490);
        for (int step = 0; step < Steps; step++)
        {
            Assert.Equal(1, pair.Step());
        }

        Assert.Contains(Enumerable.Range(0, pair.Late.Attention.Statistics.Layers), layer => pair.Late.Attention.Statistics.SelectionsOf(layer) > 0);
        pair.CheckStatistics();
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_architecture_takes_one_wait_a_token(string model)
    {
        using Pair pair = new(model, "recycled:k=8,check=2,threshold=0.9,pool=3");
        Assert.Equal(1, pair.Read(40));
        for (int step = 0; step < 8; step++)
        {
            Assert.Equal(1, pair.Step());
        }
    }

    /// <summary>Going back waits for nothing but the tokens that are read again, one each.</summary>
    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_cut_sequence_goes_on_with_the_same_bits(string specification)
    {
        using Pair pair = new("llama", Specify(specification));
        pair.Read(Prompt);
        pair.Steps(Steps);
        foreach (int length in (int[])[Prompt + 45, Prompt + 20, Prompt])
        {
            int again = pair.Cut(length);
            Assert.InRange(again, 0, 32);
            pair.Steps(10);
        }

        pair.Read(Prompt + 100);
        pair.Steps(20);
    }

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_fork_goes_on_with_the_same_bits(string specification)
    {
        using Pair pair = new("llama", Specify(specification));
        pair.Read(Prompt);
        pair.Steps(40);
        using Pair fork = pair.Fork();
        fork.Steps(20);
        pair.Steps(20);
        fork.Cut(Prompt + 35);
        fork.Steps(10);
    }

    [Theory]
    [MemberData(nameof(Specifications))]
    public void A_saved_session_goes_on_with_the_same_bits(string specification)
    {
        using Pair pair = new("llama", Specify(specification));
        pair.Read(Prompt);
        pair.Steps(40);
        pair.SaveAndLoad(_folder.PathOf("prompt"), _folder.PathOf("late"));
        pair.Steps(20);
        pair.Cut(Prompt + 35);
        pair.Steps(10);
    }

    /// <summary>Codebooks of random centroids in the place of <c>file</c>.</summary>
    private string Specify(string specification)
    {
        if (!specification.EndsWith("codebook=file", StringComparison.Ordinal))
        {
            return specification;
        }

        const int Layers = 3;
        const int KvHeads = 2;
        const int Centroids = 16;
        const int Dimension = 16;
        string path = _folder.PathOf("codebooks.safetensors");
        Random random = new(1);
        float[] lower = [.. Enumerable.Range(0, Layers * KvHeads * Dimension * Dimension)
            .Select(i => i / Dimension % Dimension == i % Dimension ? 1f : 0f)];
        float[] centroids = [.. Enumerable.Range(0, Layers * KvHeads * Centroids * Dimension).Select(_ => random.NextSingle() - 0.5f)];
        using (SafetensorsWriter writer = new(path))
        {
            writer.Declare(CodebookFile.Lower, TensorType.F32, Layers, KvHeads, Dimension, Dimension);
            writer.Declare(CodebookFile.ScoreCentroids, TensorType.F32, Layers, KvHeads, Centroids, Dimension);
            writer.Write(CodebookFile.Lower, MemoryMarshal.AsBytes(lower.AsSpan()));
            writer.Write(CodebookFile.ScoreCentroids, MemoryMarshal.AsBytes(centroids.AsSpan()));
            writer.Complete();
        }

        return specification.Replace("codebook=file", $"codebook={path}", StringComparison.Ordinal);
    }

    /// <summary>The same session on a device that does everything at once, and on one that is late; every call compares their logits.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly DeferredDevice _device;
        private readonly TokenReader _prompt;
        private readonly Action _dispose;

        public Pair(string model, string specification, bool selects = true)
        {
            string path = TinyModels.Path(model);
            CpuDevice cpu = new(new CpuDeviceOptions { Threads = 2 });
            _device = new DeferredDevice(new CpuDevice(new CpuDeviceOptions { Threads = 2 }), selects);
            Model promptModel = Model.Load(path, cpu);
            Model lateModel = Model.Load(path, _device);
            _prompt = new TokenReader(promptModel, Tokens.Length, AttentionOptions.Parse(specification));
            Late = new TokenReader(lateModel, Tokens.Length, AttentionOptions.Parse(specification));
            Specification = AttentionOptions.Parse(specification);
            _dispose = () =>
            {
                promptModel.Dispose();
                lateModel.Dispose();
                _device.Dispose();
                cpu.Dispose();
            };
        }

        private Pair(Pair origin)
        {
            _device = origin._device;
            Specification = origin.Specification;
            _prompt = origin._prompt.Fork(Specification);
            Late = origin.Late.Fork(Specification);
            _dispose = () => { };
        }

        public TokenReader Late { get; }

        private AttentionOptions Specification { get; }

        public void Dispose()
        {
            _prompt.Dispose();
            Late.Dispose();
            _dispose();
        }

        public Pair Fork() => new(this);

        /// <summary>Reads the first tokens as a prompt; returns how often the late device was waited for.</summary>
        public int Read(int length) => Count(reader => reader.ReadPrompt(Tokens[..length]));

        public int Step() => Count(reader => reader.Step(Tokens[reader.Tokens.Count]));

        public void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                Step();
            }
        }

        /// <summary>Returns how often the late device was waited for.</summary>
        public int Cut(int length)
        {
            int before = _device.Waits;
            _prompt.Truncate(length);
            Late.Truncate(length);
            return _device.Waits - before;
        }

        public void SaveAndLoad(string promptPath, string latePath)
        {
            _prompt.Save(promptPath);
            Late.Save(latePath);
            Assert.Equal(File.ReadAllBytes(promptPath), File.ReadAllBytes(latePath));
            _prompt.Load(promptPath);
            Late.Load(latePath);
        }

        public void CheckStatistics()
        {
            for (int layer = 0; layer < Late.Attention.Statistics.Layers; layer++)
            {
                Assert.Equal(_prompt.Attention.Statistics.AttendedRowsOf(layer), Late.Attention.Statistics.AttendedRowsOf(layer));
                Assert.Equal(_prompt.Attention.Statistics.SelectionsOf(layer), Late.Attention.Statistics.SelectionsOf(layer));
                Assert.Equal(_prompt.Attention.Statistics.RefreshesOf(layer), Late.Attention.Statistics.RefreshesOf(layer));
            }
        }

        private int Count(Action<TokenReader> read)
        {
            read(_prompt);
            int before = _device.Waits;
            read(Late);
            Assert.True(_prompt.Logits.SequenceEqual(Late.Logits), $"other logits after {Late.Tokens.Count} tokens");
            return _device.Waits - before;
        }
    }
}
