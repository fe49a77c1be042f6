using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>
/// A vector that holds the same 256 bits of as many neighbouring weight rows as fit: what a row's lanes sum does not change with
/// it.
/// </summary>
internal unsafe interface IRowVector<TVector>
    where TVector : struct
{
    /// <summary>Weight rows of a vector.</summary>
    static abstract int Count { get; }

    /// <summary>The bits of a row and those of the row after it, which are passed over where there is room for one.</summary>
    static abstract TVector Join(Vector256<int> first, Vector256<int> second);

    /// <summary>The same 256 bits for each row.</summary>
    static abstract TVector Repeat(byte* source);

    /// <summary>Two bytes of each 128 bits, again and again.</summary>
    /// <param name="bytes">Where they are.</param>
    /// <param name="two">Their numbers, the first in the low byte; a literal.</param>
    static abstract TVector Pick(TVector bytes, short two);

    /// <summary>Products of unsigned and signed bytes as int16, summed by twos.</summary>
    static abstract TVector Pairs(TVector quants, TVector activations);

    /// <summary>The bits of a row.</summary>
    static abstract Vector256<int> Row(TVector vector, int row);
}
