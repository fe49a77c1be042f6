using System.Globalization;
using Winnow.Compute;
using static Winnow.Limits;

namespace Winnow.Attention.Baselines;

/// <summary>Sinks and window: the first tokens and the last ones, whatever lies between. A baseline that forgets.</summary>
/// <remarks>Xiao et al.: "Efficient Streaming Language Models with Attention Sinks", arXiv 2309.17453.</remarks>
internal sealed record StreamingAttention : DecodeAttention
{
    /// <summary>First tokens that are always attended to. 0 or more; default 4, as in the paper.</summary>
    public int Sinks { get; init => field = Within(value, NotNegative); } = 4;

    /// <summary>Last tokens that are attended to. 1 or more; default 1020.</summary>
    public int Window { get; init => field = Within(value, Positive); } = 1020;

    internal override string Specification => string.Create(CultureInfo.InvariantCulture, $"streaming:sinks={Sinks},window={Window}");

    internal override DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector) => new Method(this, selector);

    internal static StreamingAttention Read(SpecKeys keys)
    {
        StreamingAttention defaults = new();
        return new StreamingAttention
        {
            Sinks = keys.Number("sinks", NotNegative) ?? defaults.Sinks,
            Window = keys.Number("window", Positive) ?? defaults.Window,
        };
    }

    private sealed class Method(StreamingAttention options, RowSelector selector) : DecodeMethod
    {
        private readonly AttentionPlan _plan = selector.CreatePlan(AttentionPlanKind.Shared, 1);

        public override AttentionPlan Select(in AttentionCall call, out bool observe)
        {
            observe = false;
            if (call.Length <= (long)options.Sinks + options.Window)
            {
                return AttentionPlan.All;
            }

            selector.TakeEnds(call.Stream, options.Sinks, options.Window, call.Length, _plan);
            return _plan;
        }
    }
}
