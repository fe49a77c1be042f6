using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Compute.Host.Selection;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tests.Models;

namespace Winnow.Tests.Attention;

/// <summary>What methods save may come back from anywhere: it is looked at as a whole before anything is replaced.</summary>
public sealed class MethodStateTests : IDisposable
{
    private static readonly AttentionShape Shape = new(4, 2, 16, 0.25f);
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 700).Select(i => 3 + (((i * 7919) + (i * i % 101)) % 310))];

    private readonly CpuDevice _device = new(new CpuDeviceOptions { Threads = 2 });
    private readonly Model _model;

    public MethodStateTests()
    {
        _model = Model.Load(TinyModels.Path("llama"), _device);
    }

    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
    }

    [Theory]
    [InlineData("recycled:k=24,stride=50,pool=3")]
    [InlineData("recycled:k=24,check=3,threshold=-1")]
    [InlineData("snapkv:budget=48,window=8,pool=3")]
    [InlineData("a2ats:rho=0.05,window=16,sink=2,codebook=online,centroids=16")]
    public void A_session_that_refuses_a_state_goes_on_as_if_nothing_had_come(string specification)
    {
        using TokenReader untouched = Create(specification);
        using TokenReader reader = Create(specification);
        foreach (TokenReader each in (TokenReader[])[untouched, reader])
        {
            each.ReadPrompt(Tokens[..530]);
            each.Force(Tokens[530..540]);
        }

        using TokenReader other = Create(specification);
        other.ReadPrompt(Tokens[100..640]);
        other.Force(Tokens[640..650]);
        byte[] state = other.Attention.SaveState(other.Tokens.Count).ToArray();
        Assert.Throws<InvalidDataException>(() => reader.Attention.LoadState(state.AsSpan()[..^2], other.Tokens.Count));
        Assert.Throws<InvalidDataException>(() => reader.Attention.LoadState(state, other.Tokens.Count - 1));
        foreach (int token in Tokens[540..600])
        {
            Assert.True(untouched.Step(token).SequenceEqual(reader.Step(token)), $"{specification}: other logits after {reader.Tokens.Count} tokens");
        }
    }

    [Theory]
    [InlineData("recycled:k=24,stride=50,pool=3")]
    [InlineData("snapkv:budget=48,window=8,pool=3")]
    [InlineData("a2ats:rho=0.05,window=16,sink=2,codebook=online,centroids=16")]
    public void A_state_that_is_taken_can_be_gone_back_with(string specification)
    {
        const int Length = 580;
        const int Wrong = 1 << 20;
        const int MostChanges = 600;
        using TokenReader other = Create(specification);
        other.ReadPrompt(Tokens[..530]);
        other.Force(Tokens[530..Length]);
        byte[] state = other.Attention.SaveState(Length).ToArray();
        int first = state.AsSpan().IndexOf("\n2\n"u8) + 3;
        using TokenReader reader = Create(specification);
        int taken = 0;
        int step = Math.Max(1, (state.Length - first) / sizeof(int) / MostChanges) * sizeof(int);
        for (int at = first; at + sizeof(int) <= state.Length; at += at < first + 400 ? sizeof(int) : step)
        {
            byte[] changed = [.. state];
            BitConverter.TryWriteBytes(changed.AsSpan(at), Wrong);
            try
            {
                reader.Attention.LoadState(changed, Length);
            }
            catch (InvalidDataException)
            {
                continue;
            }

            taken++;
            foreach (int length in (int[])[Length - 1, 540, 530, 529, 300, 0])
            {
                reader.Attention.Rollback(length);
            }
        }

        Assert.True(taken > 0);
    }

    [Theory]
    [InlineData(1000, 1000, true)]
    [InlineData(1000, 999, false)]
    [InlineData(1000, 0, false)]
    public void Codes_of_more_tokens_than_the_session_has_are_refused(int coded, int tokens, bool isGood) =>
        Check(isGood, tokens, target => Write(target, 4, coded, 3), target => Write(target, 4, coded, 3));

    [Fact]
    public void Codes_of_no_centroid_are_refused() => Check(isGood: false, 100, target => Write(target, 4, 100, 3), target => Write(target, 4, 100, 4));

    [Fact]
    public void Heads_with_different_numbers_of_codes_are_refused() =>
        Check(isGood: false, 100, target => Write(target, 4, 100, 3), target => Write(target, 4, 99, 3));

    [Fact]
    public void A_codebook_without_centroids_is_refused()
    {
        StateBuffer target = new();
        target.Write(0);
        target.Write<float>(new float[16 + (16 * 16)]);
        target.Write(0);
        Assert.Throws<InvalidDataException>(() => Load(new HostCodes(Shape, null, 0, null), target, 100));
    }

    [Theory]
    [InlineData(new[] { 3, 1, 2 }, 4, true)]
    [InlineData(new[] { 3, 1, 3 }, 4, false)]
    [InlineData(new[] { 3, 1, 4 }, 4, false)]
    [InlineData(new[] { 3, 1, -1 }, 4, false)]
    [InlineData(new[] { 3, 1, 2 }, 101, false)]
    public void A_ranking_names_each_row_of_the_session_once(int[] rows, int length, bool isGood)
    {
        StateBuffer target = new();
        target.Write(length);
        target.Write(rows.Length);
        target.Write<int>(rows);
        target.Write<int>(rows);
        Exception? exception = Record.Exception(() => Load(new HostRanking(Shape, keepsQuery: false), target, 100));
        Assert.Equal(isGood, exception is null);
        Assert.True(exception is null or InvalidDataException, $"{exception}");
    }

    private static void Check(bool isGood, int tokens, params Action<StateBuffer>[] heads)
    {
        StateBuffer target = new();
        foreach (Action<StateBuffer> head in heads)
        {
            head(target);
        }

        CodebookData data = new(new float[16], new float[16 * 16], new float[4 * 16], new float[4 * 16]);
        HostCodes codes = new(Shape, null, 0, [new Codebook(data), new Codebook(data)]);
        Exception? exception = Record.Exception(() => Load(codes, target, tokens));
        Assert.Equal(isGood, exception is null);
        Assert.True(exception is null or InvalidDataException, $"{exception}");
        Assert.Equal(isGood ? tokens : 0, codes.Length);
    }

    /// <summary>What one KV head saves beside a codebook of a file.</summary>
    private static void Write(StateBuffer target, int centroids, int tokens, int largest)
    {
        target.Write(tokens);
        target.Write<ushort>([.. Enumerable.Range(0, tokens).Select(i => (ushort)(i == tokens / 2 ? largest : i % centroids))]);
    }

    private static void Load(SelectionState state, StateBuffer saved, int tokens)
    {
        StateReader source = new(saved.Bytes);
        state.Load(ref source, tokens);
    }

    private TokenReader Create(string specification) => new(_model, Tokens.Length, AttentionOptions.Parse(specification));
}
