namespace Winnow.Templates.Jinja.Values;

/// <summary>The parameters of a function, written as "name other? _?": a question mark marks an optional one, an underscore one without a name.</summary>
internal sealed class Signature
{
    private readonly string[] _names;
    private readonly int _required;

    public Signature(string parameters)
    {
        _names = parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _required = _names.Count(name => !name.EndsWith('?'));
        for (int i = 0; i < _names.Length; i++)
        {
            _names[i] = _names[i].TrimEnd('?');
        }
    }

    /// <summary>Puts arguments in the order of the parameters; <see cref="Missing"/> stands for an optional one that is not given.</summary>
    public object?[] Bind(string function, CallArguments arguments)
    {
        if (arguments.Positional.Length > _names.Length)
        {
            throw TemplateRuntimeException.Type(
                $"{function}() takes at most {_names.Length} arguments ({arguments.Positional.Length} given)");
        }

        object?[] values = new object?[_names.Length];
        Array.Fill(values, Missing.Value);
        arguments.Positional.CopyTo(values, 0);
        foreach ((string name, object? value) in arguments.Keywords)
        {
            int index = name == "_" ? -1 : Array.IndexOf(_names, name);
            if (index < 0)
            {
                throw TemplateRuntimeException.Type($"{function}() got an unexpected keyword argument '{name}'");
            }

            if (values[index] is not Missing)
            {
                throw TemplateRuntimeException.Type($"{function}() got multiple values for argument '{name}'");
            }

            values[index] = value;
        }

        for (int i = 0; i < _required; i++)
        {
            if (values[i] is Missing)
            {
                throw TemplateRuntimeException.Type($"{function}() missing a required argument: '{_names[i]}'");
            }
        }

        return values;
    }
}
