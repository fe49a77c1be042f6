using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>What can stand behind a bar. The filters are in the other parts of the class, by what they work on.</summary>
internal static partial class Filters
{
    private static readonly Dictionary<string, Builtin> Table =
        new[] { Text(), Numbers(), Sequences(), Selections() }.SelectMany(filters => filters).ToDictionary(filter => filter.Name, StringComparer.Ordinal);

    public static bool Exists(string name) => Table.ContainsKey(name);

    public static object? Apply(Runtime runtime, string name, object? value, CallArguments arguments) =>
        Table.TryGetValue(name, out Builtin? filter)
            ? filter.Call(runtime, value, arguments)
            : throw new TemplateRuntimeException($"No filter named '{name}'.");

    private static bool Flag(object? argument) => argument is not Missing && Runtime.IsTrue(argument);

    private static object? Or(object? argument, object? whenMissing) => argument is Missing ? whenMissing : argument;
}
