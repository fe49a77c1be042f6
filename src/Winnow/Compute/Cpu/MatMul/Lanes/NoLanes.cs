namespace Winnow.Compute.Cpu.MatMul.Lanes;

/// <summary>The arithmetic of tokens that are not there: nothing is read, computed or written.</summary>
internal readonly unsafe struct NoLanes<TVector> : ILanes<TVector>
    where TVector : struct
{
    public static int Count => 0;

    public static TVector Zero => default;

    public static TVector Load(void* source) => default;

    public static TVector LoadWidened(sbyte* quants) => default;

    public static void Store(TVector value, float* target)
    {
    }

    public static TVector Broadcast(void* lane) => default;

    public static TVector Halves(float* two) => default;

    public static TVector Start(TVector pairs) => pairs;

    public static TVector AddQuads(TVector quads, TVector quants, TVector activations) => quads;

    public static TVector Sums(TVector quads) => quads;

    public static TVector Scales(TVector pairs) => pairs;

    public static TVector AddScaled(TVector sum, TVector quads, TVector scales) => sum;

    public static TVector AddPairs(TVector sum, TVector a, TVector b) => sum;

    public static TVector ToSingle(TVector integers) => integers;

    public static TVector Negate(TVector value) => value;

    public static TVector Multiply(TVector a, TVector b) => a;

    public static TVector Plus(TVector a, TVector b) => a;

    public static float Total(TVector value) => 0;

    public static TVector MultiplyAdd(TVector a, TVector b, TVector sum) => sum;
}
