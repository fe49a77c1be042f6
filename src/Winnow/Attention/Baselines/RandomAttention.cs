using System.Globalization;
using Winnow.Compute;
using static Winnow.Limits;

namespace Winnow.Attention.Baselines;

/// <summary>Random rows and the last ones: a control. A test that this passes is too easy.</summary>
internal sealed record RandomAttention : DecodeAttention
{
    /// <summary>Rows that each KV head attends to, drawn anew in every step and layer; a sixteenth of them are the last ones. 1 or more; default 1024.</summary>
    public int Budget { get; init => field = Within(value, Positive); } = 1024;

    /// <summary>Where the draws begin. 0 or more; default 1.</summary>
    public int Seed { get; init => field = Within(value, NotNegative); } = 1;

    internal override string Specification => string.Create(CultureInfo.InvariantCulture, $"random:budget={Budget},seed={Seed}");

    internal override DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector) => new Method(this, setup.Layers, selector);

    internal static RandomAttention Read(SpecKeys keys)
    {
        RandomAttention defaults = new();
        return new RandomAttention
        {
            Budget = keys.Number("budget", Positive) ?? defaults.Budget,
            Seed = keys.Number("seed", NotNegative) ?? defaults.Seed,
        };
    }

    private sealed class Method(RandomAttention options, AttentionLayers layers, RowSelector selector) : DecodeMethod
    {
        private readonly AttentionPlan _plan = selector.CreatePlan(AttentionPlanKind.PerKvHead, layers.GlobalShape.KvHeads);
        private int[] _rows = [];
        private Random _random = new(options.Seed);

        /// <summary>Numbers drawn so far.</summary>
        private long _draws;

        public override string StateKey => options.Specification;

        public override DecodeMethod CreateAnew() => new Method(options, layers, selector);

        public override void Mark(StateBuffer mark) => mark.Write(_draws);

        /// <summary>A generator cannot go back: another one draws as many numbers.</summary>
        public override void Return(ReadOnlySpan<byte> mark, int length, int promptTokens)
        {
            long draws = new StateReader(mark).ReadInt64();
            _random = new Random(options.Seed);
            for (_draws = 0; _draws < draws; _draws++)
            {
                _random.Next();
            }
        }

        public override AttentionPlan Select(in AttentionCall call, out bool observe)
        {
            observe = false;
            if (call.Length <= options.Budget)
            {
                return AttentionPlan.All;
            }

            if (_rows.Length != options.Budget)
            {
                _rows = new int[options.Budget];
            }

            int recent = Math.Max(1, options.Budget / 16);
            int older = call.Length - recent;
            for (int head = 0; head < call.Shape.KvHeads; head++)
            {
                // Selection sampling (Knuth, algorithm S): each subset of the older rows is as likely as any other, and comes sorted.
                Span<int> rows = _rows;
                int needed = options.Budget - recent;
                int count = 0;
                for (int row = 0; row < older && count < needed; row++)
                {
                    _draws++;
                    if (_random.Next(older - row) < needed - count)
                    {
                        rows[count++] = row;
                    }
                }

                for (int i = 0; i < recent; i++)
                {
                    rows[needed + i] = older + i;
                }

                selector.SetRows(call.Stream, _plan, head, rows);
            }

            return _plan;
        }
    }
}
