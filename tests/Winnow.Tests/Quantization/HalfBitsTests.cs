using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Layouts;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Quantization;

public sealed class HalfBitsTests
{
    [Fact]
    [EveryInstructionSet]
    public void Every_finite_half_is_the_float_of_the_same_value()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            Half half = BitConverter.UInt16BitsToHalf((ushort)bits);
            if (Half.IsFinite(half))
            {
                Assert.Equal(BitConverter.SingleToInt32Bits((float)half), BitConverter.SingleToInt32Bits(HalfBits.ToSingle((ushort)bits)));
                Vector128<short> eight = Vector128.Create((short)bits);
                Assert.Equal(Vector128.Create((float)half), HalfBits.ToSingle4(eight));
                Assert.Equal(Vector128.Create((float)half), HalfBits.Scales4(eight));
                if (Avx2.IsSupported && Fma.IsSupported)
                {
                    Assert.Equal(Vector256.Create((float)half), HalfBits.ToSingle8(eight));
                    Assert.Equal(Vector256.Create((float)half), HalfBits.Scales8(eight));
                }
            }
        }
    }
}
