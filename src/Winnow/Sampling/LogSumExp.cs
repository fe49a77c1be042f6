using System.Numerics.Tensors;

namespace Winnow.Sampling;

/// <summary>The logarithm of the sum of exponentials: what softmax subtracts from a logit to make it a log-probability.</summary>
internal static class LogSumExp
{
    /// <summary>Computes it in blocks, each summed in single precision, the blocks in double.</summary>
    /// <param name="logits">Logits, the greatest of them finite.</param>
    public static float Of(ReadOnlySpan<float> logits)
    {
        Span<float> scratch = stackalloc float[512];
        float max = TensorPrimitives.Max(logits);
        double sum = 0;
        while (logits.Length > 0)
        {
            int length = Math.Min(scratch.Length, logits.Length);
            Span<float> block = scratch[..length];
            TensorPrimitives.Subtract(logits[..length], max, block);
            TensorPrimitives.Exp<float>(block, block);
            sum += TensorPrimitives.Sum<float>(block);
            logits = logits[length..];
        }

        return max + (float)Math.Log(sum);
    }
}
