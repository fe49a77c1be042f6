using System.Runtime.CompilerServices;
using System.Text;

namespace Winnow.Sampling.Grammars;

/// <summary>Turns rules into states and checks that they can be followed: every rule named exists, and none begins with itself.</summary>
internal sealed class GrammarCompiler
{
    /// <summary>The most states of a grammar; repetitions with large counts are what reaches it.</summary>
    private const int MaxStates = 800_000;

    /// <summary>The most edges: an alternative may add one without a state.</summary>
    private const int MaxEdges = 3_000_000;

    private readonly List<List<GrammarEdge>> _edges = [];
    private readonly Dictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly Dictionary<int, int> _ruleOfEnd = [];
    private readonly Budget _budget;
    private int _edgeCount;

    private GrammarCompiler(Budget budget)
    {
        _budget = budget;
    }

    /// <summary>Compiles rules.</summary>
    /// <param name="rules">The rules by their names.</param>
    /// <param name="root">The rule that texts begin with.</param>
    /// <param name="budget">What is charged for states and edges.</param>
    /// <param name="mustEnd">Whether what cannot be completed to a text is taken out; otherwise a grammar may go on forever, as written.</param>
    /// <exception cref="InvalidOptionException">A rule is missing or begins with itself, no text matches, or the grammar is too large.</exception>
    public static GrammarStates Compile(IReadOnlyDictionary<string, GrammarExpression> rules, string root, Budget budget, bool mustEnd)
    {
        GrammarCompiler compiler = new(budget);
        foreach (string name in rules.Keys)
        {
            compiler._starts.Add(name, compiler.AddState());
        }

        if (!compiler._starts.TryGetValue(root, out int start))
        {
            throw new InvalidOptionException($"the grammar has no rule '{root}', where texts begin");
        }

        foreach ((string name, GrammarExpression expression) in rules)
        {
            int end = compiler.AddState();
            compiler._ruleOfEnd.Add(end, compiler._starts[name]);
            compiler.Add(expression, compiler._starts[name], end);
        }

        compiler.CheckLeftRecursion();
        if (mustEnd)
        {
            compiler.RemoveDeadEnds(start);
        }

        int[] states = [.. Enumerable.Range(0, compiler._edges.Count)];
        return new GrammarStates([.. compiler._edges.Select(edges => edges.ToArray())], [.. states.Select(compiler._ruleOfEnd.ContainsKey)], start);
    }

    private int AddState()
    {
        if (_edges.Count == MaxStates)
        {
            throw new InvalidOptionException($"the grammar needs more than {MaxStates} states: its repetition counts are too large");
        }

        _budget.Charge(1);
        _edges.Add([]);
        return _edges.Count - 1;
    }

    private void AddEdge(int from, GrammarEdge edge)
    {
        if (++_edgeCount > MaxEdges)
        {
            throw new InvalidOptionException($"the grammar needs more than {MaxEdges} transitions: its alternatives or repetition counts are too many");
        }

        _budget.Charge(1);
        _edges[from].Add(edge);
    }

    private void Add(GrammarExpression expression, int from, int to)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new InvalidOptionException("the grammar nests too deeply");
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
                    : throw GbnfParser.At(rule.Line, rule.Column, $"no rule is named '{Quoted.Cut(rule.Name)}'");
                AddEdge(from, new GrammarEdge(GrammarEdgeKind.Call, to, Rule: start));
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
            AddEdge(from, new GrammarEdge(GrammarEdgeKind.Byte, next, sequence[i].First, sequence[i].Last));
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

    private void AddEmpty(int from, int to) => AddEdge(from, new GrammarEdge(GrammarEdgeKind.Empty, to));

    /// <summary>Refuses rules that can call themselves before they match anything: following them would never end.</summary>
    private void CheckLeftRecursion()
    {
        HashSet<int> nullable = FindNullable();
        Dictionary<int, int[]> firstCalls = [];
        foreach (int start in _starts.Values)
        {
            firstCalls[start] = [.. Reach(start, nullable).SelectMany(state => _edges[state])
                .Where(edge => edge.Kind == GrammarEdgeKind.Call).Select(edge => edge.Rule).Distinct()];
        }

        // A walk in depth that meets a rule it is inside of has found a circle.
        Dictionary<int, bool> isDone = [];
        Stack<(int Rule, int Next)> path = new();
        foreach ((string name, int start) in _starts)
        {
            if (!isDone.TryAdd(start, false))
            {
                continue;
            }

            path.Push((start, 0));
            while (path.TryPop(out (int Rule, int Next) at))
            {
                _budget.Charge(1);
                int[] calls = firstCalls[at.Rule];
                if (at.Next == calls.Length)
                {
                    isDone[at.Rule] = true;
                    continue;
                }

                path.Push((at.Rule, at.Next + 1));
                int called = calls[at.Next];
                if (isDone.TryAdd(called, false))
                {
                    path.Push((called, 0));
                }
                else if (!isDone[called])
                {
                    string circular = _starts.First(rule => rule.Value == called).Key;
                    throw new InvalidOptionException($"the rule '{Quoted.Cut(circular)}' begins with itself: write it with a repetition or with itself at the end");
                }
            }
        }
    }

    /// <summary>The start states of the rules that match the empty text.</summary>
    private HashSet<int> FindNullable()
    {
        // States reached from a rule's start without matching anything; a call that may match nothing goes on when its rule is found to.
        HashSet<int> nullable = [];
        Dictionary<int, List<(int Rule, int Target)>> waiting = [];
        HashSet<(int Rule, int State)> reached = [];
        Stack<(int Rule, int State)> open = new();
        foreach (int start in _starts.Values)
        {
            Enter((start, start));
        }

        while (open.TryPop(out (int Rule, int State) at))
        {
            _budget.Charge(1);
            if (_ruleOfEnd.ContainsKey(at.State) && nullable.Add(at.Rule) && waiting.Remove(at.Rule, out List<(int Rule, int Target)>? callers))
            {
                callers.ForEach(caller => Enter(caller));
            }

            foreach (GrammarEdge edge in _edges[at.State])
            {
                if (edge.Kind == GrammarEdgeKind.Empty || (edge.Kind == GrammarEdgeKind.Call && nullable.Contains(edge.Rule)))
                {
                    Enter((at.Rule, edge.Target));
                }
                else if (edge.Kind == GrammarEdgeKind.Call)
                {
                    (waiting.TryGetValue(edge.Rule, out List<(int Rule, int Target)>? known) ? known : waiting[edge.Rule] = []).Add((at.Rule, edge.Target));
                }
            }
        }

        return nullable;

        void Enter((int Rule, int State) at)
        {
            if (reached.Add(at))
            {
                open.Push(at);
            }
        }
    }

    /// <summary>The states that are reached without matching anything.</summary>
    private HashSet<int> Reach(int start, HashSet<int> nullable)
    {
        HashSet<int> reached = [start];
        Stack<int> open = new([start]);
        while (open.TryPop(out int state))
        {
            _budget.Charge(1);
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

    /// <summary>Takes out edges behind which no text can be completed, so that no answer is led there.</summary>
    private void RemoveDeadEnds(int root)
    {
        // From the ends of rules backwards: an edge leads on if its target does and, for a call, if the rule can be left again.
        bool[] leadsOn = new bool[_edges.Count];
        int[] firstInto = new int[_edges.Count + 1];
        Dictionary<int, List<(int Source, int Target)>> calls = [];
        foreach (GrammarEdge edge in _edges.SelectMany(edges => edges))
        {
            firstInto[edge.Target + 1]++;
        }

        for (int state = 0; state < _edges.Count; state++)
        {
            firstInto[state + 1] += firstInto[state];
        }

        (int Source, int Rule)[] into = new (int, int)[_edgeCount];
        int[] nextInto = firstInto[..^1];
        for (int state = 0; state < _edges.Count; state++)
        {
            foreach (GrammarEdge edge in _edges[state])
            {
                into[nextInto[edge.Target]++] = (state, edge.Kind == GrammarEdgeKind.Call ? edge.Rule : -1);
                if (edge.Kind == GrammarEdgeKind.Call)
                {
                    (calls.TryGetValue(edge.Rule, out List<(int, int)>? known) ? known : calls[edge.Rule] = []).Add((state, edge.Target));
                }
            }
        }

        Stack<int> open = new();
        foreach (int end in _ruleOfEnd.Keys)
        {
            Enter(end);
        }

        while (open.TryPop(out int state))
        {
            _budget.Charge(1);
            foreach ((int source, int rule) in into.AsSpan(firstInto[state]..firstInto[state + 1]))
            {
                if (rule < 0 || leadsOn[rule])
                {
                    Enter(source);
                }
            }

            foreach ((int source, int target) in calls.GetValueOrDefault(state) ?? [])
            {
                if (leadsOn[target])
                {
                    Enter(source);
                }
            }
        }

        if (!leadsOn[root])
        {
            throw new InvalidOptionException("no text matches the grammar: its rules lead back to themselves, or to nothing");
        }

        foreach (List<GrammarEdge> edges in _edges)
        {
            edges.RemoveAll(edge => !leadsOn[edge.Target] || (edge.Kind == GrammarEdgeKind.Call && !leadsOn[edge.Rule]));
        }

        void Enter(int state)
        {
            if (!leadsOn[state])
            {
                leadsOn[state] = true;
                open.Push(state);
            }
        }
    }
}
