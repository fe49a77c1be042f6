using Winnow.Compute.Cpu.MatMul.Records;

namespace Winnow.Compute.Cpu.MatMul.Lanes;

/// <summary>
/// The arithmetic of products on one instruction set: vectors of 32-bit lanes, each of which holds four quants, two int16, an int32 or an
/// f32. All give the same integers.
/// </summary>
/// <remarks>Quants are unsigned, of at most six bits; what a lane sums of them must fit two int16 (see <see cref="Int8Per256Record.LaneOffsets"/>).</remarks>
internal unsafe interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Lanes of a vector.</summary>
    static abstract int Count { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(void* source);

    static abstract void Store(TVector value, float* target);

    /// <summary>As many pairs of int16 as there are lanes, from quants of eight bits.</summary>
    static abstract TVector LoadWidened(sbyte* quants);

    /// <summary>One lane in all of them.</summary>
    static abstract TVector Broadcast(void* lane);

    /// <summary>The first of two floats in the lower half of the lanes, the second in the upper.</summary>
    static abstract TVector Halves(float* two);

    /// <summary>What <see cref="AddQuads"/> starts from, of two int16 in each lane.</summary>
    static abstract TVector Start(TVector pairs);

    /// <summary>Adds the products of four unsigned quants and four int8 to what a lane sums up, in a form of its own.</summary>
    static abstract TVector AddQuads(TVector quads, TVector quants, TVector activations);

    /// <summary>The int32 that <see cref="AddQuads"/> summed up.</summary>
    static abstract TVector Sums(TVector quads);

    /// <summary>An int16 scale, given twice in each lane, as <see cref="AddScaled"/> wants it.</summary>
    static abstract TVector Scales(TVector pairs);

    /// <summary>Adds what <see cref="AddQuads"/> summed up times scales to int32.</summary>
    static abstract TVector AddScaled(TVector sum, TVector quads, TVector scales);

    /// <summary>Adds the products of two int16 each to int32.</summary>
    static abstract TVector AddPairs(TVector sum, TVector a, TVector b);

    /// <summary>int32 to f32.</summary>
    static abstract TVector ToSingle(TVector integers);

    /// <summary>f32.</summary>
    static abstract TVector Negate(TVector value);

    /// <summary>f32.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary>a + b in f32.</summary>
    static abstract TVector Plus(TVector a, TVector b);

    /// <summary>The sum of the lanes, which are f32.</summary>
    static abstract float Total(TVector value);

    /// <summary>sum + a · b in f32, rounded once where the instruction set has that.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector sum);
}
