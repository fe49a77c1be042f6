namespace Winnow.Tokenization.Models;

/// <summary>
/// Finds every entry of a set of byte strings that begins at a given place of a text: the entries lie in sorted order,
/// and each further byte narrows the range of those that still match by binary search.
/// </summary>
internal sealed class PrefixIndex
{
    private readonly byte[][] _keys;
    private readonly int[] _values;
    private readonly int[] _firstByte = new int[257];

    public PrefixIndex(IEnumerable<(byte[] Key, int Value)> entries)
    {
        (byte[] Key, int Value)[] sorted = [.. entries];
        Array.Sort(sorted, (left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key));
        _keys = Array.ConvertAll(sorted, entry => entry.Key);
        _values = Array.ConvertAll(sorted, entry => entry.Value);
        int index = 0;
        for (int first = 0; first < 256; first++)
        {
            while (index < _keys.Length && (_keys[index].Length == 0 || _keys[index][0] < first))
            {
                index++;
            }

            _firstByte[first] = index;
        }

        _firstByte[256] = _keys.Length;
    }

    /// <summary>The matches that begin at the start of <paramref name="text"/>, shortest first.</summary>
    public Matches At(ReadOnlySpan<byte> text) => new(this, text);

    /// <summary>Enumerates matches at one place.</summary>
    public ref struct Matches
    {
        private readonly PrefixIndex _index;
        private readonly ReadOnlySpan<byte> _text;
        private int _low;
        private int _high;

        internal Matches(PrefixIndex index, ReadOnlySpan<byte> text)
        {
            _index = index;
            _text = text;
            if (text.Length > 0)
            {
                _low = index._firstByte[text[0]];
                _high = index._firstByte[text[0] + 1];
            }
        }

        /// <summary>How many bytes the current match has.</summary>
        public int Length { get; private set; }

        /// <summary>The value of the current match.</summary>
        public int Value { get; private set; }

        public bool MoveNext()
        {
            byte[][] keys = _index._keys;
            while (_low < _high)
            {
                if (Length > 0 && !Narrow(keys))
                {
                    break;
                }

                Length++;
                if (keys[_low].Length == Length)
                {
                    Value = _index._values[_low++];
                    return true;
                }
            }

            return false;
        }

        private bool Narrow(byte[][] keys)
        {
            if (Length >= _text.Length)
            {
                return false;
            }

            byte next = _text[Length];
            _low = LowerBound(keys, _low, _high, next);
            _high = LowerBound(keys, _low, _high, next + 1);
            return _low < _high;
        }

        private readonly int LowerBound(byte[][] keys, int low, int high, int value)
        {
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (keys[middle][Length] < value)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }
    }
}
