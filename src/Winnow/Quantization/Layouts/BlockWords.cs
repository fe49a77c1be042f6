namespace Winnow.Quantization.Layouts;

/// <summary>
/// What a block is unpacked to for products with many tokens: 32-bit words, each either four quants, a pair of int16 factors, or an f32.
/// </summary>
internal static class BlockWords
{
    /// <summary>f32 weights, [input].</summary>
    public static class Float
    {
        /// <summary>Words of an input.</summary>
        public const int Words = 1;
    }

    /// <summary>A block of 32 quants of up to five bits: quants[8], scale, minimum (of the quants less 16).</summary>
    public static class Per32
    {
        public const int Words = 10;
        public const int Scale = 8;
        public const int Minimum = 9;
    }

    /// <summary>A block of 32 quants of eight bits, as pairs of int16: quants[16], scale.</summary>
    public static class Wide32
    {
        public const int Words = 17;
        public const int Scale = 16;
    }

    /// <summary>Sixteen quants of eight bits, as pairs of int16: quants[8], scale.</summary>
    public static class Wide16
    {
        public const int Words = 9;
        public const int Scale = 8;
    }

    /// <summary>
    /// A super-block of 256 quants of four bits with scales and minima per 32: quants[64], the scales twice in each word[8], pairs of
    /// minima[4], scale of the scales, scale of the minima.
    /// </summary>
    public static class Super32
    {
        public const int Words = 80;
        public const int Scales = 64;
        public const int Minima = 72;
        public const int Scale = 76;
        public const int MinimumScale = 77;
    }

    /// <summary>
    /// A super-block of 256 quants of up to six bits with scales per 16, and either minima per 16 or an offset of 32: quants[64], the
    /// scales twice in each word[16], pairs of minima[8], scale of the scales, scale of the minima.
    /// </summary>
    public static class Super16
    {
        public const int Words = 96;
        public const int Scales = 64;
        public const int Minima = 80;
        public const int Scale = 88;
        public const int MinimumScale = 89;
    }
}
