using Winnow.Attention;
using Winnow.Compute.Cpu;
using Winnow.DeviceTests.Reference;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Models.Forward;
using Winnow.Tensors;

namespace Winnow.Tests.Models;

/// <summary>What a sequence computes does not depend on the sequences beside it in a pass, nor on how it is cut into passes.</summary>
public sealed class SegmentTests
{
    public static TheoryData<string> Names => [.. TinyModels.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sequence_gives_the_same_bits_alone_in_any_company_and_in_any_parts(string name)
    {
        int[] golden = Golden.Open(TinyModels.Path(name)).Ids;
        int[] ids = [.. Enumerable.Range(0, 150).Select(i => golden[i % golden.Length])];
        foreach (CpuIsa isa in Enum.GetValues<CpuIsa>().Where(CpuIsaSupport.IsSupported))
        {
            using CpuDevice device = new(new CpuDeviceOptions { Threads = 2, Isa = isa });
            using Model model = Model.Load(TinyModels.Path(name), device);
            float[][] alone = [.. Enumerable.Range(0, 3).Select(i => Alone(model, Prompt(ids, i), Answer(ids, i)))];
            foreach ((int chunk, int prompts) in new[] { (512, 1), (1, 1), (7, 2), (64, 3) })
            {
                float[][] together = Together(model, ids, chunk, prompts);
                for (int i = 0; i < alone.Length; i++)
                {
                    Assert.True(alone[i].AsSpan().SequenceEqual(together[i]), $"{name}, {isa}, sequence {i}, parts of {chunk}, {prompts} prompts at once");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_draft_is_verified_with_the_bits_of_its_steps(string name)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path(name), device);
        int[] ids = Golden.Open(TinyModels.Path(name)).Ids;
        foreach (string attention in new[] { "full", "recycled:k=8,from=0", "delta:page=4,pages=3,recent=1,from=0" })
        {
            using TokenReader steps = new(model, 200, AttentionOptions.Parse(attention), TensorType.F32);
            using TokenReader draft = new(model, 200, AttentionOptions.Parse(attention), TensorType.F32);
            steps.ReadPrompt(ids[..30]);
            draft.ReadPrompt(ids[..30]);
            List<float> expected = [];
            List<float> verified = [];
            steps.Force(ids[30..53], (_, row) => expected.AddRange(row));
            draft.Verify(ids[30..53], (_, row) => verified.AddRange(row), TestContext.Current.CancellationToken);
            Assert.Equal(expected, verified);
            Assert.Equal(steps.Attention.Statistics.AttendedRows, draft.Attention.Statistics.AttendedRows);
            Assert.Equal(steps.Attention.Statistics.Steps, draft.Attention.Statistics.Steps);
            steps.Truncate(40);
            draft.Truncate(40);
            Assert.Equal(steps.Step(ids[7]).ToArray(), draft.Step(ids[7]).ToArray());
        }
    }

    [Fact]
    public void Outputs_of_every_kind_come_out_of_one_pass()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using Model model = Model.Load(TinyModels.Path("qwen3"), device);
        int[] ids = Golden.Open(TinyModels.Path("qwen3")).Ids[..20];
        int vocabulary = model.Config.VocabularySize;
        int width = model.Config.HiddenSize;
        (ForwardOutput Output, float[] Result)[] asked =
        [
            (ForwardOutput.None, []), (ForwardOutput.AllLogits, new float[20 * vocabulary]), (ForwardOutput.Hidden, new float[20 * width]),
            (ForwardOutput.ListedLogits, new float[3 * vocabulary]), (ForwardOutput.LastLogits, new float[vocabulary]), (ForwardOutput.Pooled, new float[width]),
        ];
        TokenReader[] readers = [.. asked.Select(_ => Create(model))];
        Segment[] segments = [.. asked.Zip(readers, (one, reader) => reader.BeginPass(ids, AttentionPhase.PromptEnd, one.Output, one.Result))];
        segments[3].OutputRows = new[] { 0, 7, 18 };
        segments[4].Result = asked[4].Result;
        using TokenReader step = Create(model);
        step.ReadPrompt(ids);
        readers[0].Pass.Run([.. segments, step.BeginStep(ids[3])], TestContext.Current.CancellationToken);

        float[] all = asked[1].Result;
        Assert.Equal([.. Row(0), .. Row(7), .. Row(18)], asked[3].Result);
        Assert.Equal(Row(19), asked[4].Result);
        for (int i = 0; i < width; i++)
        {
            Assert.Equal(Enumerable.Range(0, 20).Sum(row => (double)asked[2].Result[(row * width) + i]), asked[5].Result[i], 1e-4);
        }

        step.EndPass();
        using TokenReader fresh = Create(model);
        fresh.ReadPrompt(ids);
        Assert.Equal(fresh.Logits.ToArray(), asked[4].Result);
        Assert.Equal(fresh.Step(ids[3]).ToArray(), step.Logits.ToArray());
        Array.ForEach(readers, reader => reader.Dispose());

        float[] Row(int row) => all[(row * vocabulary)..((row + 1) * vocabulary)];
    }

    /// <summary>An encoder's segment: all tokens see each other, nothing stays in the cache, and its neighbours in the pass are as they would be alone.</summary>
    [Fact]
    public void Tokens_that_see_each_other_in_both_directions_give_what_the_slow_device_gives()
    {
        int[] ids = Golden.Open(TinyModels.Path("llama")).Ids[..70];
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path("llama"), device);
        using ReferenceDevice slow = new();
        using Model slowModel = Model.Load(TinyModels.Path("llama"), slow);
        float[] encoded = Encode(model);
        float[] expected = Encode(slowModel);
        Assert.InRange(encoded.Zip(expected, (a, b) => Math.Abs(a - b)).Max(), 0, 2e-4f);

        float[] Encode(Model on)
        {
            using TokenReader text = new(on, 400, kvType: TensorType.F32, chunk: 32);
            using TokenReader neighbour = Create(on);
            using TokenReader alone = Create(on);
            float[] hidden = new float[ids.Length * on.Config.HiddenSize];
            Segment segment = text.BeginPass(ids, AttentionPhase.Prompt, ForwardOutput.Hidden, hidden);
            (segment.IsCausal, segment.KeepsRows) = (false, false);
            neighbour.ReadPrompt(ids[..9]);
            alone.ReadPrompt(ids[..9]);
            neighbour.Pass.Run([neighbour.BeginStep(ids[3]), segment], TestContext.Current.CancellationToken);
            neighbour.EndPass();
            Assert.Equal((0, 0), (text.Cache.Length, text.Cache.Capacity));
            Assert.Equal(alone.Step(ids[3]).ToArray(), neighbour.Logits.ToArray());

            // The first token has seen the last one.
            float[] causal = new float[hidden.Length];
            text.Pass.Run([text.BeginPass(ids, AttentionPhase.Prompt, ForwardOutput.Hidden, causal)], TestContext.Current.CancellationToken);
            Assert.NotEqual(causal, hidden);
            return hidden;
        }
    }

    [Fact]
    public void Positions_may_differ_from_rows()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using Model model = Model.Load(TinyModels.Path("llama"), device);
        int[] ids = Golden.Open(TinyModels.Path("llama")).Ids[..20];
        using TokenReader usual = Create(model);
        using TokenReader shifted = Create(model);
        usual.ReadPrompt(ids);
        Segment segment = shifted.BeginPass(ids, AttentionPhase.PromptEnd, ForwardOutput.LastLogits);
        segment.Positions = Enumerable.Range(1000, 20).ToArray();
        shifted.Pass.Run([segment], TestContext.Current.CancellationToken);
        shifted.EndPass();

        // Rotations are relative: the same text a thousand tokens later says the same, but for rounding.
        Assert.NotEqual(usual.Logits.ToArray(), shifted.Logits.ToArray());
        Assert.InRange(usual.Logits.ToArray().Zip(shifted.Logits.ToArray(), (a, b) => Math.Abs(a - b)).Max(), 0, 2e-3);
    }

    [Fact]
    public void A_pass_is_suspended_between_parts_and_others_run_meanwhile_with_the_same_buffers()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path("llama"), device);
        int[] ids = Golden.Open(TinyModels.Path("llama")).Ids;
        AttentionOptions sparse = AttentionOptions.Parse("token-sparse:tau=0.1,window=8,min=16,from=0");
        using TokenReader whole = new(model, 300, sparse, TensorType.F32, chunk: 10);
        using TokenReader expected = new(model, 300, sparse, TensorType.F32, chunk: 10);
        expected.ReadPrompt(ids[..95]);
        using TokenReader other = Create(model);
        other.ReadPrompt(ids[..30]);
        using TokenReader otherAlone = Create(model);
        otherAlone.ReadPrompt(ids[..30]);

        using ForwardPass steps = new(model.Transformer, whole.Pass.Work);
        PromptReading reading = whole.BeginPrompt(ids[..95], whole.Pass, 10, progress: null, CancellationToken.None);
        int parts = 0;
        while (reading.Advance(TestContext.Current.CancellationToken))
        {
            if (parts++ < 40)
            {
                steps.Run([other.BeginStep(ids[parts])], TestContext.Current.CancellationToken);
                other.EndPass();
                Assert.Equal(otherAlone.Step(ids[parts]).ToArray(), other.Logits.ToArray());
            }
        }

        Assert.True(parts > 40, "a prompt of 95 tokens and two layers has more parts");
        Assert.Equal(expected.Logits.ToArray(), whole.Logits.ToArray());
    }

    private static TokenReader Create(Model model) => new(model, 400, kvType: TensorType.F32);

    private static int[] Prompt(int[] ids, int sequence) => ids[(3 * sequence)..(40 + (17 * sequence))];

    private static int[] Answer(int[] ids, int sequence) => ids[(50 + sequence)..(62 - (3 * sequence))];

    /// <summary>The logits after a prompt and after each token of an answer.</summary>
    private static float[] Alone(Model model, int[] prompt, int[] answer)
    {
        using TokenReader reader = Create(model);
        reader.ReadPrompt(prompt);
        List<float> logits = [.. reader.Logits];
        reader.Force(answer, (_, row) => logits.AddRange(row));
        return [.. logits];
    }

    /// <summary>The same of three sequences that share their passes; a sequence whose prompt is read goes on with its answer while others still read theirs.</summary>
    private static float[][] Together(Model model, int[] ids, int chunk, int prompts)
    {
        TokenReader[] readers = [.. Enumerable.Range(0, 3).Select(_ => Create(model))];
        int[] read = new int[3];
        int[] said = new int[3];
        List<float>[] logits = [[], [], []];
        using Workspace work = new(model.Devices, model.Config, 512);
        using ForwardPass pass = new(model.Transformer, work);
        while (true)
        {
            List<int> members = [];
            List<Segment> segments = [];
            for (int i = 0; i < 3; i++)
            {
                int[] prompt = Prompt(ids, i);
                if (read[i] == prompt.Length && said[i] < Answer(ids, i).Length)
                {
                    members.Add(i);
                    segments.Add(readers[i].BeginStep(Answer(ids, i)[said[i]]));
                }
                else if (read[i] < prompt.Length && members.Count(member => read[member] < Prompt(ids, member).Length) < prompts)
                {
                    int[] part = prompt[read[i]..Math.Min(prompt.Length, read[i] + chunk)];
                    bool isEnd = read[i] + part.Length == prompt.Length;
                    members.Add(i);
                    segments.Add(readers[i].BeginPass(
                        part, isEnd ? AttentionPhase.PromptEnd : AttentionPhase.Prompt, isEnd ? ForwardOutput.LastLogits : ForwardOutput.None));
                }
            }

            if (segments.Count == 0)
            {
                Array.ForEach(readers, reader => reader.Dispose());
                return [.. logits.Select(rows => rows.ToArray())];
            }

            pass.Run([.. segments], TestContext.Current.CancellationToken);
            foreach ((int member, Segment segment) in members.Zip(segments))
            {
                readers[member].EndPass();
                bool isStep = read[member] == Prompt(ids, member).Length;
                read[member] += isStep ? 0 : segment.Rows;
                said[member] += isStep ? 1 : 0;
                if (segment.Output == ForwardOutput.LastLogits)
                {
                    logits[member].AddRange(readers[member].Logits);
                }
            }
        }
    }
}
