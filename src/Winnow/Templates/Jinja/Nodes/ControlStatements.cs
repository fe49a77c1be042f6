using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Nodes;

/// <summary><c>{% if … %}…{% elif … %}…{% else %}…{% endif %}</c>; its branches share the scope around it.</summary>
internal sealed class IfStatement(int line, (Expression Condition, Statement[] Body)[] branches, Statement[] otherwise) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        foreach ((Expression condition, Statement[] body) in branches)
        {
            if (Runtime.IsTrue(condition.Evaluate(scope)))
            {
                return Execute(body, scope);
            }
        }

        return Execute(otherwise, scope);
    }
}

/// <summary><c>{% break %}</c> or <c>{% continue %}</c></summary>
internal sealed class LoopControlStatement(int line, Flow flow) : Statement(line)
{
    public override Flow Execute(Scope scope) => flow;
}

/// <summary>What to do for each item: <c>{% for target in items if condition recursive %}…{% else %}…{% endfor %}</c></summary>
internal sealed class ForStatement : Statement
{
    /// <summary>What a pass costs beside its statements: it has a scope and variables of its own, 300 bytes.</summary>
    private const int PassSteps = 6;

    private readonly Expression _items;
    private readonly Target _target;
    private readonly Block _body;

    public ForStatement(int line, Target target, Expression items, Block body)
        : base(line)
    {
        _target = target;
        _items = items;
        _body = body;
    }

    public Expression? Condition { get; init; }

    /// <summary>The scope in which <see cref="Condition"/> is evaluated; it has the item, but no <c>loop</c>.</summary>
    public Block? ConditionScope { get; init; }

    public Block? Otherwise { get; init; }

    public bool IsRecursive { get; init; }

    public override Flow Execute(Scope scope) => Run(scope, _items.Evaluate(scope), 0);

    /// <summary>Runs the loop over the items that a recursive loop passes to <c>loop(…)</c>; returns what it writes.</summary>
    public string Recurse(Scope scope, object? items, int depth)
    {
        TextBuilder outer = scope.Runtime.BeginCapture();
        scope.Runtime.EnterCall();
        try
        {
            Run(scope, items, depth);
            return scope.Runtime.EndText();
        }
        finally
        {
            scope.Runtime.LeaveCall();
            scope.Runtime.EndCapture(outer);
        }
    }

    private Flow Run(Scope scope, object? items, int depth)
    {
        IEnumerable<object?> source = scope.Runtime.Iterate(items);
        int? count = Condition is null ? Runtime.TryCount(items) : null;
        if (Condition is not null)
        {
            source = Select(scope, source);
        }

        using LoopVariable loop = new(scope.Runtime, source.GetEnumerator(), count, depth, IsRecursive ? (this, scope) : null);
        bool isEmpty = true;
        while (loop.MoveNext())
        {
            isEmpty = false;
            scope.Runtime.Step(Line);
            scope.Runtime.Charge(PassSteps);
            Scope iteration = _body.Open(scope);
            iteration.Set("loop", loop);
            _target.Assign(iteration, loop.Current);
            if (Execute(_body.Statements, iteration) == Flow.Break)
            {
                return Flow.Next;
            }
        }

        if (isEmpty && Otherwise is not null)
        {
            return Execute(Otherwise.Statements, Otherwise.Open(scope));
        }

        return Flow.Next;
    }

    private IEnumerable<object?> Select(Scope scope, IEnumerable<object?> source)
    {
        foreach (object? item in source)
        {
            scope.Runtime.Step(Line);
            Scope test = ConditionScope!.Open(scope);
            _target.Assign(test, item);
            if (Runtime.IsTrue(Condition!.Evaluate(test)))
            {
                yield return item;
            }
        }
    }
}
