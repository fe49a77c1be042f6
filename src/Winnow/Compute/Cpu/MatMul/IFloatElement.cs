using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>How weights of a float type become f32 in 128 bits, on every processor.</summary>
internal unsafe interface IFloatElement
{
    /// <summary>Bytes of a weight.</summary>
    static abstract int Bytes { get; }

    /// <summary>Four weights.</summary>
    static abstract Vector128<float> Load4(byte* source);

    /// <summary>One weight.</summary>
    static abstract float Load(byte* source);
}

/// <summary>The float types as <see cref="IFloatElement"/>.</summary>
internal static unsafe class FloatElements
{
    public readonly struct F32 : IFloatElement
    {
        public static int Bytes => sizeof(float);

        public static Vector128<float> Load4(byte* source) => Vector128.Load((float*)source);

        public static float Load(byte* source) => *(float*)source;
    }

    public readonly struct F16 : IFloatElement
    {
        public static int Bytes => sizeof(ushort);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Load4(byte* source) => HalfBits.ToSingle4(Vector128.CreateScalarUnsafe(*(long*)source).AsInt16());

        public static float Load(byte* source) => HalfBits.ToSingle(*(ushort*)source);
    }

    public readonly struct BF16 : IFloatElement
    {
        public static int Bytes => sizeof(ushort);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Load4(byte* source) =>
            (Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)source).AsUInt16()) << 16).AsSingle();

        public static float Load(byte* source) => BitConverter.UInt32BitsToSingle((uint)*(ushort*)source << 16);
    }
}
