using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tensors;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>Models whose layers remember a sequence in a state: however one comes to a sequence, it goes on in the same way.</summary>
public sealed class SequenceStateSessionTests
{
    public static TheoryData<string> Names => [.. TinyModels.WithState];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sequence_that_was_cut_goes_on_as_if_nothing_had_stood_there(string name)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path(name), device);
        int[] ids = Golden.Open(TinyModels.Path(name)).Ids;
        foreach (int length in new[] { 0, 5, 20, 30, 33, 38 })
        {
            using TokenReader reader = Create(model);
            reader.ReadPrompt(ids[..20]);
            reader.Force([1, 2, 3]);
            reader.ReadPrompt([.. ids[..20], 1, 2, 3, .. ids[23..30]]);
            reader.Force(ids[30..40]);
            int[] tokens = [.. reader.Tokens];
            reader.Truncate(length);
            Assert.Equal(tokens[..length], reader.Tokens);
            Compare(Next(model, tokens[..length]), reader.Step(9));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_prompt_that_goes_another_way_reads_only_what_is_needed(string name)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path(name), device);
        int[] ids = Golden.Open(TinyModels.Path(name)).Ids;
        using TokenReader reader = Create(model);
        reader.ReadPrompt(ids[..20]);
        reader.Force(ids[20..24]);

        // Behind the first prompt there is a snapshot, behind its answer too, once a prompt has gone on from there.
        int[] other = [.. ids[..22], 7, 7, 7];
        Assert.Equal(20, reader.ReadPrompt(other));
        Compare(Next(model, other), reader.Step(9));
        Assert.Equal(25, reader.ReadPrompt([.. other, 8, 8]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fork_and_a_saved_session_go_on_alike(string name)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path(name), device);
        int[] ids = Golden.Open(TinyModels.Path(name)).Ids;
        using TokenReader reader = Create(model);
        reader.ReadPrompt(ids[..20]);
        reader.Force(ids[20..25]);
        using TemporaryFolder folder = new();
        reader.Save(folder.PathOf("session"));
        using TokenReader fork = reader.Fork(AttentionOptions.Full);
        using TokenReader loaded = Create(model);
        loaded.ReadPrompt(ids[30..40]);
        loaded.Load(folder.PathOf("session"));
        float[] expected = reader.Step(9).ToArray();
        Assert.Equal(expected, fork.Step(9).ToArray());
        Assert.Equal(expected, loaded.Step(9).ToArray());

        // What the fork goes back to is its own.
        fork.Truncate(22);
        Compare(Next(model, ids[..22]), fork.Step(9));
        loaded.Truncate(22);
        Compare(Next(model, ids[..22]), loaded.Step(9));
        Assert.Equal(reader.Step(3).ToArray(), Next(model, ids[..20], [.. ids[20..25], 9, 3]));

        byte[] bytes = File.ReadAllBytes(folder.PathOf("session"));
        File.WriteAllBytes(folder.PathOf("short"), bytes[..^40]);
        Assert.Throws<Winnow.Formats.ModelFormatException>(() => loaded.Load(folder.PathOf("short")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_pass_that_is_given_up_leaves_the_state_as_it_was(string name)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path(name), device);
        int[] ids = Golden.Open(TinyModels.Path(name)).Ids;
        using TokenReader reader = new(model, 100, chunk: 8, kvType: TensorType.F32);
        float[] expected = Next(model, ids);
        for (int parts = 1; reader.Tokens.Count < ids.Length; parts += 3)
        {
            // So many parts of passes, and no more.
            PromptReading reading = reader.BeginPrompt(ids, reader.Pass, int.MaxValue, progress: null, TestContext.Current.CancellationToken);
            for (int i = 0; i < parts && reading.Advance(TestContext.Current.CancellationToken); i++)
            {
            }
        }

        Compare(expected, reader.Step(9));
    }

    private static TokenReader Create(Model model) => new(model, 100, kvType: TensorType.F32);

    /// <summary>The logits after one more token, of a reader that has read nothing else.</summary>
    private static float[] Next(Model model, int[] tokens) => Next(model, tokens, [9]);

    private static float[] Next(Model model, int[] prompt, int[] steps)
    {
        using TokenReader reader = Create(model);
        if (prompt.Length > 0)
        {
            reader.ReadPrompt(prompt);
        }

        reader.Force(steps);
        return reader.Logits.ToArray();
    }

    /// <summary>Steps and prompts are summed in another order.</summary>
    private static void Compare(float[] expected, ReadOnlySpan<float> actual)
    {
        double error = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            error = Math.Max(error, Math.Abs(expected[i] - actual[i]));
        }

        Assert.InRange(error, 0, 1e-3);
    }
}
