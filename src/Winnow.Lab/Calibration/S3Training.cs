using static Winnow.Limits;

namespace Winnow.Lab.Calibration;

/// <summary>The sizes of the autoencoders that S³ trains.</summary>
/// <remarks>
/// The paper's are 128 latents for each element of a head, 128 active ones, 30,000 steps. The defaults are smaller, so that a
/// calibration takes minutes on a CPU and fits beside the model (docs/s3.md).
/// </remarks>
public sealed record S3Training
{
    /// <summary>Latents for each element of a head; their number is rounded up to a multiple of 64. 1 to 1024; default 32.</summary>
    public int Expansion { get; init => field = Within(value, 1, 1024); } = 32;

    /// <summary>Features that a token activates. 1 to 512; default 8.</summary>
    public int Active { get; init => field = Within(value, 1, 512); } = 8;

    /// <summary>Training steps of 512 vectors at most; training ends earlier where it no longer helps. 1 to 1000000; default 2000.</summary>
    public int Steps { get; init => field = Within(value, 1, 1_000_000); } = 2000;

    internal int Latents(int width) => (Math.Max(Expansion * width, Active) + 63) / 64 * 64;
}
