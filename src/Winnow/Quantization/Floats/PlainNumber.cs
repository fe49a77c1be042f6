using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Layouts;

namespace Winnow.Quantization.Floats;

/// <summary>Numbers that are rounded to f32, to the nearest, ties to even: F64 and the signed integers. Rare in files, and never large.</summary>
internal readonly unsafe struct PlainNumber<T> : IFloatElement
    where T : unmanaged, INumber<T>
{
    public static int Bytes => sizeof(T);

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ReadOnlySpan<T> numbers = MemoryMarshal.Cast<byte, T>(source);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = float.CreateTruncating(numbers[i]);
        }
    }

    public static float Load(byte* source) => float.CreateTruncating(*(T*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load4(byte* source) =>
        Vector128.Create(Load(source), Load(source + sizeof(T)), Load(source + (2 * sizeof(T))), Load(source + (3 * sizeof(T))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(byte* source) => Vector256.Create(Load4(source), Load4(source + (4 * sizeof(T))));
}
