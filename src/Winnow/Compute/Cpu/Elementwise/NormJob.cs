using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Elementwise;

/// <summary>Normalises rows: a task is one row.</summary>
internal unsafe struct NormJob
{
    public float* Input;
    public float* Weight;

    /// <summary>Null where there is none.</summary>
    public float* Bias;
    public float* Output;
    public long InputStride;
    public long OutputStride;
    public int Columns;

    /// <summary>Elements that are normalised together: a divisor of the columns.</summary>
    public int Width;
    public float Epsilon;

    public static void RmsWork<S, V>(void* state, int row)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly NormJob job = ref *(NormJob*)state;
        float* input = job.Input + (row * job.InputStride);
        float* output = job.Output + (row * job.OutputStride);
        for (int first = 0; first < job.Columns; first += job.Width)
        {
            float meanSquare = SumOfSquares<S, V>(input + first, job.Width, 0) / job.Width;
            ScaleBy<S, V>(input + first, 0, 1 / MathF.Sqrt(meanSquare + job.Epsilon), job.Weight, null, output + first, job.Width);
        }
    }

    public static void LayerWork<S, V>(void* state, int row)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly NormJob job = ref *(NormJob*)state;
        float* input = job.Input + (row * job.InputStride);
        float mean = Sum<S, V>(input, job.Columns) / job.Columns;
        float variance = SumOfSquares<S, V>(input, job.Columns, mean) / job.Columns;
        float factor = 1 / MathF.Sqrt(variance + job.Epsilon);
        ScaleBy<S, V>(input, mean, factor, job.Weight, job.Bias, job.Output + (row * job.OutputStride), job.Columns);
    }

    private static float Sum<S, V>(float* x, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        V sum = S.Zero;
        int i = 0;
        for (; i <= count - S.Width; i += S.Width)
        {
            sum = S.Add(sum, S.Load(x + i));
        }

        float total = VectorMath.Sum<S, V>(sum);
        for (; i < count; i++)
        {
            total += x[i];
        }

        return total;
    }

    /// <summary>Σ (x − mean)².</summary>
    private static float SumOfSquares<S, V>(float* x, int count, float mean)
        where S : struct, ISimd<V>
        where V : struct
    {
        V means = S.Broadcast(mean);
        V even = S.Zero;
        V odd = S.Zero;
        int i = 0;
        for (; i <= count - (2 * S.Width); i += 2 * S.Width)
        {
            V a = S.Subtract(S.Load(x + i), means);
            V b = S.Subtract(S.Load(x + i + S.Width), means);
            even = S.MultiplyAdd(a, a, even);
            odd = S.MultiplyAdd(b, b, odd);
        }

        float total = VectorMath.Sum<S, V>(S.Add(even, odd));
        for (; i < count; i++)
        {
            total += (x[i] - mean) * (x[i] - mean);
        }

        return total;
    }

    /// <summary>(x − mean) · factor · weight + bias.</summary>
    private static void ScaleBy<S, V>(float* x, float mean, float factor, float* weight, float* bias, float* output, int count)
        where S : struct, ISimd<V>
        where V : struct
    {
        V means = S.Broadcast(mean);
        V factors = S.Broadcast(factor);
        int i = 0;
        for (; i <= count - S.Width; i += S.Width)
        {
            V normed = S.Multiply(S.Multiply(S.Subtract(S.Load(x + i), means), factors), S.Load(weight + i));
            S.Store(bias is null ? normed : S.Add(normed, S.Load(bias + i)), output + i);
        }

        for (; i < count; i++)
        {
            float normed = (x[i] - mean) * factor * weight[i];
            output[i] = bias is null ? normed : normed + bias[i];
        }
    }
}
