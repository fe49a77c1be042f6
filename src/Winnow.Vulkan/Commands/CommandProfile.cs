using System.Globalization;
using System.Text;

namespace Winnow.Vulkan.Commands;

/// <summary>How long the commands of each kind took, for <c>WINNOW_VULKAN_PROFILE=1</c>. A command that overlaps with the one before it counts from that one's end.</summary>
internal sealed class CommandProfile
{
    private readonly Dictionary<string, (long Count, double Seconds)> _totals = [];

    /// <summary>Adds the time of a command.</summary>
    public void Add(string name, double seconds)
    {
        (long count, double total) = _totals.GetValueOrDefault(name);
        _totals[name] = (count + 1, total + seconds);
    }

    /// <summary>A line for each kind, the one that took most first.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        double all = _totals.Values.Sum(total => total.Seconds);
        foreach ((string name, (long count, double seconds)) in _totals.OrderByDescending(total => total.Value.Seconds))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{name,-28} {count,9} times {seconds * 1e3,12:F2} ms {seconds * 1e6 / count,9:F1} us each {seconds / all,7:P1}");
        }

        return text.ToString();
    }
}
