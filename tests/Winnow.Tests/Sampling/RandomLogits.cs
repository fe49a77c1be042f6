namespace Winnow.Tests.Sampling;

internal static class RandomLogits
{
    /// <summary>Normally distributed logits.</summary>
    public static float[] Normal(Random random, int count, double deviation)
    {
        float[] logits = new float[count];
        for (int i = 0; i < count; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            logits[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return logits;
    }
}
