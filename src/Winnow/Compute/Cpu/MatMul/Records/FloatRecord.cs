using System.Runtime.CompilerServices;

namespace Winnow.Compute.Cpu.MatMul.Records;

/// <summary>128 activations as they are: copied together so that a tile's tokens lie side by side instead of a power of two apart.</summary>
internal static unsafe class FloatRecord
{
    public const int Length = 128;
    public const int Bytes = Length * sizeof(float);

    /// <summary>Encodes a row into records <paramref name="stride"/> bytes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* row, int inputs, byte* target, long stride)
    {
        for (int first = 0; first < inputs; first += Length, target += stride)
        {
            int count = Math.Min(Length, inputs - first);
            Span<float> record = new(target, Length);
            new ReadOnlySpan<float>(row + first, count).CopyTo(record);
            record[count..].Clear();
        }
    }
}
