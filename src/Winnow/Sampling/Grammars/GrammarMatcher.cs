using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Sampling.Grammars;

/// <summary>Follows texts through a grammar, byte by byte, and remembers where bytes led.</summary>
internal sealed class GrammarMatcher
{
    /// <summary>The most positions to remember (2 KB each, and a bit per token): beyond, all are forgotten but the current one.</summary>
    private const int MaxPositions = 4096;

    /// <summary>The most configurations of one position; only a very ambiguous grammar has so many.</summary>
    private const int MaxConfigurations = 20_000;

    /// <summary>The most stacks that may be alive: how deep rules may be open within each other.</summary>
    private const int MaxStacks = 4_000_000;

    private readonly GrammarStates _grammar;
    private readonly Dictionary<(int State, int Parent), int> _stackIds = [];
    private readonly List<(int State, int Parent)> _stacks = [];
    private readonly Dictionary<int, List<GrammarPosition>> _positions = [];
    private readonly HashSet<(int State, int Stack)> _seen = [];
    private readonly Stack<(int State, int Stack)> _open = new();
    private int _positionCount;

    public GrammarMatcher(GrammarStates grammar)
    {
        _grammar = grammar;
        Clear();
    }

    /// <summary>The position of the empty text.</summary>
    public GrammarPosition Start()
    {
        _open.Clear();
        _open.Push((_grammar.Start, 0));
        return Close();
    }

    /// <summary>The position behind one more byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public GrammarPosition Advance(GrammarPosition position, byte value)
    {
        ref GrammarPosition? next = ref position.Next[value];
        if (next is null)
        {
            _open.Clear();
            foreach ((int state, int stack) in position.Configurations)
            {
                foreach (GrammarEdge edge in _grammar.Edges[state])
                {
                    if (edge.Kind == GrammarEdgeKind.Byte && value >= edge.First && value <= edge.Last)
                    {
                        _open.Push((edge.Target, stack));
                    }
                }
            }

            next = _open.Count == 0 ? GrammarPosition.Dead : Close();
        }

        return next;
    }

    /// <summary>Keeps memory within bounds; returns the position to go on from.</summary>
    public GrammarPosition Trim(GrammarPosition current)
    {
        if (_positionCount < MaxPositions)
        {
            return current;
        }

        // The stacks of the current position move to a new table, the positions are found anew.
        (int State, int Parent)[] stacks = [.. _stacks];
        Clear();
        Dictionary<int, int> moved = new() { [0] = 0 };
        foreach ((int state, int stack) in current.Configurations)
        {
            _open.Push((state, Move(stacks, moved, stack)));
        }

        (int, int)[] configurations = [.. _open.Order()];
        _open.Clear();
        return Intern(configurations, current.IsComplete);
    }

    private int Move((int State, int Parent)[] stacks, Dictionary<int, int> moved, int stack)
    {
        Stack<int> path = new();
        while (!moved.ContainsKey(stack))
        {
            path.Push(stack);
            stack = stacks[stack].Parent;
        }

        int parent = moved[stack];
        foreach (int old in path)
        {
            parent = PushStack(stacks[old].State, parent);
            moved[old] = parent;
        }

        return parent;
    }

    private void Clear()
    {
        _positions.Clear();
        _positionCount = 0;
        _stackIds.Clear();
        _stacks.Clear();

        // Id 0 is the empty stack.
        _stacks.Add((-1, -1));
    }

    /// <summary>Follows what matches nothing from the open states, to those that a byte can follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private GrammarPosition Close()
    {
        List<(int, int)> configurations = [];
        bool isComplete = false;
        _seen.Clear();
        while (_open.TryPop(out (int State, int Stack) at))
        {
            if (!_seen.Add(at))
            {
                continue;
            }

            if (_seen.Count > MaxConfigurations)
            {
                throw new InvalidOptionException("the grammar is too ambiguous: a text can be read in too many ways at once");
            }

            if (_grammar.IsEnd[at.State])
            {
                isComplete |= at.Stack == 0;
                if (at.Stack != 0)
                {
                    _open.Push(_stacks[at.Stack]);
                }
            }

            bool takesBytes = false;
            foreach (GrammarEdge edge in _grammar.Edges[at.State])
            {
                takesBytes |= edge.Kind == GrammarEdgeKind.Byte;
                if (edge.Kind == GrammarEdgeKind.Empty)
                {
                    _open.Push((edge.Target, at.Stack));
                }
                else if (edge.Kind == GrammarEdgeKind.Call)
                {
                    // A call that nothing follows needs no way back; so a list written as right recursion does not grow the stack.
                    bool isLast = _grammar.IsEnd[edge.Target] && _grammar.Edges[edge.Target].Length == 0;
                    _open.Push((edge.Rule, isLast ? at.Stack : PushStack(edge.Target, at.Stack)));
                }
            }

            if (takesBytes)
            {
                configurations.Add(at);
            }
        }

        configurations.Sort();
        return Intern([.. configurations], isComplete);
    }

    private int PushStack(int state, int parent)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_stackIds, (state, parent), out bool exists);
        if (!exists)
        {
            if (_stacks.Count == MaxStacks)
            {
                throw new InvalidOptionException("the text nests too deeply for its grammar");
            }

            id = _stacks.Count;
            _stacks.Add((state, parent));
        }

        return id;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private GrammarPosition Intern((int State, int Stack)[] configurations, bool isComplete)
    {
        HashCode hash = default;
        hash.Add(isComplete);
        foreach ((int, int) configuration in configurations)
        {
            hash.Add(configuration);
        }

        ref List<GrammarPosition>? bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(_positions, hash.ToHashCode(), out _);
        bucket ??= [];
        foreach (GrammarPosition known in bucket)
        {
            if (known.IsComplete == isComplete && known.Configurations.AsSpan().SequenceEqual(configurations))
            {
                return known;
            }
        }

        GrammarPosition position = new(configurations, isComplete);
        bucket.Add(position);
        _positionCount++;
        return position;
    }
}
