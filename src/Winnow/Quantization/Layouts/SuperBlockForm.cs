namespace Winnow.Quantization.Layouts;

/// <summary>Which words a super-block is unpacked to.</summary>
internal enum SuperBlockForm
{
    /// <summary><see cref="BlockWords.Super32"/>.</summary>
    Per32,

    /// <summary><see cref="BlockWords.Super16"/> with minima per 16.</summary>
    Per16,

    /// <summary><see cref="BlockWords.Super16"/> with an offset of 32: minima are the scales, and the offset is in their scale.</summary>
    Per16Centred,
}
