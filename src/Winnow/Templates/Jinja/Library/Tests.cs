using Winnow.Templates.Jinja.Nodes;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>What can stand behind <c>is</c>.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Builtin> Table = new Builtin[]
    {
        Plain("defined", value => value is not Undefined),
        Plain("undefined", value => value is Undefined),
        Plain("none", value => value is null),
        Plain("boolean", value => value is bool),
        Plain("true", value => value is true),
        Plain("false", value => value is false),
        Plain("integer", value => value is not bool && Number.TryInteger(value, out _)),
        Plain("float", value => value is double),
        Plain("number", Number.Is),
        Plain("string", value => value is string or Markup),
        Plain("mapping", value => value is PythonDict),
        Plain("sequence", value => value is string or Markup or List<object?> or PythonTuple or PythonDict or PythonRange or Undefined),
        Plain("callable", value => value is Builtin or BoundMethod or Macro or LoopVariable or Joiner or Undefined),
        Plain("escaped", value => value is Markup),
        new("iterable", "", (runtime, value, _) => value is LoopVariable || runtime.TryIterate(value, out IEnumerable<object?> _)),
        new("odd", "", (runtime, value, _) => runtime.AreEqual(runtime.Calculate(BinaryOperator.Modulo, value, 2L), 1L)),
        new("even", "", (runtime, value, _) => runtime.AreEqual(runtime.Calculate(BinaryOperator.Modulo, value, 2L), 0L)),
        new("divisibleby", "num", (runtime, value, a) => runtime.AreEqual(runtime.Calculate(BinaryOperator.Modulo, value, a[0]), 0L)),
        new("lower", "", (runtime, value, _) => StringMethods.IsLower(runtime.ToText(value))),
        new("upper", "", (runtime, value, _) => StringMethods.IsUpper(runtime.ToText(value))),
        new("sameas", "other", (runtime, value, a) => IsSame(runtime, value, a[0])),
        new("in", "seq", (runtime, value, a) => runtime.Contains(a[0], value)),
        new("filter", "", (_, value, _) => PythonText.AsString(value) is { } name && Filters.Exists(name)),
        new("test", "", (_, value, _) => PythonText.AsString(value) is { } name && Exists(name)),
    }
    .Concat(Comparisons(Comparison.Equal, "==", "eq", "equalto"))
    .Concat(Comparisons(Comparison.NotEqual, "!=", "ne"))
    .Concat(Comparisons(Comparison.Greater, ">", "gt", "greaterthan"))
    .Concat(Comparisons(Comparison.GreaterOrEqual, ">=", "ge"))
    .Concat(Comparisons(Comparison.Less, "<", "lt", "lessthan"))
    .Concat(Comparisons(Comparison.LessOrEqual, "<=", "le"))
    .ToDictionary(test => test.Name, StringComparer.Ordinal);

    public static bool Exists(string name) => Table.ContainsKey(name);

    public static bool Apply(Runtime runtime, string name, object? value, CallArguments arguments) =>
        Table.TryGetValue(name, out Builtin? test)
            ? Runtime.IsTrue(test.Call(runtime, value, arguments))
            : throw new TemplateRuntimeException($"No test named '{name}'.");

    private static Builtin Plain(string name, Func<object?, bool> body) => new(name, "", (_, value, _) => body(value));

    private static IEnumerable<Builtin> Comparisons(Comparison comparison, params string[] names) =>
        names.Select(name => new Builtin(name, "_", (runtime, value, a) => runtime.Compare(comparison, value, a[0])));

    // Equal scalars of one type are one object often enough in Python for the difference not to matter to a template.
    private static bool IsSame(Runtime runtime, object? value, object? other) => value is string or bool or long or double
        ? value.GetType() == other?.GetType() && runtime.AreEqual(value, other)
        : ReferenceEquals(value, other);
}
