using System.Numerics;

namespace Winnow.Templates.Jinja.Values;

/// <summary>The names that Python gives to types, for messages.</summary>
internal static class PythonType
{
    public static string Name(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        string => "str",
        Markup => "Markup",
        List<object?> => "list",
        PythonTuple => "tuple",
        PythonDict => "dict",
        PythonRange => "range",
        DictView { Kind: DictViewKind.Keys } => "dict_keys",
        DictView { Kind: DictViewKind.Values } => "dict_values",
        DictView => "dict_items",
        LoopVariable => "LoopContext",
        Builtin or BoundMethod => "builtin_function_or_method",
        Generator => "generator",
        _ => value.GetType().Name,
    };

    /// <summary>The name as jinja2 writes it in messages about undefined attributes.</summary>
    public static string Describe(object? value) => value is null ? "None" : Name(value) + " object";
}
