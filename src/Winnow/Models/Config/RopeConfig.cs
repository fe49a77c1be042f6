using Winnow.Compute;

namespace Winnow.Models.Config;

/// <summary>The rotary position embedding of some layers.</summary>
/// <param name="Base">θ: pair i of n turns by Base^(−2i / Dimension) radians per position.</param>
/// <param name="Dimension">How many leading elements of a head are rotated.</param>
/// <param name="Scaling">How frequencies are stretched, or null.</param>
internal sealed record RopeConfig(float Base, int Dimension, RopeScaling? Scaling = null)
{
    /// <summary>Computes the frequencies in f32, in the order of PyTorch's models, so that large positions agree with them.</summary>
    /// <param name="interleaved">Whether rotated pairs are neighbours.</param>
    /// <param name="contextLength">Tokens that the session may hold: LongRoPE has other frequencies for long contexts.</param>
    public RopeFrequencies CreateFrequencies(bool interleaved, int contextLength)
    {
        float[] frequencies = new float[Dimension / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = 1 / Power(i);
        }

        float magnitude = 1;
        switch (Scaling)
        {
            case RopeScaling.Linear linear:
                Divide(frequencies, linear.Factor);
                break;
            case RopeScaling.Llama3 llama3:
                Scale(frequencies, llama3);
                break;
            case RopeScaling.Yarn yarn:
                Scale(frequencies, yarn);
                magnitude = yarn.Magnitude;
                break;
            case RopeScaling.LongRope longRope:
                float[] factors = contextLength > longRope.OriginalContext ? longRope.LongFactors : longRope.ShortFactors;
                for (int i = 0; i < frequencies.Length; i++)
                {
                    frequencies[i] = 1 / (factors[i] * Power(i));
                }

                magnitude = contextLength > longRope.OriginalContext ? longRope.Magnitude : longRope.ShortMagnitude;
                break;
            case RopeScaling.Dynamic dynamic:
                return (this with { Base = BaseFor(dynamic, contextLength), Scaling = null }).CreateFrequencies(interleaved, contextLength);
            case RopeScaling.Proportional proportional:
                Divide(frequencies, proportional.Factor);
                frequencies.AsSpan(proportional.Pairs).Clear();
                break;
            case RopeScaling.Divisors divisors:
                for (int i = 0; i < frequencies.Length; i++)
                {
                    frequencies[i] /= divisors.Values[i];
                }

                break;
        }

        return new RopeFrequencies(frequencies, interleaved, magnitude);
    }

    private static void Divide(Span<float> frequencies, float factor)
    {
        foreach (ref float frequency in frequencies)
        {
            frequency /= factor;
        }
    }

    private static void Scale(Span<float> frequencies, RopeScaling.Llama3 scaling)
    {
        float longWave = scaling.OriginalContext / scaling.LowFrequencyFactor;
        float shortWave = scaling.OriginalContext / scaling.HighFrequencyFactor;
        foreach (ref float frequency in frequencies)
        {
            float wave = 2 * MathF.PI / frequency;
            if (wave > longWave)
            {
                frequency /= scaling.Factor;
            }
            else if (wave >= shortWave)
            {
                float smooth = ((scaling.OriginalContext / wave) - scaling.LowFrequencyFactor)
                    / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
                frequency = ((1 - smooth) * frequency / scaling.Factor) + (smooth * frequency);
            }
        }
    }

    private void Scale(Span<float> frequencies, RopeScaling.Yarn scaling)
    {
        double low = DimensionThatTurns(scaling.BetaFast, scaling.OriginalContext);
        double high = DimensionThatTurns(scaling.BetaSlow, scaling.OriginalContext);
        if (scaling.RoundsBounds)
        {
            low = Math.Floor(low);
            high = Math.Ceiling(high);
        }

        low = Math.Max(low, 0);
        high = Math.Min(high, Dimension - 1);
        high = high == low ? high + 0.001 : high;
        for (int i = 0; i < frequencies.Length; i++)
        {
            float interpolated = 1 - ((1 - Math.Clamp((i - (float)low) / (float)(high - low), 0, 1)) * scaling.Extrapolation);
            frequencies[i] = (frequencies[i] / scaling.Factor * interpolated) + (frequencies[i] * (1 - interpolated));
        }
    }

    /// <summary>The base of a context, as transformers computes it.</summary>
    private float BaseFor(RopeScaling.Dynamic scaling, int contextLength)
    {
        double length = Math.Max(contextLength, scaling.OriginalContext);
        double stretch = (scaling.Factor * length / scaling.OriginalContext) - (scaling.Factor - 1);
        return (float)(Base * Math.Pow(stretch, Dimension / (Dimension - 2.0)));
    }

    /// <summary>The dimension that makes so many full turns in a context.</summary>
    private double DimensionThatTurns(double turns, int context) =>
        Dimension * Math.Log(context / (turns * 2 * Math.PI)) / (2 * Math.Log(Base));

    private float Power(int pair) => (float)Math.Pow(Base, (float)(2 * pair) / Dimension);
}
