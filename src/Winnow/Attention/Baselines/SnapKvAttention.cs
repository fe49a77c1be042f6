using System.Globalization;
using Winnow.Compute;
using static Winnow.Limits;

namespace Winnow.Attention.Baselines;

/// <summary>SnapKV: each KV head keeps the rows that the end of the prompt looked at, and everything generated since. A baseline that decides once.</summary>
/// <remarks>Li et al.: "SnapKV: LLM Knows What You are Looking for Before Generation", arXiv 2404.14469. Rows are skipped here, not freed.</remarks>
internal sealed record SnapKvAttention : DecodeAttention
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

    internal override DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector) => new Method(this, setup.Layers, selector);

    internal override void Validate()
    {
        if (Window >= Budget)
        {
            throw new InvalidOptionException($"attention 'snapkv': a window of {Window} does not fit into a budget of {Budget}");
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

    private sealed class Method : DecodeMethod
    {
        private readonly SnapKvAttention _options;
        private readonly AttentionLayers _layers;
        private readonly RowSelector _selector;
        private readonly RankedRows?[] _kept;
        private readonly AttentionPlan _plan;
        private int _promptLength;

        public Method(SnapKvAttention options, AttentionLayers layers, RowSelector selector)
        {
            _options = options;
            _layers = layers;
            _selector = selector;
            _kept = new RankedRows?[layers.Count];
            foreach (int layer in layers.Global)
            {
                _kept[layer] = selector.CreateRanking(layers.Shapes[layer], keepsQuery: false);
            }

            States = [.. layers.Global.Select(layer => _kept[layer]!)];
            _plan = selector.CreatePlan(AttentionPlanKind.PerKvHead, layers.GlobalShape.KvHeads);
        }

        public override int PromptWindow => _options.Window;

        public override string StateKey => _options.Specification;

        public override bool ChangesWithSteps => false;

        public override bool ForgetsAtPromptEnd => true;

        public override IReadOnlyList<SelectionState> States { get; }

        public override bool MarksStates => LeavesOut;

        /// <summary>Whether rows were left out at the end of the last prompt.</summary>
        private bool LeavesOut => _promptLength > _options.Budget;

        public override DecodeMethod CreateAnew() => new Method(_options, _layers, _selector);

        public override void Mark(StateBuffer mark) => mark.Write(_promptLength);

        public override void Return(ReadOnlySpan<byte> mark, int length, int promptTokens)
        {
            int promptLength = new StateReader(mark).ReadInt32();
            StateReader.RequireRows(promptLength == 0 ? [] : [promptLength - 1], length);
            _promptLength = promptLength;
            foreach (SelectionState kept in States)
            {
                if (LeavesOut && ((RankedRows)kept).Count != _options.Budget)
                {
                    throw new InvalidDataException($"the state of an attention method keeps other than {_options.Budget} rows");
                }
            }
        }

        public override void ObservePrompt(in AttentionCall call, Matrix mass)
        {
            _promptLength = call.Length;
            if (LeavesOut)
            {
                RankChoice choice = new(RankVotes.Sum, _options.Pool, _options.Budget, _options.Window);
                _selector.Rank(call.Stream, mass, choice, _kept[call.Layer]!);
            }
        }

        public override AttentionPlan Select(in AttentionCall call, out bool observe)
        {
            observe = false;
            if (!LeavesOut || call.Length <= _promptLength)
            {
                return AttentionPlan.All;
            }

            // Nothing is dropped: whatever is newer comes on top.
            _selector.Recycle(call.Stream, _kept[call.Layer]!, int.MaxValue, call.Length, _plan);
            return _plan;
        }
    }
}
