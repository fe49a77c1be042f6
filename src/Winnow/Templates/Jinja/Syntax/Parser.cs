using Winnow.Templates.Jinja.Nodes;

namespace Winnow.Templates.Jinja.Syntax;

/// <summary>Builds the statements of a template from its tokens. Expressions are in the other half of the class.</summary>
internal sealed partial class Parser(List<Token> tokens)
{
    private readonly List<ScopeNames> _scopes = [];

    /// <summary>For each macro around the place being parsed, the special names that its body reads.</summary>
    private readonly Stack<HashSet<string>> _macros = new();

    /// <summary>
    /// Filters and tests that do not exist. Inside an if-statement or a conditional expression they fail when they are reached,
    /// elsewhere at once: templates probe for what an environment has.
    /// </summary>
    private readonly List<(int Line, string Message)> _unknown = [];

    /// <summary>How deep blocks may stand in each other: a name is looked up through all of them.</summary>
    private const int MaxBlockDepth = 200;

    private ScopeNames _names = new(null);
    private int _blockDepth;
    private int _loopDepth;
    private int _at;

    private Token Current => tokens[_at];

    public TemplateBody Parse()
    {
        _scopes.Add(_names);
        List<Statement> statements = ParseStatements();
        if (Current.Kind != TokenKind.End)
        {
            throw Fail($"Encountered unknown tag '{Quoted.Cut(Current.Text)}'.");
        }

        FailOnUnknown(0);
        _scopes.ForEach(names => names.Complete());
        return new TemplateBody(new Block([.. statements], _names));
    }

    /// <summary>Parses up to a block tag with one of the given names, which becomes the current token, or to the end.</summary>
    private List<Statement> ParseStatements(params ReadOnlySpan<string> ends)
    {
        CheckDepth();
        if (++_blockDepth > MaxBlockDepth)
        {
            throw Fail($"the template nests too deeply: more than {MaxBlockDepth} blocks within each other");
        }

        List<Statement> statements = ParseStatementsUpTo(ends);
        _blockDepth--;
        return statements;
    }

    private List<Statement> ParseStatementsUpTo(ReadOnlySpan<string> ends)
    {
        List<Statement> statements = [];
        while (Current.Kind != TokenKind.End)
        {
            Token token = Next();
            switch (token.Kind)
            {
                case TokenKind.Text:
                    statements.Add(new TextStatement(token.Line, token.Text));
                    break;
                case TokenKind.VariableBegin:
                    statements.Add(new PrintStatement(token.Line, ParseTuple()));
                    Expect(TokenKind.VariableEnd);
                    break;
                default:
                    if (Current.Kind == TokenKind.Name && ends.Contains(Current.Text))
                    {
                        return statements;
                    }

                    ParseStatement(statements);
                    Expect(TokenKind.BlockEnd);
                    break;
            }
        }

        return statements;
    }

    private void ParseStatement(List<Statement> statements)
    {
        Token tag = Current.Kind == TokenKind.Name ? Next() : throw Fail("tag name expected");
        switch (tag.Text)
        {
            case "for":
                statements.Add(ParseFor(tag.Line));
                break;
            case "if":
                statements.Add(ParseIf(tag.Line));
                break;
            case "set":
                statements.Add(ParseSet(tag.Line));
                break;
            case "macro":
                string name = ParseTargetName();
                _names.Write(name);
                statements.Add(new MacroStatement(tag.Line, ParseMacro(name, "endmacro", ParseParameters)));
                break;
            case "call":
                statements.Add(ParseCall(tag.Line));
                break;
            case "filter":
                statements.Add(ParseFilterBlock(tag.Line));
                break;
            case "with":
                statements.Add(ParseWith(tag.Line));
                break;
            case "print":
                ParsePrint(statements);
                break;
            case "generation":
                statements.Add(new GenerationStatement(tag.Line, ParseMacro("caller", "endgeneration", () => []).Body));
                break;
            case "break" or "continue":
                statements.Add(_loopDepth > 0
                    ? new LoopControlStatement(tag.Line, tag.Text == "break" ? Flow.Break : Flow.Continue)
                    : throw new TemplateSyntaxException(tag.Line, $"'{tag.Text}' outside loop"));
                break;
            case "extends" or "block" or "include" or "import" or "from" or "autoescape":
                throw new TemplateSyntaxException(tag.Line, $"the tag '{tag.Text}' is not supported: a chat template stands alone");
            default:
                throw new TemplateSyntaxException(tag.Line, $"Encountered unknown tag '{Quoted.Cut(tag.Text)}'.");
        }
    }

    private ForStatement ParseFor(int line)
    {
        Target target = ParseTarget(withNamespace: false);
        ExpectName("in");
        Expression items = ParseTuple(withCondition: false, end: "recursive");
        ScopeNames testNames = OpenScope(target.Names);
        Expression? condition = SkipName("if") ? ParseExpression() : null;
        CloseScope();
        int unknown = _unknown.Count;
        bool isRecursive = SkipName("recursive");
        EndBlockTag();
        ScopeNames bodyNames = OpenScope(target.Names);
        bodyNames.Declare("loop");
        _loopDepth++;
        Block body = new([.. ParseStatements("endfor", "else")], bodyNames);
        _loopDepth--;
        CloseScope();
        Block? otherwise = null;
        if (ExpectEndTag("endfor", "else") == "else")
        {
            EndBlockTag();
            otherwise = new Block([.. ParseStatements("endfor")], OpenScope([]));
            CloseScope();
            ExpectEndTag("endfor");
        }

        FailOnUnknown(unknown);
        return new ForStatement(line, target, items, body)
        {
            Condition = condition,
            ConditionScope = condition is null ? null : new Block([], testNames),
            Otherwise = otherwise,
            IsRecursive = isRecursive,
        };
    }

    private IfStatement ParseIf(int line)
    {
        int unknown = _unknown.Count;
        List<(Expression, Statement[])> branches = [];
        Statement[] otherwise = [];
        string end;
        do
        {
            Expression condition = ParseTuple(withCondition: false);
            EndBlockTag();
            _names.BranchDepth++;
            branches.Add((condition, [.. ParseStatements("elif", "else", "endif")]));
            _names.BranchDepth--;
            end = ExpectEndTag("elif", "else", "endif");
        }
        while (end == "elif");
        if (end == "else")
        {
            EndBlockTag();
            _names.BranchDepth++;
            otherwise = [.. ParseStatements("endif")];
            _names.BranchDepth--;
            ExpectEndTag("endif");
        }

        _unknown.RemoveRange(unknown, _unknown.Count - unknown);
        return new IfStatement(line, [.. branches], otherwise);
    }

    private Statement ParseSet(int line)
    {
        Target target = ParseTarget(withNamespace: true);
        if (SkipOperator("="))
        {
            Expression value = ParseTuple();
            WriteNames(target);
            return new SetStatement(line, target, value);
        }

        int unknown = _unknown.Count;
        ScopeNames names = OpenScope([]);
        Expression? filter = ParseFilters(null);
        EndBlockTag();
        Block body = new([.. ParseStatements("endset")], names);
        CloseScope();
        ExpectEndTag("endset");
        FailOnUnknown(unknown);
        WriteNames(target);
        return new SetBlockStatement(line, target, (FilterExpression?)filter, body);
    }

    private FilterStatement ParseFilterBlock(int line)
    {
        int unknown = _unknown.Count;
        ScopeNames names = OpenScope([]);
        Expression filter = ParseFilters(ParseFilter(null))!;
        EndBlockTag();
        Block body = new([.. ParseStatements("endfilter")], names);
        CloseScope();
        ExpectEndTag("endfilter");
        FailOnUnknown(unknown);
        return new FilterStatement(line, (FilterExpression)filter, body);
    }

    private WithStatement ParseWith(int line)
    {
        List<(Target, Expression)> variables = [];
        List<string> names = [];
        while (Current.Kind is not (TokenKind.BlockEnd or TokenKind.End))
        {
            if (variables.Count > 0)
            {
                ExpectOperator(",");
            }

            Target target = ParseTarget(withNamespace: false);
            ExpectOperator("=");
            variables.Add((target, ParseExpression()));
            names.AddRange(target.Names);
        }

        EndBlockTag();
        int unknown = _unknown.Count;
        ScopeNames scope = OpenScope(names);
        Block body = new([.. ParseStatements("endwith")], scope);
        CloseScope();
        ExpectEndTag("endwith");
        FailOnUnknown(unknown);
        return new WithStatement(line, [.. variables], body);
    }

    private CallStatement ParseCall(int line)
    {
        CallExpression? call = null;
        MacroDefinition caller = ParseMacro("caller", "endcall", () =>
        {
            (string, Expression?)[] parameters = Current.IsOperator("(") ? ParseParameters() : [];

            // The call belongs to the scope around the block.
            ScopeNames inner = _names;
            _names = inner.Parent!;
            call = ParseExpression() as CallExpression ?? throw new TemplateSyntaxException(line, "expected call");
            _names = inner;
            return parameters;
        });
        return new CallStatement(line, call!, caller);
    }

    private void ParsePrint(List<Statement> statements)
    {
        for (bool first = true; Current.Kind is not (TokenKind.BlockEnd or TokenKind.End); first = false)
        {
            if (!first)
            {
                ExpectOperator(",");
            }

            statements.Add(new PrintStatement(Current.Line, ParseExpression()));
        }
    }

    /// <summary>Parses what follows a macro's name: its parameters and its body, which break and continue cannot leave.</summary>
    private MacroDefinition ParseMacro(string name, string end, Func<(string, Expression?)[]> parseParameters)
    {
        int unknown = _unknown.Count;
        int line = Current.Line;
        int loopDepth = _loopDepth;
        _loopDepth = 0;
        ScopeNames names = OpenScope([]);
        (string Name, Expression? Default)[] parameters = parseParameters();
        EndBlockTag();
        HashSet<string> uses = [];
        _macros.Push(uses);
        Block body = new([.. ParseStatements(end)], names);
        _macros.Pop();
        CloseScope();
        _loopDepth = loopDepth;
        ExpectEndTag(end);
        FailOnUnknown(unknown);
        if (uses.Contains("caller") && Array.Exists(parameters, parameter => parameter is { Name: "caller", Default: null }))
        {
            throw new TemplateSyntaxException(
                line, "the special \"caller\" argument of a macro or call block must be omitted or be given a default.");
        }

        return new MacroDefinition(name, parameters, body, uses);
    }

    private (string Name, Expression? Default)[] ParseParameters()
    {
        List<(string, Expression?)> parameters = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        ExpectOperator("(");
        while (!Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectOperator(",");
            }

            string name = ParseTargetName();
            if (!names.Add(name))
            {
                throw Fail($"duplicate argument '{Quoted.Cut(name)}'");
            }

            Expression? value = SkipOperator("=") ? ParseExpression() : null;
            if (value is null && parameters.Count > 0 && parameters[^1].Item2 is not null)
            {
                throw Fail("non-default argument follows default argument");
            }

            _names.Declare(name);
            parameters.Add((name, value));
        }

        ExpectOperator(")");
        return [.. parameters];
    }

    private Target ParseTarget(bool withNamespace)
    {
        List<Target> targets = [];
        bool isTuple = false;
        while (!IsTupleEnd("in") && !Current.IsOperator("="))
        {
            targets.Add(ParseSingleTarget(withNamespace));
            if (!SkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        return isTuple ? new TupleTarget([.. targets])
            : targets.Count == 1 ? targets[0]
            : throw Fail($"Expected an expression, got '{Current.Describe()}'");
    }

    private Target ParseSingleTarget(bool withNamespace)
    {
        CheckDepth();
        if (SkipOperator("("))
        {
            Target inner = ParseTarget(withNamespace: false);
            ExpectOperator(")");
            return inner;
        }

        string name = ParseTargetName();
        if (!withNamespace || !SkipOperator("."))
        {
            return new NameTarget(name);
        }

        _names.Read(name);
        return new NamespaceTarget(name, Expect(TokenKind.Name).Text);
    }

    private string ParseTargetName()
    {
        Token token = Expect(TokenKind.Name);
        return token.Text is "true" or "True" or "false" or "False" or "none" or "None" or "loop" && (token.Text != "loop" || _loopDepth > 0)
            ? throw new TemplateSyntaxException(token.Line, $"can't assign to '{token.Text}'")
            : token.Text;
    }

    private void WriteNames(Target target)
    {
        foreach (string name in target.Names)
        {
            _names.Write(name);
        }
    }

    private ScopeNames OpenScope(IEnumerable<string> declared)
    {
        _names = new ScopeNames(_names);
        _scopes.Add(_names);
        foreach (string name in declared)
        {
            _names.Declare(name);
        }

        return _names;
    }

    private void CloseScope() => _names = _names.Parent!;

    private void FailOnUnknown(int from)
    {
        if (_unknown.Count > from)
        {
            throw new TemplateSyntaxException(_unknown[from].Line, _unknown[from].Message);
        }
    }

    private void EndBlockTag()
    {
        SkipOperator(":");
        Expect(TokenKind.BlockEnd);
    }

    private string ExpectEndTag(params ReadOnlySpan<string> ends) => Current.Kind == TokenKind.Name && ends.Contains(Current.Text)
        ? Next().Text
        : throw Fail($"Unexpected end of template. Looking for the tag '{string.Join("' or '", ends.ToArray())}'.");
}
