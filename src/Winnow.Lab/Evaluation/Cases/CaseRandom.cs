using Winnow.Sampling;

namespace Winnow.Lab.Evaluation.Cases;

/// <summary>The random choices of one case; they depend on its name alone, so that a case does not change with the others asked for.</summary>
internal sealed class CaseRandom
{
    private Xoshiro256 _generator;

    public CaseRandom(long seed, string task, int length, int index)
    {
        // FNV-1a: string.GetHashCode differs from process to process.
        ulong hash = 14695981039346656037;
        foreach (char character in string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{seed}/{task}/{length}/{index}"))
        {
            hash = (hash ^ character) * 1099511628211;
        }

        _generator = new Xoshiro256(hash);
    }

    /// <summary>A number in [0, 1).</summary>
    public double Next() => _generator.NextDouble();

    /// <summary>A number in [0, count).</summary>
    public int Next(int count) => (int)(_generator.NextDouble() * count);

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> choices) => choices[Next(choices.Count)];

    /// <summary>Digits, the first one not zero.</summary>
    public string Digits(int count) =>
        string.Create(count, this, static (digits, random) =>
        {
            for (int i = 0; i < digits.Length; i++)
            {
                digits[i] = (char)('0' + (i == 0 ? 1 + random.Next(9) : random.Next(10)));
            }
        });

    /// <summary>Lower-case hexadecimal digits.</summary>
    public string Hex(int count) =>
        string.Create(count, this, static (digits, random) =>
        {
            for (int i = 0; i < digits.Length; i++)
            {
                digits[i] = "0123456789abcdef"[random.Next(16)];
            }
        });

    /// <summary>Upper-case letters.</summary>
    public string Capitals(int count) =>
        string.Create(count, this, static (letters, random) =>
        {
            for (int i = 0; i < letters.Length; i++)
            {
                letters[i] = (char)('A' + random.Next(26));
            }
        });
}
