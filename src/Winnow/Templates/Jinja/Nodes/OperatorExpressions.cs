namespace Winnow.Templates.Jinja.Nodes;

internal enum BinaryOperator
{
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

internal enum Comparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

internal sealed class BinaryExpression(int line, BinaryOperator operation, Expression left, Expression right) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        object? first = left.Evaluate(scope);
        object? second = right.Evaluate(scope);
        return scope.Runtime.Calculate(operation, first, second);
    }
}

/// <summary><c>-x</c> or <c>+x</c>.</summary>
internal sealed class SignExpression(int line, bool negative, Expression operand) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        return Runtime.Sign(negative, operand.Evaluate(scope));
    }
}

/// <summary><c>a ~ b</c>: the texts of both, one behind the other.</summary>
internal sealed class ConcatenationExpression(int line, Expression[] parts) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        string[] texts = new string[parts.Length];
        long length = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            texts[i] = scope.Runtime.ToText(parts[i].Evaluate(scope));
            length += texts[i].Length;
        }

        scope.Runtime.ChargeText(length);
        return scope.Runtime.Concat(texts);
    }
}

/// <summary><c>a &lt; b &lt;= c</c>: every neighbouring pair must hold; what follows a failed one is not evaluated.</summary>
internal sealed class ComparisonExpression(int line, Expression first, (Comparison Operation, Expression Operand)[] rest) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        object? left = first.Evaluate(scope);
        foreach ((Comparison operation, Expression operand) in rest)
        {
            object? right = operand.Evaluate(scope);
            if (!scope.Runtime.Compare(operation, left, right))
            {
                return false;
            }

            left = right;
        }

        return true;
    }
}

internal sealed class NotExpression(int line, Expression operand) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        return !Runtime.IsTrue(operand.Evaluate(scope));
    }
}

/// <summary><c>a and b</c>, <c>a or b</c>: the value of the operand that decides.</summary>
internal sealed class LogicalExpression(int line, bool isOr, Expression left, Expression right) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        object? first = left.Evaluate(scope);
        return Runtime.IsTrue(first) == isOr ? first : right.Evaluate(scope);
    }
}

/// <summary><c>a if condition else b</c></summary>
internal sealed class ConditionalExpression(int line, Expression condition, Expression then, Expression? otherwise) : Expression(line)
{
    public override object? Evaluate(Scope scope)
    {
        scope.Runtime.Step(Line);
        return Runtime.IsTrue(condition.Evaluate(scope)) ? then.Evaluate(scope)
            : otherwise is not null ? otherwise.Evaluate(scope)
            : new Values.Undefined("the inline if-expression evaluated to false and no else section was defined.");
    }
}
