namespace Winnow.Lab.Calibration;

/// <summary>The sizes of the autoencoders that S³ trains.</summary>
/// <remarks>The paper's are 128 latents for each element of a head, 128 active ones, 30,000 steps (docs/s3.md).</remarks>
public sealed record S3Training
{
    private readonly int _expansion = 32;
    private readonly int _active = 8;
    private readonly int _steps = 2000;

    /// <summary>Latents for each element of a head, 1 to 1,024; their number is rounded up to a multiple of 64.</summary>
    public int Expansion
    {
        get => _expansion;
        init => _expansion = value is >= 1 and <= 1024
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Expansion), value, "the expansion must be 1 to 1024");
    }

    /// <summary>Features that a token activates, 1 to 512.</summary>
    public int Active
    {
        get => _active;
        init => _active = value is >= 1 and <= 512
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Active), value, "active features must be 1 to 512");
    }

    /// <summary>Training steps of 512 vectors at most; training ends earlier where it no longer helps.</summary>
    public int Steps
    {
        get => _steps;
        init => _steps = value is >= 1 and <= 1_000_000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Steps), value, "steps must be 1 to 1000000");
    }

    internal int Latents(int width) => (Math.Max(Expansion * width, Active) + 63) / 64 * 64;
}
