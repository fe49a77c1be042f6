using Winnow.Cache;
using Winnow.Compute;

namespace Winnow.Models.Config;

/// <summary>A block that remembers a sequence in a state of fixed size, in the place of attention or beside it.</summary>
internal abstract record RecurrentConfig
{
    private RecurrentConfig()
    {
    }

    /// <summary>What users call it, for errors.</summary>
    public abstract string Name { get; }

    /// <summary>Elements of a token that its output projection takes.</summary>
    public abstract int Width { get; }

    /// <summary>Elements of a token on its way through the block, about: what chunks of rows are sized by.</summary>
    public abstract int ScratchWidth { get; }

    /// <summary>Rows and columns of what is remembered.</summary>
    public abstract IReadOnlyList<(long Rows, long Columns)> Memory { get; }

    /// <summary>Numbers that must be positive, and what they are, for errors.</summary>
    public abstract IEnumerable<(string What, int Value)> Sizes { get; }

    /// <summary>Numbers that must be multiples of others.</summary>
    public virtual IEnumerable<(string What, int Value, int Divisor)> Multiples => [];

    /// <summary>All that decides over the numbers that come out, besides weights: what fingerprints are made of.</summary>
    public virtual IEnumerable<double> Numbers => [.. Sizes.Select(size => (double)size.Value)];

    /// <summary>What a layer remembers.</summary>
    public IEnumerable<StatePart> PartsOf(int layer) => Memory.Select(state => new StatePart(layer, (int)state.Rows, (int)state.Columns));

    /// <summary>A gated convolution over a few tokens (LFM2, https://arxiv.org/abs/2511.23404).</summary>
    /// <param name="Channels">The width of the residual stream.</param>
    /// <param name="Kernel">Tokens that an output sees, itself included.</param>
    /// <param name="HasBias">Whether convolution and projections have biases.</param>
    public sealed record ShortConvolution(int Channels, int Kernel, bool HasBias) : RecurrentConfig
    {
        public override string Name => "short convolutions";

        public override int Width => Channels;

        public override int ScratchWidth => 5 * Channels;

        public override IEnumerable<(string What, int Value)> Sizes => [("kernel", Kernel - 1)];

        public override IReadOnlyList<(long Rows, long Columns)> Memory => [(Kernel - 1, Channels)];
    }

    /// <summary>Linear attention by the gated delta rule, behind a convolution (https://arxiv.org/abs/2412.06464).</summary>
    /// <param name="Heads">The heads.</param>
    /// <param name="Kernel">Tokens that the convolution sees.</param>
    public sealed record GatedDelta(LinearAttentionShape Heads, int Kernel) : RecurrentConfig
    {
        public override string Name => "gated delta nets";

        /// <summary>Elements of all queries, or of all keys.</summary>
        public int KeyWidth => Heads.KeyHeads * Heads.KeyDimension;

        /// <summary>Elements of all values.</summary>
        public int ValueWidth => Heads.Heads * Heads.ValueDimension;

        /// <summary>The epsilon of the norm of results; null for that of all others.</summary>
        public float? NormEpsilon { get; init; }

        /// <summary>What the rate of a token is at most: 2 lets states change their sign.</summary>
        public float MostRate { get; init; } = 1;

        public override int Width => ValueWidth;

        public override int ScratchWidth => (4 * KeyWidth) + (4 * ValueWidth) + (2 * Heads.Decays);

        public override IEnumerable<(string What, int Value)> Sizes =>
        [
            ("kernel", Kernel - 1), ("number of heads", Heads.Heads), ("number of key heads", Heads.KeyHeads),
            ("key dimension", Heads.KeyDimension), ("value dimension", Heads.ValueDimension),
        ];

        public override IEnumerable<(string What, int Value, int Divisor)> Multiples => [("number of heads", Heads.Heads, Heads.KeyHeads)];

        public override IReadOnlyList<(long Rows, long Columns)> Memory =>
            [(Kernel - 1, (2L * KeyWidth) + ValueWidth), ((long)Heads.Heads * Heads.KeyDimension, Heads.ValueDimension)];
    }

    /// <summary>The state spaces of Mamba 2 (https://arxiv.org/abs/2405.21060): linear attention whose states fade by what tokens say.</summary>
    /// <param name="Heads">Heads of values.</param>
    /// <param name="HeadDimension">Elements of a value.</param>
    /// <param name="States">Elements of a key.</param>
    /// <param name="Groups">Heads of keys and queries.</param>
    /// <param name="Kernel">Tokens that the convolution sees.</param>
    public sealed record StateSpace(int Heads, int HeadDimension, int States, int Groups, int Kernel) : RecurrentConfig
    {
        /// <summary>Whether the convolution has biases.</summary>
        public bool HasConvolutionBias { get; init; }

        /// <summary>Whether the projections have biases.</summary>
        public bool HasProjectionBias { get; init; }

        /// <summary>Groups of the result that are normalised by themselves; 0 for no norm.</summary>
        public int NormGroups { get; init; } = 1;

        /// <summary>Whether the result is normalised before it is gated.</summary>
        public bool NormsBeforeGate { get; init; }

        /// <summary>The shortest time of a token.</summary>
        public float LeastStep { get; init; }

        /// <summary>The longest time of a token.</summary>
        public float MostStep { get; init; } = float.PositiveInfinity;

        /// <summary>The non-linearity behind the convolution; null for that of feed-forward blocks.</summary>
        public Activation? Activation { get; init; }

        /// <summary>What gate, values, keys, queries and times are multiplied with (Falcon-H1); null for nothing.</summary>
        public SectionScales? Scales { get; init; }

        /// <summary>The factors of all projected elements; null where there are none.</summary>
        public float[]? InputScales => Scales is not { } scales ? null :
        [
            .. Enumerable.Repeat(scales.Gate, Width), .. Enumerable.Repeat(scales.Value, Width), .. Enumerable.Repeat(scales.Key, Groups * States),
            .. Enumerable.Repeat(scales.Query, Groups * States), .. Enumerable.Repeat(scales.Step, Heads),
        ];

        /// <summary>Elements that the convolution mixes: values, keys and queries.</summary>
        public int Channels => Width + (2 * Groups * States);

        /// <summary>Elements of the input projection: gates, what the convolution mixes, times.</summary>
        public int InputWidth => Width + Channels + Heads;

        public override string Name => "Mamba 2 state spaces";

        public override int Width => Heads * HeadDimension;

        public override int ScratchWidth => InputWidth + Channels + Heads;

        public override IEnumerable<(string What, int Value)> Sizes =>
        [
            ("kernel", Kernel - 1), ("number of heads", Heads), ("head dimension", HeadDimension), ("state size", States), ("number of groups", Groups),
        ];

        public override IEnumerable<(string What, int Value, int Divisor)> Multiples =>
            [("number of heads", Heads, Groups), ("width", Width, Math.Max(NormGroups, 1))];

        public override IReadOnlyList<(long Rows, long Columns)> Memory => [(Kernel - 1, Channels), ((long)Heads * States, HeadDimension)];
    }

    /// <summary>Factors of the sections of an input projection.</summary>
    /// <param name="Gate">Of gates.</param>
    /// <param name="Value">Of values.</param>
    /// <param name="Key">Of keys.</param>
    /// <param name="Query">Of queries.</param>
    /// <param name="Step">Of times.</param>
    public sealed record SectionScales(float Gate, float Value, float Key, float Query, float Step);

    /// <summary>The selective state spaces of Mamba (https://arxiv.org/abs/2312.00752).</summary>
    /// <param name="Channels">Elements of a token inside the block.</param>
    /// <param name="States">Elements of a channel's state.</param>
    /// <param name="StepRank">Elements that the times of all channels are projected from.</param>
    /// <param name="Kernel">Tokens that the convolution sees.</param>
    public sealed record SelectiveStateSpace(int Channels, int States, int StepRank, int Kernel) : RecurrentConfig
    {
        /// <summary>Whether the convolution has biases.</summary>
        public bool HasConvolutionBias { get; init; }

        /// <summary>Whether input and output projection have biases.</summary>
        public bool HasProjectionBias { get; init; }

        /// <summary>Whether times, keys and queries are normalised.</summary>
        public bool NormsSelection { get; init; }

        /// <summary>The epsilon of these norms; null for that of all others.</summary>
        public float? SelectionEpsilon { get; init; }

        public override string Name => "Mamba state spaces";

        public override int Width => Channels;

        public override int ScratchWidth => (4 * Channels) + StepRank + (2 * States);

        public override IEnumerable<(string What, int Value)> Sizes =>
            [("kernel", Kernel - 1), ("width", Channels), ("state size", States), ("rank of time steps", StepRank)];

        public override IReadOnlyList<(long Rows, long Columns)> Memory => [(Kernel - 1, Channels), (States, Channels)];
    }

    /// <summary>Lightning attention (https://arxiv.org/abs/2401.04658): linear attention, each head of which forgets at a pace of its own.</summary>
    /// <param name="Heads">The heads.</param>
    /// <param name="HeadDimension">Elements of a query, a key and a value.</param>
    public sealed record Lightning(int Heads, int HeadDimension) : RecurrentConfig
    {
        /// <summary>The epsilon of the norm of results.</summary>
        public float NormEpsilon { get; init; }

        /// <summary>The heads as the operation sees them.</summary>
        public LinearAttentionShape Shape => new(Heads, Heads, HeadDimension, HeadDimension);

        public override string Name => "lightning attention";

        public override int Width => Heads * HeadDimension;

        public override int ScratchWidth => 5 * Width;

        public override IEnumerable<(string What, int Value)> Sizes => [("number of heads", Heads), ("head dimension", HeadDimension)];

        public override IReadOnlyList<(long Rows, long Columns)> Memory => [((long)Heads * HeadDimension, HeadDimension)];

        /// <summary>What is left of a head's state after a token: heads forget the slower the higher their number, and later layers less.</summary>
        public float DecayOf(int head, int layer, int layers)
        {
            double slope = Math.Pow(2, -8.0 * (head + 1) / Heads) * (1 - (layer / (layers - 1 + 1e-5)) + 1e-5);
            return (float)Math.Exp(-slope);
        }
    }
}
