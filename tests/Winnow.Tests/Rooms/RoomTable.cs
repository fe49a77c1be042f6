using System.Text.RegularExpressions;

namespace Winnow.Tests.Rooms;

/// <summary>What CONTRIBUTING.md says about rooms: which may know which, and which internals the lab sees.</summary>
internal sealed partial class RoomTable
{
    private RoomTable(OrderedDictionary<string, string[]> knows, string[] labInternals)
    {
        Knows = knows;
        LabInternals = labInternals;
    }

    /// <summary>The rooms of the engine in the order of the table, and those that each may take types from.</summary>
    public OrderedDictionary<string, string[]> Knows { get; }

    /// <summary>The internal types of the engine that <c>Winnow.Lab</c> may take.</summary>
    public IReadOnlyList<string> LabInternals { get; }

    public static RoomTable Read()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "CONTRIBUTING.md"));
        OrderedDictionary<string, string[]> knows = [];
        foreach (Match row in Row().Matches(text))
        {
            knows.Add(row.Groups["room"].Value, row.Groups["knows"].Value.Split([',', ' ', '–'], StringSplitOptions.RemoveEmptyEntries));
        }

        Match internals = Internals().Match(text);
        return new RoomTable(knows, [.. Name().Matches(internals.Groups["names"].Value).Select(name => name.Groups["name"].Value)]);
    }

    [GeneratedRegex(@"^\| `src/Winnow/(?<room>\w+)` \|[^|]*\|(?<knows>[^|]*)\|\s*$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"<!-- internals of the lab: begin -->(?<names>.*)<!-- internals of the lab: end -->", RegexOptions.Singleline)]
    private static partial Regex Internals();

    [GeneratedRegex(@"`(?<name>\w+)`")]
    private static partial Regex Name();
}
