using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Panels;

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

    /// <summary>Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In256<TElement>(byte* source, int count, uint* words)
        where TElement : IFloatElement
    {
        int i = 0;
        for (; i <= count - 8; i += 8, source += 8 * TElement.Bytes)
        {
            TElement.Load8(source).Store((float*)words + i);
        }

        for (; i < count; i++, source += TElement.Bytes)
        {
            ((float*)words)[i] = TElement.Load(source);
        }
    }
}
