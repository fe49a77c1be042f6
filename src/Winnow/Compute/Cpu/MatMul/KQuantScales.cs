using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>The packed 6-bit scales of K-quants, taken apart in general registers while the vector units do other things.</summary>
internal static unsafe class KQuantScales
{
    /// <summary>Q4_K and Q5_K: eight scales in bytes 0 to 7, eight minima in bytes 8 to 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ScalesAndMinima(byte* packed)
    {
        ulong first = *(ulong*)packed;
        uint last = *(uint*)(packed + 8);
        ulong low = first & 0x3F3F3F3F_3F3F3F3F;
        ulong high = ((first >> 6) & 0x03030303_03030303) << 4;
        uint scalesLow = (uint)low;
        uint minimaLow = (uint)(low >> 32);
        uint scalesHigh = (last & 0x0F0F0F0F) | (uint)high;
        uint minimaHigh = ((last >> 4) & 0x0F0F0F0F) | (uint)(high >> 32);
        return Vector128.Create(scalesLow | ((ulong)scalesHigh << 32), minimaLow | ((ulong)minimaHigh << 32)).AsByte();
    }

    /// <summary>Q3_K: sixteen scales, −32 to 31.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> Signed16(byte* packed)
    {
        ulong low = *(ulong*)packed;
        uint high = *(uint*)(packed + 8);
        const uint Two = 0x03030303;
        ulong first = (low & 0x0F0F0F0F_0F0F0F0F) | (((high & Two) | ((ulong)((high >> 2) & Two) << 32)) << 4);
        ulong second = ((low >> 4) & 0x0F0F0F0F_0F0F0F0F) | ((((high >> 4) & Two) | ((ulong)((high >> 6) & Two) << 32)) << 4);
        return Vector128.Create(first, second).AsSByte() - Vector128.Create((sbyte)32);
    }
}
