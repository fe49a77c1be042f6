namespace Winnow.Models.Config;

/// <summary>Where a block has its norms.</summary>
internal enum NormPlacement
{
    /// <summary>x + f(norm(x)).</summary>
    Before,

    /// <summary>x + norm(f(x)).</summary>
    After,

    /// <summary>x + norm(f(norm(x))).</summary>
    Around,
}
