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
            }
        }
    }
}
