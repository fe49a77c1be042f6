namespace Winnow.Vulkan.Commands;

/// <summary>How much work one submission may be, learned from how long the others took.</summary>
/// <remarks>
/// What takes seconds is taken for a hang by drivers and systems, which then reset the device; what is too short leaves a large device idle
/// between submissions. It begins with what a slow device of the kind does in the time, and grows at most twofold a submission.
/// </remarks>
internal sealed class WorkLimit(double first)
{
    private const double Seconds = 0.1;

    // So that a wrong clock cannot stop or hang the device.
    private readonly double _least = first / 16;
    private readonly double _most = first * 256;

    /// <summary>Multiplications of one submission.</summary>
    public double Most { get; private set; } = first;

    /// <summary>Takes note of a submission.</summary>
    /// <param name="multiplications">Its work; only a good part of the limit tells anything.</param>
    /// <param name="seconds">How long the device took.</param>
    public void Learn(double multiplications, double seconds)
    {
        if (multiplications >= Most / 4 && seconds > 0)
        {
            double found = multiplications * Seconds / seconds;
            Most = Math.Clamp(Math.Min(found, 2 * Most), _least, _most);
        }
    }
}
