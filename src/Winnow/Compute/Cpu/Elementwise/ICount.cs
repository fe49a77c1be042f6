namespace Winnow.Compute.Cpu.Elementwise;

/// <summary>A number that kernels are specialised for: the JIT drops what lies beyond it.</summary>
internal interface ICount
{
    static abstract int Value { get; }
}

/// <summary>1.</summary>
internal readonly struct One : ICount
{
    public static int Value => 1;
}

/// <summary>2.</summary>
internal readonly struct Two : ICount
{
    public static int Value => 2;
}

/// <summary>4.</summary>
internal readonly struct Four : ICount
{
    public static int Value => 4;
}
