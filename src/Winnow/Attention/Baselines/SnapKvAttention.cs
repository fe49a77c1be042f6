using System.Globalization;
using System.Numerics.Tensors;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;
using static Winnow.Limits;

namespace Winnow.Attention.Baselines;

/// <summary>SnapKV: each KV head keeps the rows that the end of the prompt looked at, and everything generated since. A baseline that decides once.</summary>
/// <remarks>Li et al.: "SnapKV: LLM Knows What You are Looking for Before Generation", arXiv 2404.14469. Rows are skipped here, not freed.</remarks>
public sealed record SnapKvAttention : DecodeAttention
{
    /// <summary>Room for a window and a row besides.</summary>
    private static readonly Limits<int> BudgetLimits = new(2, int.MaxValue);
    private static readonly Limits<int> WindowLimits = new(1, 4096);

    /// <summary>Prompt rows that each KV head keeps, the window included: more than <see cref="Window"/>. 2 or more; default 1024.</summary>
    public int Budget { get; init => field = Within(value, BudgetLimits); } = 1024;

    /// <summary>Last queries of the prompt that vote, and whose rows are kept. 1 to 4096; default 32, as in the paper.</summary>
    public int Window { get; init => field = Within(value, WindowLimits); } = 32;

    /// <summary>Width of the average-pool over the votes: odd, 1 to 4095; default 7, as in the paper.</summary>
    public int Pool { get; init => field = Within(value, PoolWidth); } = 7;

    internal override string Specification => string.Create(CultureInfo.InvariantCulture, $"snapkv:budget={Budget},window={Window},pool={Pool}");

    internal override DecodeMethod CreateMethod(MethodSetup setup) => new Method(this, setup.Layers);

    internal override void Validate()
    {
        if (Window >= Budget)
        {
            throw new AttentionSpecException($"attention 'snapkv': a window of {Window} does not fit into a budget of {Budget}");
        }
    }

    internal static SnapKvAttention Read(SpecKeys keys)
    {
        SnapKvAttention defaults = new();
        return new SnapKvAttention
        {
            Budget = keys.Number("budget", BudgetLimits) ?? defaults.Budget,
            Window = keys.Number("window", WindowLimits) ?? defaults.Window,
            Pool = keys.Number("pool", PoolWidth) ?? defaults.Pool,
        };
    }

    private sealed class Method(SnapKvAttention options, AttentionLayers layers) : DecodeMethod
    {
        private readonly int[][][] _kept = [.. layers.Shapes.Select(shape => new int[shape.KvHeads][])];
        private readonly AttentionPlan[] _plans = [.. layers.Shapes.Select(shape => new AttentionPlan(AttentionPlanKind.PerKvHead, shape.KvHeads))];
        private readonly TopRows _top = new();
        private int _promptLength;

        public override int PromptWindow => options.Window;

        public override string StateKey => options.Specification;

        public override bool ChangesWithSteps => false;

        public override bool ForgetsAtPromptEnd => true;

        /// <summary>Whether rows were left out at the end of the last prompt.</summary>
        private bool LeavesOut => _promptLength > options.Budget;

        public override void Mark(StateBuffer mark)
        {
            mark.Write(_promptLength);
            for (int i = 0; LeavesOut && i < layers.Global.Count; i++)
            {
                foreach (int[] kept in _kept[layers.Global[i]])
                {
                    mark.Write<int>(kept);
                }
            }
        }

        public override void Return(ReadOnlySpan<byte> mark, int length, int promptTokens)
        {
            StateReader source = new(mark);
            _promptLength = source.ReadInt32();
            for (int i = 0; LeavesOut && i < layers.Global.Count; i++)
            {
                foreach (ref int[] kept in _kept[layers.Global[i]].AsSpan())
                {
                    kept = new int[options.Budget];
                    source.Read<int>(kept);
                    StateReader.RequireRows(kept, _promptLength);
                }
            }
        }

        public override void ObservePrompt(in AttentionCall call, ReadOnlySpan<float> mass)
        {
            int length = call.Length;
            _promptLength = length;
            if (!LeavesOut)
            {
                return;
            }

            int older = length - options.Window;
            float[] votes = new float[older];
            float[] pooled = new float[older];
            for (int head = 0; head < call.Shape.KvHeads; head++)
            {
                Array.Clear(votes);
                for (int query = head * call.Shape.GroupSize; query < (head + 1) * call.Shape.GroupSize; query++)
                {
                    TensorPrimitives.Add(votes, mass.Slice(query * length, older), votes);
                }

                Pooling.Average(votes, options.Pool, pooled);
                int[] kept = new int[options.Budget];
                _top.Select(pooled, kept.AsSpan(0, options.Budget - options.Window));
                for (int i = 0; i < options.Window; i++)
                {
                    kept[options.Budget - options.Window + i] = older + i;
                }

                _kept[call.Layer][head] = kept;
            }
        }

        public override AttentionPlan Select(in AttentionCall call, out bool observe)
        {
            observe = false;
            if (!LeavesOut || call.Length <= _promptLength)
            {
                return AttentionPlan.All;
            }

            AttentionPlan plan = _plans[call.Layer];
            int newer = call.Length - _promptLength;
            for (int head = 0; head < call.Shape.KvHeads; head++)
            {
                ReadOnlySpan<int> kept = _kept[call.Layer][head];
                Span<int> rows = plan.Resize(head, kept.Length + newer);
                kept.CopyTo(rows);
                for (int i = 0; i < newer; i++)
                {
                    rows[kept.Length + i] = _promptLength + i;
                }
            }

            return plan;
        }
    }
}
