using System.Runtime.Intrinsics;

namespace Winnow.Compute.Host;

/// <summary>Which vectors the kernels of the host take: constants to the JIT, which drops the other branch.</summary>
internal static class HostVectors
{
    /// <summary>Whether they have 256 bits, and not 128. Where there are wider ones, too: sums keep their order, and so their bits.</summary>
    public static bool Are256 => Vector256.IsHardwareAccelerated;

    /// <summary>Elements of such a vector.</summary>
    public static int Width => Are256 ? Vector256<float>.Count : Vector128<float>.Count;
}
