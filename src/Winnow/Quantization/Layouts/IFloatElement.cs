using System.Runtime.Intrinsics;

namespace Winnow.Quantization.Layouts;

/// <summary>How weights of a float type become f32: what their kernels are written over.</summary>
internal unsafe interface IFloatElement
{
    /// <summary>Bytes of a weight.</summary>
    static abstract int Bytes { get; }

    /// <summary>One weight.</summary>
    static abstract float Load(byte* source);

    /// <summary>Four weights, on every processor.</summary>
    static abstract Vector128<float> Load4(byte* source);

    /// <summary>Eight weights. Needs AVX2.</summary>
    static abstract Vector256<float> Load8(byte* source);
}

/// <summary>Those of them whose rows go faster in 512 bits.</summary>
internal unsafe interface IFloatElement512 : IFloatElement
{
    /// <summary>Sixteen weights. Needs AVX-512.</summary>
    static abstract Vector512<float> Load16(byte* source);
}
