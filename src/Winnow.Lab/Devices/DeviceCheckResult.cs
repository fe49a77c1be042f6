namespace Winnow.Lab.Devices;

/// <summary>What one group of operations yields on a device, compared with the processor.</summary>
/// <param name="Name">The group.</param>
/// <param name="Error">The largest difference of a value, divided by 1 + its magnitude; not a number where a value is none.</param>
/// <param name="Allowed">The largest that passes.</param>
/// <param name="Milliseconds">How long the device took, compiling its kernels included.</param>
/// <param name="Failure">What it threw; null where it computed to the end.</param>
public sealed record DeviceCheckResult(string Name, double Error, double Allowed, double Milliseconds, string? Failure)
{
    /// <summary>Whether the device computes what it should.</summary>
    public bool Passes => Failure is null && Error <= Allowed;
}
