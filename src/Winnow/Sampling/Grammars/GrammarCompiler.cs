using System.Runtime.CompilerServices;
using System.Text;

namespace Winnow.Sampling.Grammars;

/// <summary>Turns rules into states and checks that they can be followed: every rule named exists, and none begins with itself.</summary>
internal sealed class GrammarCompiler
{
    /// <summary>The most states of a grammar; repetitions with large counts are what reaches it.</summary>
    private const int MaxStates = 1_000_000;

    private readonly List<List<GrammarEdge>> _edges = [];
    private readonly Dictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly HashSet<int> _ends = [];

    public static GrammarStates Compile(IReadOnlyDictionary<string, GrammarExpression> rules, string root)
    {
        GrammarCompiler compiler = new();
        foreach (string name in rules.Keys)
        {
            compiler._starts.Add(name, compiler.AddState());
        }

        if (!compiler._starts.TryGetValue(root, out int start))
        {
            throw new GrammarException($"the grammar has no rule '{root}', where texts begin");
        }

        foreach ((string name, GrammarExpression expression) in rules)
        {
            int end = compiler.AddState();
            compiler._ends.Add(end);
            compiler.Add(expression, compiler._starts[name], end);
        }

        compiler.CheckLeftRecursion();
        int[] states = [.. Enumerable.Range(0, compiler._edges.Count)];
        return new GrammarStates([.. compiler._edges.Select(edges => edges.ToArray())], [.. states.Select(compiler._ends.Contains)], start);
    }

    private int AddState()
    {
        if (_edges.Count == MaxStates)
        {
            throw new GrammarException($"the grammar needs more than {MaxStates} states: its repetition counts are too large");
        }

        _edges.Add([]);
        return _edges.Count - 1;
    }

    private void Add(GrammarExpression expression, int from, int to)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new GrammarException("the grammar nests too deeply");
        }

        switch (expression)
        {
            case LiteralExpression literal:
                AddBytes(from, to, [.. Encoding.UTF8.GetBytes(literal.Value).Select(unit => (unit, unit))]);
                break;
            case ClassExpression { Set: var set }:
                foreach ((byte, byte)[] sequence in set.Ranges.SelectMany(range => Utf8Ranges.Split(range.First, range.Last)))
                {
                    AddBytes(from, to, sequence);
                }

                break;
            case RuleExpression rule:
                int start = _starts.TryGetValue(rule.Name, out int known) ? known
                    : throw new GrammarException(rule.Line, rule.Column, $"no rule is named '{rule.Name}'");
                _edges[from].Add(new GrammarEdge(GrammarEdgeKind.Call, to, Rule: start));
                break;
            case SequenceExpression sequence:
                AddSequence(sequence.Items, from, to);
                break;
            case ChoiceExpression choice:
                foreach (GrammarExpression item in choice.Items)
                {
                    Add(item, from, to);
                }

                break;
            case RepetitionExpression repetition:
                AddRepetition(repetition, from, to);
                break;
        }
    }

    private void AddBytes(int from, int to, (byte First, byte Last)[] sequence)
    {
        for (int i = 0; i < sequence.Length; i++)
        {
            int next = i == sequence.Length - 1 ? to : AddState();
            _edges[from].Add(new GrammarEdge(GrammarEdgeKind.Byte, next, sequence[i].First, sequence[i].Last));
            from = next;
        }

        if (sequence.Length == 0)
        {
            AddEmpty(from, to);
        }
    }

    private void AddSequence(IReadOnlyList<GrammarExpression> items, int from, int to)
    {
        for (int i = 0; i < items.Count; i++)
        {
            int next = i == items.Count - 1 ? to : AddState();
            Add(items[i], from, next);
            from = next;
        }

        if (items.Count == 0)
        {
            AddEmpty(from, to);
        }
    }

    private void AddRepetition(RepetitionExpression repetition, int from, int to)
    {
        for (int i = 0; i < repetition.Minimum; i++)
        {
            from = AddCopy(repetition.Item, from);
        }

        if (repetition.Maximum is not { } maximum)
        {
            // A state of its own, so that the loop cannot be entered from what else begins or ends here.
            int loop = AddState();
            AddEmpty(from, loop);
            Add(repetition.Item, loop, loop);
            AddEmpty(loop, to);
            return;
        }

        for (int i = repetition.Minimum; i < maximum; i++)
        {
            AddEmpty(from, to);
            from = AddCopy(repetition.Item, from);
        }

        AddEmpty(from, to);
    }

    private int AddCopy(GrammarExpression item, int from)
    {
        int next = AddState();
        Add(item, from, next);
        return next;
    }

    private void AddEmpty(int from, int to) => _edges[from].Add(new GrammarEdge(GrammarEdgeKind.Empty, to));

    /// <summary>Refuses rules that can call themselves before they match anything: following them would never end.</summary>
    private void CheckLeftRecursion()
    {
        HashSet<int> nullable = FindNullable();
        Dictionary<int, HashSet<int>> firstCalls = [];
        foreach (int start in _starts.Values)
        {
            firstCalls[start] = [.. Reach(start, nullable).SelectMany(state => _edges[state])
                .Where(edge => edge.Kind == GrammarEdgeKind.Call).Select(edge => edge.Rule)];
        }

        HashSet<int> done = [];
        foreach ((string name, int start) in _starts)
        {
            HashSet<int> reached = [];
            Stack<int> open = new(firstCalls[start]);
            while (open.TryPop(out int rule))
            {
                if (rule == start)
                {
                    throw new GrammarException($"the rule '{name}' begins with itself: write it with a repetition or with itself at the end");
                }

                if (!done.Contains(rule) && reached.Add(rule))
                {
                    foreach (int next in firstCalls[rule])
                    {
                        open.Push(next);
                    }
                }
            }

            done.Add(start);
        }
    }

    /// <summary>The start states of the rules that match the empty text.</summary>
    private HashSet<int> FindNullable()
    {
        HashSet<int> nullable = [];
        int before;
        do
        {
            before = nullable.Count;
            foreach (int start in _starts.Values)
            {
                if (!nullable.Contains(start) && Reach(start, nullable).Any(_ends.Contains))
                {
                    nullable.Add(start);
                }
            }
        }
        while (nullable.Count > before);
        return nullable;
    }

    /// <summary>The states that are reached without matching anything.</summary>
    private HashSet<int> Reach(int start, HashSet<int> nullable)
    {
        HashSet<int> reached = [start];
        Stack<int> open = new([start]);
        while (open.TryPop(out int state))
        {
            foreach (GrammarEdge edge in _edges[state])
            {
                bool isEmpty = edge.Kind == GrammarEdgeKind.Empty || (edge.Kind == GrammarEdgeKind.Call && nullable.Contains(edge.Rule));
                if (isEmpty && reached.Add(edge.Target))
                {
                    open.Push(edge.Target);
                }
            }
        }

        return reached;
    }
}
