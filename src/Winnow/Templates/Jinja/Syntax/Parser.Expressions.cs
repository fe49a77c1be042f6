using System.Runtime.CompilerServices;
using Winnow.Templates.Jinja.Library;
using Winnow.Templates.Jinja.Nodes;

namespace Winnow.Templates.Jinja.Syntax;

/// <summary>Expressions, from the loosest binding to the tightest: if, or, and, not, comparison, + -, ~, * / // %, **, sign, postfix.</summary>
internal sealed partial class Parser
{
    private Expression ParseExpression(bool withCondition = true)
    {
        CheckDepth();
        return withCondition ? ParseConditional() : ParseOr();
    }

    /// <summary>One expression, or several between commas, which make a tuple.</summary>
    private Expression ParseTuple(bool withCondition = true, string? end = null, bool inParentheses = false)
    {
        int line = Current.Line;
        List<Expression> items = [];
        bool isTuple = false;
        while (!IsTupleEnd(end))
        {
            items.Add(ParseExpression(withCondition));
            if (!SkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        return isTuple || (items.Count == 0 && inParentheses) ? new TupleExpression(line, [.. items])
            : items.Count == 1 ? items[0]
            : throw Fail($"Expected an expression, got '{Current.Describe()}'");
    }

    private bool IsTupleEnd(string? end) =>
        Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || Current.IsOperator(")") || (end is not null && Current.IsName(end));

    private Expression ParseConditional()
    {
        int unknown = _unknown.Count;
        Expression expression = ParseOr();
        while (Current.IsName("if"))
        {
            int line = Next().Line;
            Expression condition = ParseOr();
            Expression? otherwise = SkipName("else") ? ParseNestedConditional() : null;
            expression = new ConditionalExpression(line, condition, expression, otherwise);
            _unknown.RemoveRange(unknown, _unknown.Count - unknown);
        }

        return expression;
    }

    private Expression ParseNestedConditional()
    {
        CheckDepth();
        return ParseConditional();
    }

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (Current.IsName("or"))
        {
            int line = Next().Line;
            left = new LogicalExpression(line, true, left, ParseAnd());
        }

        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (Current.IsName("and"))
        {
            int line = Next().Line;
            left = new LogicalExpression(line, false, left, ParseNot());
        }

        return left;
    }

    private Expression ParseNot()
    {
        if (!Current.IsName("not"))
        {
            return ParseComparison();
        }

        CheckDepth();
        int line = Next().Line;
        return new NotExpression(line, ParseNot());
    }

    private Expression ParseComparison()
    {
        int line = Current.Line;
        Expression first = ParseSum();
        List<(Comparison, Expression)> rest = [];
        while (TryReadComparison() is { } operation)
        {
            rest.Add((operation, ParseSum()));
        }

        return rest.Count == 0 ? first : new ComparisonExpression(line, first, [.. rest]);
    }

    private Comparison? TryReadComparison()
    {
        Comparison? operation = Current switch
        {
            { Kind: TokenKind.Operator, Text: "==" } => Comparison.Equal,
            { Kind: TokenKind.Operator, Text: "!=" } => Comparison.NotEqual,
            { Kind: TokenKind.Operator, Text: "<" } => Comparison.Less,
            { Kind: TokenKind.Operator, Text: "<=" } => Comparison.LessOrEqual,
            { Kind: TokenKind.Operator, Text: ">" } => Comparison.Greater,
            { Kind: TokenKind.Operator, Text: ">=" } => Comparison.GreaterOrEqual,
            { Kind: TokenKind.Name, Text: "in" } => Comparison.In,
            { Kind: TokenKind.Name, Text: "not" } when tokens[_at + 1].IsName("in") => Comparison.NotIn,
            _ => null,
        };
        _at += operation is null ? 0 : operation == Comparison.NotIn ? 2 : 1;
        return operation;
    }

    private Expression ParseSum()
    {
        Expression left = ParseConcatenation();
        while (Current.IsOperator("+") || Current.IsOperator("-"))
        {
            Token sign = Next();
            left = new BinaryExpression(
                sign.Line, sign.Text == "+" ? BinaryOperator.Add : BinaryOperator.Subtract, left, ParseConcatenation());
        }

        return left;
    }

    private Expression ParseConcatenation()
    {
        int line = Current.Line;
        List<Expression> parts = [ParseProduct()];
        while (SkipOperator("~"))
        {
            parts.Add(ParseProduct());
        }

        return parts.Count == 1 ? parts[0] : new ConcatenationExpression(line, [.. parts]);
    }

    private Expression ParseProduct()
    {
        Expression left = ParsePower();
        while (Current.Kind == TokenKind.Operator && Current.Text is "*" or "/" or "//" or "%")
        {
            Token sign = Next();
            BinaryOperator operation = sign.Text switch
            {
                "*" => BinaryOperator.Multiply,
                "/" => BinaryOperator.Divide,
                "//" => BinaryOperator.FloorDivide,
                _ => BinaryOperator.Modulo,
            };
            left = new BinaryExpression(sign.Line, operation, left, ParsePower());
        }

        return left;
    }

    private Expression ParsePower()
    {
        Expression left = ParseUnary();
        while (Current.IsOperator("**"))
        {
            int line = Next().Line;
            left = new BinaryExpression(line, BinaryOperator.Power, left, ParseUnary());
        }

        return left;
    }

    private Expression ParseUnary(bool withFilters = true)
    {
        CheckDepth();
        Token token = Current;
        Expression expression;
        if (token.IsOperator("-") || token.IsOperator("+"))
        {
            _at++;
            expression = new SignExpression(token.Line, token.Text == "-", ParseUnary(withFilters: false));
        }
        else
        {
            expression = ParsePrimary();
        }

        expression = ParsePostfix(expression);
        return withFilters ? ParseFiltersAndTests(expression) : expression;
    }

    private Expression ParsePrimary()
    {
        Token token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ParseName(token);
            case TokenKind.String:
                List<string> texts = [token.Text];
                while (Current.Kind == TokenKind.String)
                {
                    texts.Add(Next().Text);
                }

                return new ConstantExpression(token.Line, texts.Count == 1 ? token.Text : string.Concat(texts));
            case TokenKind.Integer or TokenKind.Float:
                return new ConstantExpression(token.Line, token.Value);
            case TokenKind.Operator when token.Text == "(":
                Expression inner = ParseTuple(inParentheses: true);
                ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return new ListExpression(token.Line, ParseItems("]", ParseItem));
            case TokenKind.Operator when token.Text == "{":
                return new DictExpression(token.Line, ParseItems("}", ParsePair));
            default:
                throw new TemplateSyntaxException(token.Line, $"unexpected '{token.Describe()}'");
        }
    }

    private Expression ParseName(Token token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new ConstantExpression(token.Line, true);
            case "false" or "False":
                return new ConstantExpression(token.Line, false);
            case "none" or "None":
                return new ConstantExpression(token.Line, null);
            case "caller" or "varargs" or "kwargs":
                foreach (HashSet<string> uses in _macros)
                {
                    uses.Add(token.Text);
                }

                break;
        }

        _names.Read(token.Text);
        return new NameExpression(token.Line, token.Text);
    }

    private T[] ParseItems<T>(string close, Func<T> parseItem)
    {
        List<T> items = [];
        while (!SkipOperator(close))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator(close))
                {
                    break;
                }
            }

            items.Add(parseItem());
        }

        return [.. items];
    }

    private Expression ParseItem() => ParseExpression();

    private (Expression, Expression) ParsePair()
    {
        Expression key = ParseExpression();
        ExpectOperator(":");
        return (key, ParseExpression());
    }

    private Expression ParsePostfix(Expression expression)
    {
        while (true)
        {
            if (Current.IsOperator("."))
            {
                int line = Next().Line;
                Token member = Next();
                expression = member.Kind switch
                {
                    TokenKind.Name => new AttributeExpression(line, expression, member.Text),
                    TokenKind.Integer => new ItemExpression(line, expression, new ConstantExpression(line, member.Value)),
                    _ => throw new TemplateSyntaxException(member.Line, "expected name or number"),
                };
            }
            else if (Current.IsOperator("["))
            {
                expression = ParseSubscript(expression);
            }
            else if (Current.IsOperator("("))
            {
                expression = ParseCallOf(expression);
            }
            else
            {
                return expression;
            }
        }
    }

    private CallExpression ParseCallOf(Expression callee)
    {
        int line = Current.Line;
        return new CallExpression(line, callee, ParseArguments());
    }

    private Expression ParseSubscript(Expression owner)
    {
        int line = Next().Line;
        if (TryParseSlice(owner, line) is { } slice)
        {
            return slice;
        }

        Expression first = ParseExpression();
        if (Current.IsOperator(":"))
        {
            return ParseSlice(owner, line, first);
        }

        List<Expression> keys = [first];
        while (SkipOperator(","))
        {
            keys.Add(ParseExpression());
        }

        ExpectOperator("]");
        return new ItemExpression(line, owner, keys.Count == 1 ? first : new TupleExpression(line, [.. keys]));
    }

    private SliceExpression? TryParseSlice(Expression owner, int line) => Current.IsOperator(":") ? ParseSlice(owner, line, null) : null;

    private SliceExpression ParseSlice(Expression owner, int line, Expression? start)
    {
        ExpectOperator(":");
        Expression? stop = Current.IsOperator(":") || Current.IsOperator("]") ? null : ParseExpression();
        Expression? step = SkipOperator(":") && !Current.IsOperator("]") ? ParseExpression() : null;
        ExpectOperator("]");
        return new SliceExpression(line, owner, start, stop, step);
    }

    private ArgumentList ParseArguments()
    {
        ExpectOperator("(");
        List<Expression> positional = [];
        List<(string, Expression)> keywords = [];
        HashSet<string> keywordNames = new(StringComparer.Ordinal);
        Expression? spread = null;
        Expression? keywordSpread = null;
        for (bool first = true; !SkipOperator(")"); first = false)
        {
            if (!first)
            {
                ExpectOperator(",");
                if (SkipOperator(")"))
                {
                    break;
                }
            }

            if (keywordSpread is null && spread is null && SkipOperator("*"))
            {
                spread = ParseExpression();
            }
            else if (keywordSpread is null && SkipOperator("**"))
            {
                keywordSpread = ParseExpression();
            }
            else if (keywordSpread is null && Current.Kind == TokenKind.Name && tokens[_at + 1].IsOperator("="))
            {
                string name = Next().Text;
                _at++;
                if (!keywordNames.Add(name))
                {
                    throw Fail($"keyword argument repeated: {Quoted.Cut(name)}");
                }

                keywords.Add((name, ParseExpression()));
            }
            else if (keywordSpread is null && spread is null && keywords.Count == 0)
            {
                positional.Add(ParseExpression());
            }
            else
            {
                throw Fail("invalid syntax for function call expression");
            }
        }

        return positional.Count == 0 && keywords.Count == 0 && spread is null && keywordSpread is null
            ? ArgumentList.Empty
            : new ArgumentList([.. positional], [.. keywords], spread, keywordSpread);
    }

    private Expression ParseFiltersAndTests(Expression expression)
    {
        while (true)
        {
            if (Current.IsOperator("|"))
            {
                expression = ParseFilters(expression)!;
            }
            else if (Current.IsName("is"))
            {
                expression = ParseTest(expression);
            }
            else if (Current.IsOperator("("))
            {
                expression = ParseCallOf(expression);
            }
            else
            {
                return expression;
            }
        }
    }

    private Expression? ParseFilters(Expression? expression)
    {
        while (SkipOperator("|"))
        {
            expression = ParseFilter(expression);
        }

        return expression;
    }

    private FilterExpression ParseFilter(Expression? input)
    {
        Token token = Current;
        string name = ParseDottedName();
        if (!Filters.Exists(name))
        {
            _unknown.Add((token.Line, $"No filter named '{Quoted.Cut(name)}'."));
        }

        return new FilterExpression(token.Line, input, name, Current.IsOperator("(") ? ParseArguments() : ArgumentList.Empty);
    }

    private Expression ParseTest(Expression value)
    {
        int line = Next().Line;
        bool isNegated = SkipName("not");
        string name = ParseDottedName();
        if (!Tests.Exists(name))
        {
            _unknown.Add((line, $"No test named '{Quoted.Cut(name)}'."));
        }

        ArgumentList arguments = Current.IsOperator("(") ? ParseArguments()
            : StartsTestOperand() ? new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null)
            : ArgumentList.Empty;
        TestExpression test = new(line, value, name, arguments);
        return isNegated ? new NotExpression(line, test) : test;
    }

    /// <summary>Whether an argument without parentheses follows, as in <c>x is divisibleby 3</c>.</summary>
    private bool StartsTestOperand()
    {
        if (Current.IsName("is"))
        {
            throw Fail("You cannot chain multiple tests with is");
        }

        return Current.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float
            || (Current.Kind == TokenKind.Name && Current.Text is not ("else" or "or" or "and"))
            || Current.IsOperator("[") || Current.IsOperator("{");
    }

    private string ParseDottedName()
    {
        List<string> names = [Expect(TokenKind.Name).Text];
        while (SkipOperator("."))
        {
            names.Add(Expect(TokenKind.Name).Text);
        }

        return string.Join('.', names);
    }

    private Token Next()
    {
        Token token = Current;
        _at += token.Kind == TokenKind.End ? 0 : 1;
        return token;
    }

    private Token Expect(TokenKind kind) => Current.Kind == kind
        ? Next()
        : throw Fail($"expected token '{new Token(kind, kind == TokenKind.Name ? "name" : "", 0).Describe()}', got '{Current.Describe()}'");

    private void ExpectName(string name)
    {
        if (!SkipName(name))
        {
            throw Fail($"expected token '{name}', got '{Current.Describe()}'");
        }
    }

    private void ExpectOperator(string sign)
    {
        if (!SkipOperator(sign))
        {
            throw Fail($"expected token '{sign}', got '{Current.Describe()}'");
        }
    }

    private bool SkipName(string name) => Skip(Current.IsName(name));

    private bool SkipOperator(string sign) => Skip(Current.IsOperator(sign));

    private bool Skip(bool matches)
    {
        _at += matches ? 1 : 0;
        return matches;
    }

    private TemplateSyntaxException Fail(string message) => new(Current.Line, message);

    private void CheckDepth()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Fail("the template nests too deeply");
        }
    }
}
