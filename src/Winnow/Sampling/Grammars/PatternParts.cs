using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>What a piece of a regular expression matches, apart by whether that must stand at the start or at the end of the text.</summary>
/// <param name="Items">At most one for each combination; none where the piece never matches.</param>
internal sealed record PatternParts(IReadOnlyList<PatternParts.Item> Items)
{
    /// <summary>What matches at the start, and is empty.</summary>
    public static PatternParts Start { get; } = new([new(Empty, 0, 0, AtStart: true, AtEnd: false)]);

    /// <summary>What matches at the end, and is empty.</summary>
    public static PatternParts End { get; } = new([new(Empty, 0, 0, AtStart: false, AtEnd: true)]);

    /// <summary>One character.</summary>
    public static PatternParts Of(GrammarExpression character) => new([new(character, 1, 1, AtStart: false, AtEnd: false)]);

    public static PatternParts OneOf(IReadOnlyList<PatternParts> choices) => choices.Count == 1 ? choices[0] : Merge(choices.SelectMany(choice => choice.Items));

    public static PatternParts InOrder(IReadOnlyList<PatternParts> pieces)
    {
        if (pieces.All(piece => piece.IsFree))
        {
            Item[] items = [.. pieces.Select(piece => piece.Items[0])];
            return new([new(Sequence([.. items.Select(item => item.Text)]), items.Aggregate(0, (sum, item) => Sum(sum, item.Minimum)!.Value), items.Aggregate((int?)0, (sum, item) => Sum(sum, item.Maximum)), false, false)]);
        }

        return pieces.Aggregate((left, right) => Merge(left.Items.SelectMany(first => right.Items.Select(second => Join(first, second)).OfType<Item>())));
    }

    /// <summary>The piece several times; null where it has anchors and comes more than once.</summary>
    public PatternParts? Repeated(int minimum, int? maximum)
    {
        if (IsFree)
        {
            Item item = Items[0];
            return new([item with
            {
                Text = new RepetitionExpression(item.Text, minimum, maximum),
                Minimum = Product(item.Minimum, minimum)!.Value,
                Maximum = Product(item.Maximum, maximum),
            }]);
        }

        Item nothing = new(Empty, 0, 0, false, false);
        return maximum != 1 ? null : minimum == 1 ? this : Merge([nothing, .. Items]);
    }

    private bool IsFree => Items is [{ AtStart: false, AtEnd: false }];

    private static PatternParts Merge(IEnumerable<Item> items) => new([.. items.GroupBy(item => (item.AtStart, item.AtEnd)).Select(group =>
        group.Count() == 1 ? group.First() : new Item(
            Choice([.. group.Select(item => item.Text)]),
            group.Min(item => item.Minimum),
            group.Any(item => item.Maximum is null) ? null : group.Max(item => item.Maximum),
            group.Key.AtStart,
            group.Key.AtEnd))]);

    /// <summary>One behind the other: what stands before a start, or behind an end, must be empty.</summary>
    private static Item? Join(Item first, Item second)
    {
        if ((second.AtStart && first.Minimum > 0) || (first.AtEnd && second.Minimum > 0))
        {
            return null;
        }

        Item nothing = new(Empty, 0, 0, false, false);
        Item left = second.AtStart ? nothing : first;
        Item right = first.AtEnd ? nothing : second;
        return new Item(
            Sequence(left.Text, right.Text),
            Sum(left.Minimum, right.Minimum)!.Value,
            Sum(left.Maximum, right.Maximum),
            first.AtStart || second.AtStart,
            first.AtEnd || second.AtEnd);
    }

    // Lengths beyond what a grammar can count are all the same.
    private static int? Sum(int? left, int? right) => left is null || right is null ? null : (int)Math.Min((long)left + right.Value, int.MaxValue);

    private static int? Product(int? left, int? right) => left == 0 || right == 0 ? 0
        : left is null || right is null ? null : (int)Math.Min((long)left * right.Value, int.MaxValue);

    /// <summary>Texts, the least and most characters that they have, and where they must stand.</summary>
    internal sealed record Item(GrammarExpression Text, int Minimum, int? Maximum, bool AtStart, bool AtEnd);
}
