namespace Winnow.Templates.Jinja.Nodes;

/// <summary><c>{% set target = value %}</c></summary>
internal sealed class SetStatement(int line, Target target, Expression value) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        target.Assign(scope, value.Evaluate(scope));
        return Flow.Next;
    }
}

/// <summary><c>{% set target | filter %}…{% endset %}</c></summary>
internal sealed class SetBlockStatement(int line, Target target, FilterExpression? filter, Block body) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        Scope inner = body.Open(scope);
        Flow flow = body.Capture(inner, out string text);
        if (flow == Flow.Next)
        {
            target.Assign(scope, filter is null ? text : filter.Evaluate(inner, text));
        }

        return flow;
    }
}

/// <summary><c>{% filter name %}…{% endfilter %}</c></summary>
internal sealed class FilterStatement(int line, FilterExpression filter, Block body) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        Scope inner = body.Open(scope);
        Flow flow = body.Capture(inner, out string text);
        if (flow == Flow.Next)
        {
            scope.Runtime.Write(scope.Runtime.ToText(filter.Evaluate(inner, text)));
        }

        return flow;
    }
}

/// <summary><c>{% with name = value, … %}…{% endwith %}</c></summary>
internal sealed class WithStatement(int line, (Target Target, Expression Value)[] variables, Block body) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        Scope inner = body.Open(scope);
        foreach ((Target target, Expression value) in variables)
        {
            target.Assign(inner, value.Evaluate(scope));
        }

        return Execute(body.Statements, inner);
    }
}

/// <summary><c>{% generation %}…{% endgeneration %}</c>: marks the assistant's tokens for training; here it is a scope of its own.</summary>
internal sealed class GenerationStatement(int line, Block body) : Statement(line)
{
    public override Flow Execute(Scope scope) => Execute(body.Statements, body.Open(scope));
}
