using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Float weights into f32 words.</summary>
internal static unsafe class UnpackFloats
{
    /// <summary>In 128 bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In128<TElement>(byte* source, int count, uint* words)
        where TElement : IFloatElement
    {
        int i = 0;
        for (; i <= count - 4; i += 4, source += 4 * TElement.Bytes)
        {
            TElement.Load4(source).Store((float*)words + i);
        }

        for (; i < count; i++, source += TElement.Bytes)
        {
            ((float*)words)[i] = TElement.Load(source);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void F32(byte* source, int count, uint* words) =>
        new ReadOnlySpan<uint>(source, count).CopyTo(new Span<uint>(words, count));

    /// <summary>Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void F16(byte* source, int count, uint* words)
    {
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            HalfBits.ToSingle8(Vector128.Load((short*)source + i)).Store((float*)words + i);
        }

        for (; i < count; i++)
        {
            ((float*)words)[i] = HalfBits.ToSingle(((ushort*)source)[i]);
        }
    }

    /// <summary>Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BF16(byte* source, int count, uint* words)
    {
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            DotFloat.Brain((ushort*)source + i).Store((float*)words + i);
        }

        for (; i < count; i++)
        {
            words[i] = (uint)((ushort*)source)[i] << 16;
        }
    }
}
