using System.Text;
using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>
/// How a decode method came to its state, so that it can go back with the sequence: which tokens were read as what, and marks
/// of the state now and then. Back at a mark, the tokens up to the wanted length are read again; all methods are
/// deterministic, so the state is then the one that the session had there, bit for bit.
/// </summary>
/// <remarks>
/// Marks lie closely behind the newest token and ever farther apart before it. All of them together take at most an eighth of
/// what the tokens' keys and values take in f16, or the size of two where that is more. Their memory is used again.
/// </remarks>
internal sealed class MethodHistory
{
    private const int MostMarks = 16;

    /// <summary>Decode steps from one mark to the next: as many are repeated at most to go back a little.</summary>
    private const int StepsPerMark = 32;

    /// <summary>A mark between a prompt and an answer is missed so many times as much as others: to come back to it is common, and to make it again costs a prompt's end.</summary>
    private const int BorderWeight = 16;

    /// <summary>What marks may take, as a part of keys and values.</summary>
    private const int KvPart = 8;

    /// <summary>Marks that are never too many: the empty one at the start, and two others.</summary>
    private const int FewestMarks = 3;

    private readonly DecodeMethod _method;
    private readonly long _tokenBytes;
    private readonly List<Run> _runs = [];
    private readonly List<Mark> _marks = [];
    private readonly Stack<Mark> _spare = [];
    private int _end;
    private int _step;

    /// <summary>Whether the state is an older one than it should be, until the end of a prompt that forgets it: not worth a mark.</summary>
    private bool _isAstray;

    /// <param name="method">A method with state, in which nothing has been observed yet.</param>
    /// <param name="layers">The model's layers.</param>
    public MethodHistory(DecodeMethod method, AttentionLayers layers)
    {
        _method = method;
        _tokenBytes = layers.Shapes.Sum(shape => 2L * sizeof(short) * shape.KvHeads * shape.HeadDimension);
        SetMark(0);
    }

    private enum RunKind
    {
        Prompt,
        Decode,

        /// <summary>Rows of the cache that the method was not told about.</summary>
        Unseen,
    }

    /// <summary>Bytes that the marks take.</summary>
    public long SizeBytes => _marks.Sum(mark => mark.CapacityBytes) + _spare.Sum(mark => mark.CapacityBytes);

    /// <summary>A forward pass begins.</summary>
    /// <param name="phase">What it computes.</param>
    /// <param name="position">The position of its first token.</param>
    /// <param name="tokens">How many it reads.</param>
    /// <returns>Decode steps since the last prompt, this one included.</returns>
    public int Begin(AttentionPhase phase, int position, int tokens)
    {
        if (position < _end)
        {
            // A pass that failed has left its layers in disorder.
            Rollback(position, promptFollows: false);
        }

        if (position > _end)
        {
            BeginRun(RunKind.Unseen, _end, isChanging: false);
        }

        RunKind kind = phase == AttentionPhase.Decode ? RunKind.Decode : RunKind.Prompt;
        if (_runs.Count == 0 || _runs[^1].Kind != kind || _runs[^1].IsEnded)
        {
            BeginRun(kind, position, kind == RunKind.Decode ? _method.ChangesWithSteps : _method.ChangesWithPromptTokens);
        }
        else if (_runs[^1].IsChanging && (kind == RunKind.Prompt || position - _marks[^1].Position >= StepsPerMark))
        {
            SetMark(position);
        }

        _end = position + tokens;
        if (phase == AttentionPhase.PromptEnd)
        {
            _runs[^1] = _runs[^1] with { IsEnded = true };
            _step = 0;
            _isAstray = false;
        }
        else if (phase == AttentionPhase.Decode)
        {
            _step++;
        }

        return _step;
    }

    /// <summary>Brings the method back to where it stood when the sequence had a length, or before that.</summary>
    /// <param name="length">What is left of the sequence.</param>
    /// <param name="promptFollows">Whether a prompt is read next, and to its end: some methods forget everything there.</param>
    /// <returns>What must be read again to arrive at the length; the method stands at the first of these passes.</returns>
    public IReadOnlyList<AttentionPass> Rollback(int length, bool promptFollows)
    {
        if (length >= _end)
        {
            return [];
        }

        Run run = _runs.Last(run => run.First <= length);
        int wanted = run.IsChanging ? length : run.First;
        int index = _marks.FindLastIndex(mark => mark.Position <= wanted);
        Mark mark = _marks[index];
        bool arrives = mark.Position == wanted || (promptFollows && _method.ForgetsAtPromptEnd);
        int position = arrives ? length : mark.Position;
        List<AttentionPass> passes = PassesBetween(position, length);

        Return(mark, arrives && run.Kind == RunKind.Prompt ? length - mark.Position : 0);
        _step = mark.Step;
        _isAstray = arrives && mark.Position != wanted;
        for (int i = _marks.Count - 1; i > index; i--)
        {
            RemoveMark(i);
        }

        Cut(position);
        return passes;
    }

    /// <summary>Writes the history and the method's state.</summary>
    /// <param name="target">Where they go.</param>
    /// <param name="length">Tokens that the session holds: fewer than were begun if a pass has failed.</param>
    public void Save(StateBuffer target, int length)
    {
        Rollback(length, promptFollows: false);
        target.Write<byte>(Key());
        target.Write(_end);
        target.Write(_step);
        target.Write(_runs.Count);
        foreach (Run run in _runs)
        {
            target.Write((int)run.Kind);
            target.Write(run.First);
            target.Write(run.IsChanging ? 1 : 0);
            target.Write(run.IsEnded ? 1 : 0);
        }

        target.Write(_marks.Count);
        foreach (Mark mark in _marks)
        {
            mark.Save(target);
        }

        Mark now = new() { Position = _end, Step = _step };
        now.Take(_method);
        now.Save(target);
        now.Dispose();
        _method.Save(target);
    }

    /// <summary>Takes over a history and the method's state, if they are of such a method.</summary>
    /// <param name="state">What <see cref="Save"/> wrote.</param>
    /// <param name="length">Tokens of the saved session.</param>
    /// <exception cref="InvalidDataException">The state is damaged; this history and its method are of no use any more.</exception>
    public void Load(ReadOnlySpan<byte> state, int length)
    {
        byte[] key = Key();
        if (state.StartsWith(key))
        {
            StateReader source = new(state[key.Length..]);
            Read(ref source, length);
        }
    }

    /// <summary>Takes over what another session's method knows, if it is of the same kind and has the same settings.</summary>
    /// <param name="other">The other session's history.</param>
    /// <param name="length">Tokens that it holds: fewer than were begun if a pass has failed.</param>
    public void CopyFrom(MethodHistory other, int length)
    {
        other.Rollback(length, promptFollows: false);
        if (other._method.StateKey != _method.StateKey)
        {
            return;
        }

        _method.CopyFrom(other._method);
        _runs.AddRange(other._runs);
        foreach (Mark mark in other._marks.Skip(1))
        {
            AddMark(mark.Position, mark.Step).CopyFrom(mark, _method);
        }

        Mark now = new() { Position = other._end, Step = other._step };
        now.Take(other._method);
        Return(now, promptTokens: 0);
        now.Dispose();
        _end = other._end;
        _step = other._step;
        _isAstray = other._isAstray;
    }

    /// <summary>What a saved state of such a method begins with; the number is that of the layout of what follows.</summary>
    private byte[] Key() => Encoding.UTF8.GetBytes($"{_method.StateKey}\n2\n");

    private void Read(ref StateReader source, int length)
    {
        int end = source.ReadInt32();
        int step = source.ReadInt32();
        int runs = source.ReadCount(4 * sizeof(int));
        for (int i = 0; i < runs; i++)
        {
            Run run = new((RunKind)source.ReadInt32(), source.ReadInt32(), source.ReadInt32() != 0, source.ReadInt32() != 0);
            Require(run.First < end && (i == 0 ? run.First == 0 : run.First > _runs[^1].First));
            _runs.Add(run);
        }

        Require(end == 0 || runs > 0);
        Require(end >= 0 && end <= length);
        int marks = source.ReadCount(4 * sizeof(int));
        for (int i = 0; i < marks; i++)
        {
            int position = source.ReadInt32();
            int markStep = source.ReadInt32();
            Require(i == 0 ? position == 0 : position > _marks[^1].Position && position <= end);
            (i == 0 ? _marks[0] : AddMark(position, markStep)).Load(ref source, _method);
        }

        Mark now = new() { Position = source.ReadInt32(), Step = source.ReadInt32() };
        Require(marks > 0 && now.Position == end);
        now.Load(ref source, _method);
        StateReader kept = source;
        _method.Load(ref source, end);
        Return(now, promptTokens: 0);
        CheckMarks(kept, end);
        now.Dispose();
        _end = end;
        _step = step;
    }

    /// <summary>
    /// Goes back to every mark with a method that nobody needs: one that cannot be gone back to would be noticed in the middle of a
    /// conversation otherwise.
    /// </summary>
    /// <param name="kept">What the method keeps of every token.</param>
    /// <param name="end">Tokens that it has seen.</param>
    private void CheckMarks(StateReader kept, int end)
    {
        DecodeMethod probe = _method.CreateAnew();
        probe.Load(ref kept, end);
        for (int i = _marks.Count - 1; i >= 0; i--)
        {
            _marks[i].GiveBack(probe);
            probe.Return(_marks[i].Host.Bytes, _marks[i].Position, promptTokens: 0);
        }
    }

    private static void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidDataException("the history of an attention method contradicts itself");
        }
    }

    /// <summary>The method comes back to a mark.</summary>
    private void Return(Mark mark, int promptTokens)
    {
        mark.GiveBack(_method);
        _method.Return(mark.Host.Bytes, mark.Position, promptTokens);
    }

    private List<AttentionPass> PassesBetween(int position, int length)
    {
        List<AttentionPass> passes = [];
        for (int i = 0; i < _runs.Count; i++)
        {
            int first = Math.Max(position, _runs[i].First);
            int runEnd = i + 1 < _runs.Count ? _runs[i + 1].First : _end;
            int end = Math.Min(runEnd, length);
            if (first < end)
            {
                AttentionPhase phase = _runs[i].Kind == RunKind.Decode ? AttentionPhase.Decode
                    : _runs[i].IsEnded && end == runEnd ? AttentionPhase.PromptEnd : AttentionPhase.Prompt;
                passes.Add(new AttentionPass(first, end - first, phase));
            }
        }

        return passes;
    }

    /// <summary>Forgets what was read from a position on.</summary>
    private void Cut(int position)
    {
        int end = _end;
        while (_runs.Count > 0 && _runs[^1].First >= position)
        {
            end = _runs[^1].First;
            _runs.RemoveAt(_runs.Count - 1);
        }

        if (_runs.Count > 0 && position < end)
        {
            _runs[^1] = _runs[^1] with { IsEnded = false };
        }

        _end = position;
    }

    private void BeginRun(RunKind kind, int first, bool isChanging)
    {
        SetMark(first);
        _runs.Add(new Run(kind, first, isChanging, IsEnded: false));
    }

    private void SetMark(int position)
    {
        if (_isAstray || (_marks.Count > 0 && _marks[^1].Position == position))
        {
            return;
        }

        AddMark(position, _step).Take(_method);
        while (_marks.Count > FewestMarks && (_marks.Count > MostMarks || MarkedBytes() > position * _tokenBytes / KvPart))
        {
            RemoveMark(LeastMissed(position));
        }
    }

    private bool IsBorder(int position)
    {
        int i = _runs.Count - 1;
        while (i >= 0 && _runs[i].First > position)
        {
            i--;
        }

        return i >= 0 && _runs[i].First == position;
    }

    private long MarkedBytes()
    {
        long bytes = 0;
        foreach (Mark mark in _marks)
        {
            bytes += mark.SizeBytes;
        }

        return bytes;
    }

    /// <summary>The mark without which the gap between its neighbours is smallest, compared with how far one must go back to fall into it.</summary>
    private int LeastMissed(int position)
    {
        int least = 1;
        double smallest = double.MaxValue;
        for (int i = 1; i < _marks.Count - 1; i++)
        {
            int before = _marks[i - 1].Position;
            double gap = (IsBorder(_marks[i].Position) ? BorderWeight : 1) * (double)(_marks[i + 1].Position - before) / (position - before);
            if (gap < smallest)
            {
                (least, smallest) = (i, gap);
            }
        }

        return least;
    }

    private Mark AddMark(int position, int step)
    {
        Mark mark = _spare.TryPop(out Mark? spare) ? spare : new Mark();
        mark.Position = position;
        mark.Step = step;
        _marks.Add(mark);
        return mark;
    }

    private void RemoveMark(int index)
    {
        _spare.Push(_marks[index]);
        _marks.RemoveAt(index);
    }

    /// <summary>Tokens that were read in the same way, one after the other.</summary>
    /// <param name="Kind">In which way.</param>
    /// <param name="First">The position of the first one.</param>
    /// <param name="IsChanging">Whether each of them changes the method's state; otherwise it is the same all the way, up to the end of a prompt.</param>
    /// <param name="IsEnded">Whether a prompt ends with the run.</param>
    private readonly record struct Run(RunKind Kind, int First, bool IsChanging, bool IsEnded);

    /// <summary>The method's state where the sequence had a length: numbers that the host knows, and copies on the device, which no mark waits for.</summary>
    private sealed class Mark : IDisposable
    {
        private SelectionState[] _copies = [];
        private bool _hasCopies;

        public int Position { get; set; }

        /// <summary>Decode steps since the last prompt.</summary>
        public int Step { get; set; }

        public StateBuffer Host { get; } = new();

        /// <summary>Bytes that the state takes.</summary>
        public long SizeBytes => Host.Bytes.Length + CopyBytes();

        /// <summary>Bytes of memory that the mark takes.</summary>
        public long CapacityBytes => Host.Capacity + CopyBytes();

        /// <summary>Becomes the state that a method has now.</summary>
        public void Take(DecodeMethod method)
        {
            Host.Clear();
            method.Mark(Host);
            _hasCopies = method.MarksStates;
            for (int i = 0; _hasCopies && i < method.States.Count; i++)
            {
                CopyOf(i, method).CopyFrom(method.States[i]);
            }
        }

        /// <summary>Becomes what a mark of another method of the same kind is.</summary>
        public void CopyFrom(Mark other, DecodeMethod method)
        {
            Host.Clear();
            Host.Write(other.Host.Bytes);
            _hasCopies = other._hasCopies;
            for (int i = 0; _hasCopies && i < method.States.Count; i++)
            {
                CopyOf(i, method).CopyFrom(other._copies[i]);
            }
        }

        /// <summary>Gives the device's part back to a method.</summary>
        public void GiveBack(DecodeMethod method)
        {
            for (int i = 0; _hasCopies && i < method.States.Count; i++)
            {
                method.States[i].CopyFrom(_copies[i]);
            }
        }

        public void Save(StateBuffer target)
        {
            target.Write(Position);
            target.Write(Step);
            target.Write(Host.Bytes.Length);
            target.Write(Host.Bytes);
            target.Write(_hasCopies ? 1 : 0);
            for (int i = 0; _hasCopies && i < _copies.Length; i++)
            {
                _copies[i].Save(target);
            }
        }

        /// <summary>Reads back what <see cref="Save"/> wrote behind position and step.</summary>
        public void Load(ref StateReader source, DecodeMethod method)
        {
            Host.Clear();
            Host.Write(source.Take(source.ReadCount(sizeof(byte))));
            _hasCopies = source.ReadInt32() != 0;
            for (int i = 0; _hasCopies && i < method.States.Count; i++)
            {
                CopyOf(i, method).Load(ref source, Position);
            }
        }

        public void Dispose()
        {
            foreach (SelectionState copy in _copies)
            {
                copy.Dispose();
            }
        }

        private SelectionState CopyOf(int index, DecodeMethod method)
        {
            if (_copies.Length == 0)
            {
                _copies = [.. method.States.Select(state => state.CreateLike())];
            }

            return _copies[index];
        }

        private long CopyBytes()
        {
            long bytes = 0;
            foreach (SelectionState copy in _hasCopies ? _copies : [])
            {
                bytes += copy.SizeBytes;
            }

            return bytes;
        }
    }
}
