namespace Winnow.Compute.Cpu.Attention;

/// <summary>A compile-time constant: kernels are specialised for it, and the JIT drops what lies beyond it.</summary>
internal interface IConstant
{
    static abstract int Value { get; }
}

/// <summary>1.</summary>
internal readonly struct ConstantOne : IConstant
{
    public static int Value => 1;
}

/// <summary>2.</summary>
internal readonly struct ConstantTwo : IConstant
{
    public static int Value => 2;
}

/// <summary>4.</summary>
internal readonly struct ConstantFour : IConstant
{
    public static int Value => 4;
}
