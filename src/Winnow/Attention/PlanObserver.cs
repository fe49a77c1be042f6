using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>Sees which rows a decode step attends to in a layer; looking waits for the device.</summary>
internal delegate void PlanObserver(in AttentionCall call, AttentionPlan plan);
