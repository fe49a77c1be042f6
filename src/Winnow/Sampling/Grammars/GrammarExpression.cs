namespace Winnow.Sampling.Grammars;

/// <summary>What a rule of a grammar matches.</summary>
internal abstract record GrammarExpression
{
    public static GrammarExpression Empty { get; } = new SequenceExpression([]);

    public static GrammarExpression Text(string text) => new LiteralExpression(text);

    public static GrammarExpression Rule(string name) => new RuleExpression(name, 0, 0);

    public static GrammarExpression Sequence(params GrammarExpression[] items) => new SequenceExpression(items);

    public static GrammarExpression Choice(params GrammarExpression[] items) => new ChoiceExpression(items);

    public static GrammarExpression Optional(GrammarExpression item) => new RepetitionExpression(item, 0, 1);
}

/// <summary>A text.</summary>
internal sealed record LiteralExpression(string Value) : GrammarExpression;

/// <summary>One code point of a set.</summary>
internal sealed record ClassExpression(CodePointSet Set) : GrammarExpression;

/// <summary>What another rule matches; line and column say where it is named, 0 where no text names it.</summary>
internal sealed record RuleExpression(string Name, int Line, int Column) : GrammarExpression;

/// <summary>One after the other.</summary>
internal sealed record SequenceExpression(IReadOnlyList<GrammarExpression> Items) : GrammarExpression;

/// <summary>One of several.</summary>
internal sealed record ChoiceExpression(IReadOnlyList<GrammarExpression> Items) : GrammarExpression;

/// <summary>The same, several times; no maximum is null.</summary>
internal sealed record RepetitionExpression(GrammarExpression Item, int Minimum, int? Maximum) : GrammarExpression;
