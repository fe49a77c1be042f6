using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Nodes;

/// <summary>The parameters and the body of a macro or call block.</summary>
/// <param name="Name">What errors call it; a call block has the name "caller".</param>
/// <param name="Parameters">Its parameters in order, with their defaults.</param>
/// <param name="Body">What it writes.</param>
/// <param name="Uses">Which of the special names <c>caller</c>, <c>varargs</c> and <c>kwargs</c> the body reads.</param>
internal sealed record MacroDefinition(string Name, (string Name, Expression? Default)[] Parameters, Block Body, IReadOnlySet<string> Uses)
{
    public bool TakesCaller => Uses.Contains("caller") && !Declares("caller");

    public bool TakesExtraPositional => Uses.Contains("varargs") && !Declares("varargs");

    public bool TakesExtraKeywords => Uses.Contains("kwargs") && !Declares("kwargs");

    private bool Declares(string name) => Array.Exists(Parameters, parameter => parameter.Name == name);
}

/// <summary><c>{% macro name(parameters) %}…{% endmacro %}</c></summary>
internal sealed class MacroStatement(int line, MacroDefinition definition) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        scope.Set(definition.Name, new Macro(definition, scope));
        return Flow.Next;
    }
}

/// <summary><c>{% call(parameters) function(arguments) %}…{% endcall %}</c></summary>
internal sealed class CallStatement(int line, CallExpression call, MacroDefinition caller) : Statement(line)
{
    public override Flow Execute(Scope scope)
    {
        scope.Runtime.Write(scope.Runtime.ToText(call.Evaluate(scope, new Macro(caller, scope))));
        return Flow.Next;
    }
}
