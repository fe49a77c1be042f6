namespace Winnow.Tokenization;

/// <summary>The tokens with a role, where a vocabulary has them.</summary>
internal sealed record SpecialTokenIds
{
    public int? Bos { get; init; }

    public int? Eos { get; init; }

    public int? Eot { get; init; }

    public int? Eom { get; init; }

    public int? Unknown { get; init; }

    public int? Separator { get; init; }

    public int? Padding { get; init; }

    public int? Mask { get; init; }
}
