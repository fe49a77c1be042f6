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
                case TensorType.F64:
                    BitConverter.TryWriteBytes(bytes, (double)RandomScale(random));
                    break;
                case TensorType.I16 or TensorType.I32 or TensorType.I64:
                    bytes.Fill(random.Next(2) == 0 ? (byte)0 : (byte)255);
                    bytes[0] = (byte)random.Next(256);
                    break;
                case TensorType.Q8_K:
                    BitConverter.TryWriteBytes(bytes, RandomScale(random));
                    break;
                case TensorType.IQ1_M:
                    SetScatteredHalf(bytes, (Half)RandomScale(random));
                    break;
                case TensorType.MXFP4:
                    bytes[0] = (byte)(115 + random.Next(8));
                    break;
                case TensorType.NVFP4:
                    bytes[0] = (byte)random.Next(0x30);
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
                case TensorType.F64:
                    BitConverter.TryWriteBytes(bytes, (double)scale);
                    break;
                case TensorType.Q8_K:
                    BitConverter.TryWriteBytes(bytes, scale);
                    break;
                case TensorType.IQ1_M:
                    SetScatteredHalf(bytes, (Half)scale);
                    break;
                case TensorType.MXFP4:
                    bytes[0] = (byte)(128 + MathF.ILogB(scale));
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
    public static int ActivationGroup(TensorType type) => type.BlockLength() == 1 ? 0 : IsWide(type) ? 32 : type.BlockLength();

    /// <summary>Whether quants are signed and activations rounded to sixteen bits.</summary>
    private static bool IsWide(TensorType type) => type is TensorType.Q8_0 or > TensorType.Q6_K;

    /// <summary>What the largest magnitude of a group becomes in the integer kernels.</summary>
    public static int ActivationRange(TensorType type) => IsWide(type) ? short.MaxValue : sbyte.MaxValue;

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

    /// <summary>The top nibbles of four words, the lowest first.</summary>
    private static void SetScatteredHalf(Span<byte> block, Half half)
    {
        int bits = BitConverter.HalfToUInt16Bits(half);
        for (int i = 0; i < 4; i++)
        {
            block[49 + (2 * i)] = (byte)((block[49 + (2 * i)] & 15) | (((bits >> (4 * i)) & 15) << 4));
        }
    }

    private static float RandomScale(Random random) => (float)((random.NextDouble() - 0.5) * 0.1);
}
