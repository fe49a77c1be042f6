namespace Winnow.Lab.Evaluation.Cases;

/// <summary>Hands out keys and values that no other part of a case repeats or contains.</summary>
internal sealed class CaseNames(CaseRandom random, IReadOnlyList<string> words)
{
    private const int KeyKinds = 4;
    private const int ValueKinds = 5;
    private const int Attempts = 32;
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A kind of key for <see cref="Key(int)"/>.</summary>
    public int KeyKind() => random.Next(KeyKinds);

    /// <summary>A kind of value for <see cref="Value(int)"/>. All values of a kind are equally long, or pairs of words.</summary>
    public int ValueKind() => random.Next(ValueKinds);

    /// <summary>A new key made of words: "teacher interior", "informed-momentary".</summary>
    public string Key() => Distinct(() => $"{random.Pick(words)}{(random.Next(2) == 0 ? ' ' : '-')}{random.Pick(words)}");

    /// <summary>A new key as data has them.</summary>
    public string Key(int kind) => Distinct(() => kind switch
    {
        0 => $"{random.Capitals(2)}-{random.Digits(4)}",
        1 => $"{random.Pick(words)}_{random.Pick(words)}",
        2 => random.Hex(8),
        _ => $"{random.Capitals(3)}{random.Digits(3)}",
    });

    /// <summary>A new value.</summary>
    public string Value(int kind) => Distinct(() => kind switch
    {
        0 => random.Digits(5),
        1 => random.Digits(7),
        2 => random.Hex(8),
        3 => $"{random.Hex(8)}-{random.Hex(4)}-{random.Hex(4)}-{random.Hex(4)}-{random.Hex(12)}",
        _ => $"{random.Capitals(2)}-{random.Digits(4)}",
    });

    /// <summary>A new name of a variable.</summary>
    public string Variable() => Distinct(() => random.Capitals(3));

    private string Distinct(Func<string> draw)
    {
        for (int attempt = 0; ; attempt++)
        {
            // A text of few words runs out of pairs in a long table of keys.
            string name = attempt < Attempts ? draw() : $"{draw()}{random.Digits(attempt / Attempts)}";
            if (_taken.Add(name))
            {
                return name;
            }
        }
    }
}
