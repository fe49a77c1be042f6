using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Nodes;

/// <summary>The arguments written in a call: <c>a, b=c, *d, **e</c>.</summary>
internal sealed class ArgumentList(Expression[] positional, (string Name, Expression Value)[] keywords, Expression? spread, Expression? keywordSpread)
{
    public static ArgumentList Empty { get; } = new([], [], null, null);

    public CallArguments Evaluate(Scope scope, Macro? caller = null)
    {
        if (this == Empty && caller is null)
        {
            return CallArguments.Empty;
        }

        List<object?> values = new(positional.Length);
        foreach (Expression argument in positional)
        {
            values.Add(argument.Evaluate(scope));
        }

        List<KeyValuePair<string, object?>> named = new(keywords.Length);
        foreach ((string name, Expression value) in keywords)
        {
            named.Add(new(name, value.Evaluate(scope)));
        }

        if (caller is not null)
        {
            AddKeyword([.. named.Select(pair => pair.Key)], named, "caller", caller);
        }

        if (spread is not null)
        {
            values.AddRange(scope.Runtime.Iterate(spread.Evaluate(scope)));
        }

        if (keywordSpread is not null)
        {
            AddKeywords(scope.Runtime, named, keywordSpread.Evaluate(scope));
        }

        return new CallArguments([.. values], [.. named]);
    }

    private static void AddKeywords(Runtime runtime, List<KeyValuePair<string, object?>> named, object? mapping)
    {
        if (mapping is not PythonDict dict)
        {
            throw TemplateRuntimeException.Type($"argument after ** must be a mapping, not {PythonType.Name(mapping)}");
        }

        runtime.Charge(dict.Count);
        HashSet<string> known = [.. named.Select(pair => pair.Key)];
        foreach ((object? key, object? value) in dict.Entries)
        {
            AddKeyword(known, named, PythonText.AsString(key) ?? throw TemplateRuntimeException.Type("keywords must be strings"), value);
        }
    }

    private static void AddKeyword(HashSet<string> known, List<KeyValuePair<string, object?>> named, string name, object? value)
    {
        if (!known.Add(name))
        {
            throw TemplateRuntimeException.Type($"got multiple values for keyword argument '{Quoted.Cut(name)}'");
        }

        named.Add(new(name, value));
    }
}
