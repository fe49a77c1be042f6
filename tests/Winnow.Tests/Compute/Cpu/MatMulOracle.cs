using Winnow.Quantization;
using Winnow.Tensors;
using Winnow.Tests.Quantization;

namespace Winnow.Tests.Compute.Cpu;

/// <summary>Matrix products in double precision from decoded weights, and weights with every bit pattern to feed them.</summary>
internal static class MatMulOracle
{
    /// <summary>All that weights can have.</summary>
    public static readonly TensorType[] Types = [.. BlockTypes.All.Select(row => row.Type)];

    /// <summary>Random bytes in every field but the f16 scales, which are small numbers of either sign.</summary>
    public static byte[] RandomWeight(TensorType type, int outputs, int inputs, Random random)
    {
        byte[] data = new byte[outputs * type.SizeBytes(inputs)];
        random.NextBytes(data);
        int blockBytes = type.BlockBytes();
        for (int block = 0; block < data.Length; block += blockBytes)
        {
            Span<byte> bytes = data.AsSpan(block, blockBytes);
            switch (type)
            {
                case TensorType.F32:
                    BitConverter.TryWriteBytes(bytes, RandomScale(random));
                    break;
                case TensorType.F16:
                    BitConverter.TryWriteBytes(bytes, (Half)RandomScale(random));
                    break;
                case TensorType.BF16:
                    BitConverter.TryWriteBytes(bytes, (ushort)(BitConverter.SingleToUInt32Bits(RandomScale(random)) >> 16));
                    break;
                default:
                    foreach (int offset in BlockDefinition.ExponentFields(type))
                    {
                        BitConverter.TryWriteBytes(bytes[offset..], (Half)RandomScale(random));
                    }

                    break;
            }
        }

        return data;
    }

    /// <summary>Sets the f16 scales of every block, or all values of a float type, to one number.</summary>
    public static void SetScales(TensorType type, Span<byte> data, float scale)
    {
        int blockBytes = type.BlockBytes();
        for (int block = 0; block < data.Length; block += blockBytes)
        {
            Span<byte> bytes = data.Slice(block, blockBytes);
            switch (type)
            {
                case TensorType.F32:
                    BitConverter.TryWriteBytes(bytes, scale);
                    break;
                case TensorType.F16:
                    BitConverter.TryWriteBytes(bytes, (Half)scale);
                    break;
                case TensorType.BF16:
                    BitConverter.TryWriteBytes(bytes, (ushort)(BitConverter.SingleToUInt32Bits(scale) >> 16));
                    break;
                default:
                    foreach (int offset in BlockDefinition.ExponentFields(type))
                    {
                        BitConverter.TryWriteBytes(bytes[offset..], (Half)scale);
                    }

                    break;
            }
        }
    }

    /// <summary>How many activations share a scale in the integer kernels; 0 where activations stay floats.</summary>
    public static int ActivationGroup(TensorType type) => type.BlockLength() == 1 ? 0 : type.BlockLength();

    /// <summary>What the largest magnitude of a group becomes in the integer kernels.</summary>
    public static int ActivationRange(TensorType type) => type == TensorType.Q8_0 ? short.MaxValue : sbyte.MaxValue;

    /// <summary>The values that integer kernels compute with: each group rounded to fractions of its largest magnitude.</summary>
    public static float[] RoundToIntegers(float[] row, int group, int range)
    {
        float[] rounded = new float[row.Length];
        for (int first = 0; first < row.Length; first += group)
        {
            float max = 0;
            for (int i = first; i < first + group; i++)
            {
                max = Math.Max(max, Math.Abs(row[i]));
            }

            float inverse = max > 0 ? range / max : 0;
            for (int i = first; i < first + group; i++)
            {
                rounded[i] = (float)(Math.Round((double)(row[i] * inverse), MidpointRounding.ToEven) * (double)(max / range));
            }
        }

        return rounded;
    }

    /// <summary>Σ w·x of one row, and Σ |w·x|: what rounding errors are measured by.</summary>
    public static (double Sum, double Magnitude) Dot(TensorType type, ReadOnlySpan<byte> row, float[] activations)
    {
        float[] weights = new float[activations.Length];
        BlockCodec.Decode(type, row, weights);
        double sum = 0;
        double magnitude = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            double product = (double)weights[i] * activations[i];
            sum += product;
            magnitude += Math.Abs(product);
        }

        return (sum, magnitude);
    }

    private static float RandomScale(Random random) => (float)((random.NextDouble() - 0.5) * 0.1);
}
