using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>Sees which rows a decode step attends to in a layer.</summary>
internal delegate void PlanObserver(in AttentionCall call, AttentionPlan plan);
