namespace Winnow.Tokenization.Models;

/// <summary>Which neighbouring symbols may merge, and which pair goes first.</summary>
internal interface IMergeRule
{
    /// <summary>Looks a pair up.</summary>
    /// <param name="text">The bytes of both symbols together.</param>
    /// <param name="left">The left symbol, or -1 where its bytes are none.</param>
    /// <param name="right">The right symbol, or -1.</param>
    /// <param name="merged">The symbol that they become.</param>
    /// <param name="priority">The pair with the lowest value merges first; of equal ones the leftmost.</param>
    bool TryMerge(ReadOnlySpan<byte> text, int left, int right, out int merged, out double priority);
}

/// <summary>
/// Merges neighbouring symbols of a text, best pair first, until none is left: the one loop behind BPE (pairs have ranks)
/// and SentencePiece's BPE (pieces have scores). A heap of candidates and a linked list of symbols keep it at
/// O(n log n), so that a text without any word boundary is no problem.
/// </summary>
internal sealed class SymbolMerger
{
    /// <summary>Steps, of less than a microsecond, between two looks at the cancellation: a power of two.</summary>
    private const int StepsPerLook = 4096;

    private Symbol[] _symbols = new Symbol[64];
    private Candidate[] _heap = new Candidate[64];
    private int _count;
    private int _candidates;

    /// <summary>Forgets the symbols of the previous text.</summary>
    public void Clear() => _count = 0;

    /// <summary>Appends a symbol that covers the next <paramref name="length"/> bytes of the text.</summary>
    /// <param name="length">Bytes.</param>
    /// <param name="id">Its number, or -1.</param>
    public void Add(int length, int id)
    {
        if (_count == _symbols.Length)
        {
            Array.Resize(ref _symbols, 2 * _count);
        }

        int start = _count == 0 ? 0 : _symbols[_count - 1].Start + _symbols[_count - 1].Length;
        _symbols[_count] = new Symbol { Start = start, Length = length, Id = id, Previous = _count - 1, Next = _count + 1 };
        _count++;
    }

    /// <summary>Merges the added symbols; <see cref="First"/> and <see cref="Next"/> then walk over what is left.</summary>
    /// <param name="text">The bytes of the symbols.</param>
    /// <param name="rule">Which of them merge.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public void Merge<TRule>(ReadOnlySpan<byte> text, TRule rule, CancellationToken cancellation)
        where TRule : struct, IMergeRule
    {
        if (_count == 0)
        {
            return;
        }

        _candidates = 0;
        _symbols[_count - 1].Next = -1;
        for (int right = 1; right < _count; right++)
        {
            if (right % StepsPerLook == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            Consider(text, rule, right - 1, right);
        }

        for (int step = 1; _candidates > 0; step++)
        {
            if (step % StepsPerLook == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            Candidate best = Pop();
            ref Symbol left = ref _symbols[best.Left];
            ref Symbol right = ref _symbols[best.Right];
            // A symbol only ever grows or vanishes, so that equal lengths mean nothing has changed.
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != best.Length)
            {
                continue;
            }

            left.Length = best.Length;
            left.Id = best.Merged;
            left.Next = right.Next;
            right.Length = 0;
            if (left.Next >= 0)
            {
                _symbols[left.Next].Previous = best.Left;
                Consider(text, rule, best.Left, left.Next);
            }

            if (left.Previous >= 0)
            {
                Consider(text, rule, left.Previous, best.Left);
            }
        }
    }

    /// <summary>The first symbol, or -1 where there is none.</summary>
    public int First => _count == 0 ? -1 : 0;

    /// <summary>The symbol after <paramref name="index"/>, or -1.</summary>
    public int Next(int index) => _symbols[index].Next;

    /// <summary>A symbol's number and the bytes it covers.</summary>
    public (int Id, int Start, int Length) this[int index] => (_symbols[index].Id, _symbols[index].Start, _symbols[index].Length);

    private void Consider<TRule>(ReadOnlySpan<byte> text, TRule rule, int left, int right)
        where TRule : struct, IMergeRule
    {
        ref Symbol first = ref _symbols[left];
        ref Symbol second = ref _symbols[right];
        int length = first.Length + second.Length;
        if (rule.TryMerge(text.Slice(first.Start, length), first.Id, second.Id, out int merged, out double priority))
        {
            Push(new Candidate { Priority = priority, Left = left, Right = right, Length = length, Merged = merged });
        }
    }

    private void Push(in Candidate candidate)
    {
        if (_candidates == _heap.Length)
        {
            Array.Resize(ref _heap, 2 * _candidates);
        }

        int place = _candidates++;
        while (place > 0)
        {
            int parent = (place - 1) >> 1;
            if (!candidate.Before(_heap[parent]))
            {
                break;
            }

            _heap[place] = _heap[parent];
            place = parent;
        }

        _heap[place] = candidate;
    }

    private Candidate Pop()
    {
        Candidate best = _heap[0];
        Candidate last = _heap[--_candidates];
        int place = 0;
        while (true)
        {
            int child = (2 * place) + 1;
            if (child >= _candidates)
            {
                break;
            }

            if (child + 1 < _candidates && _heap[child + 1].Before(_heap[child]))
            {
                child++;
            }

            if (!_heap[child].Before(last))
            {
                break;
            }

            _heap[place] = _heap[child];
            place = child;
        }

        _heap[place] = last;
        return best;
    }

    private struct Symbol
    {
        public int Start;
        public int Length;
        public int Id;
        public int Previous;
        public int Next;
    }

    private struct Candidate
    {
        public double Priority;
        public int Left;
        public int Right;
        public int Length;
        public int Merged;

        public readonly bool Before(in Candidate other) =>
            Priority < other.Priority || (Priority == other.Priority && Left < other.Left);
    }
}
