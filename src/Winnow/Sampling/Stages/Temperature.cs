using System.Numerics.Tensors;

namespace Winnow.Sampling.Stages;

/// <summary>Divides logits by a temperature, fixed or chosen from the entropy of the distribution.</summary>
internal static class Temperature
{
    /// <summary>Scales the logits of the candidates.</summary>
    /// <param name="candidates">The candidates.</param>
    /// <param name="temperature">The temperature, above 0.</param>
    /// <param name="range">How far below and above a dynamic temperature may go; 0 keeps it fixed.</param>
    /// <param name="exponent">A dynamic temperature rises with the normalized entropy to this power.</param>
    public static void Apply(Candidates candidates, float temperature, float range, float exponent)
    {
        if (range > 0)
        {
            if (candidates.Count < 2)
            {
                return;
            }

            temperature = Dynamic(candidates, MathF.Max(0, temperature - range), temperature + range, exponent);
        }

        // The greatest logit becomes 0 first, so that no temperature, however low, can overflow it.
        Span<float> logits = candidates.Logits;
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
        if (temperature > 0)
        {
            TensorPrimitives.Divide(logits, temperature, logits);
        }
        else
        {
            candidates.KeepOnly(logits.IndexOf(0f));
        }
    }

    private static float Dynamic(Candidates candidates, float min, float max, float exponent)
    {
        candidates.Softmax();
        double normalized = Typical.Entropy(candidates.Probabilities) / Math.Log(candidates.Count);
        return min + ((max - min) * (float)Math.Pow(normalized, exponent));
    }
}
