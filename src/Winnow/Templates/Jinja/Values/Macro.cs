using Winnow.Templates.Jinja.Nodes;

namespace Winnow.Templates.Jinja.Values;

/// <summary>A macro with the scope that it was defined in.</summary>
internal sealed class Macro(MacroDefinition definition, Scope closure)
{
    public MacroDefinition Definition { get; } = definition;

    public string Call(CallArguments arguments)
    {
        Runtime runtime = closure.Runtime;
        runtime.Charge(Definition.Parameters.Length + arguments.Positional.Length + arguments.Keywords.Length);
        Scope scope = Definition.Body.Open(closure);
        runtime.EnterCall();
        TextBuilder outer = runtime.BeginCapture();
        try
        {
            Bind(scope, arguments);
            Statement.Execute(Definition.Body.Statements, scope);
            return runtime.EndText();
        }
        finally
        {
            runtime.EndCapture(outer);
            runtime.LeaveCall();
        }
    }

    private void Bind(Scope scope, CallArguments arguments)
    {
        (string Name, Expression? Default)[] parameters = Definition.Parameters;
        Dictionary<string, object?> keywords = new(arguments.Keywords, StringComparer.Ordinal);
        bool[] given = new bool[parameters.Length];
        for (int i = 0; i < parameters.Length; i++)
        {
            object? value = null;
            given[i] = i < arguments.Positional.Length || keywords.Remove(parameters[i].Name, out value);
            scope.Set(parameters[i].Name, !given[i] ? Missing.Value : i < arguments.Positional.Length ? arguments.Positional[i] : value);
        }

        if (Definition.TakesCaller)
        {
            scope.Set("caller", keywords.Remove("caller", out object? caller) && caller is not null ? caller : new Undefined("No caller defined"));
        }

        BindRest(scope, arguments, keywords);

        // Defaults see the parameters before them.
        for (int i = 0; i < parameters.Length; i++)
        {
            if (!given[i])
            {
                scope.Set(parameters[i].Name, parameters[i].Default is { } value
                    ? value.Evaluate(scope)
                    : new Undefined($"parameter '{parameters[i].Name}' was not provided"));
            }
        }
    }

    private void BindRest(Scope scope, CallArguments arguments, Dictionary<string, object?> keywords)
    {
        if (Definition.TakesExtraKeywords)
        {
            PythonDict rest = new(scope.Runtime);
            foreach ((string key, object? value) in arguments.Keywords)
            {
                if (keywords.ContainsKey(key))
                {
                    rest.Set(key, value);
                }
            }

            scope.Set("kwargs", rest);
        }
        else if (keywords.Count > 0)
        {
            throw TemplateRuntimeException.Type($"macro '{Definition.Name}' takes no keyword argument '{keywords.Keys.First()}'");
        }

        int count = Definition.Parameters.Length;
        if (Definition.TakesExtraPositional)
        {
            scope.Set("varargs", new PythonTuple(arguments.Positional.Length > count ? arguments.Positional[count..] : []));
        }
        else if (arguments.Positional.Length > count)
        {
            throw TemplateRuntimeException.Type($"macro '{Definition.Name}' takes not more than {count} argument(s)");
        }
    }
}
