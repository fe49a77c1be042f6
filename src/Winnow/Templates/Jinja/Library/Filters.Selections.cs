using System.Globalization;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>Filters that transform or choose items one by one, when they are asked for.</summary>
internal static partial class Filters
{
    private static IEnumerable<Builtin> Selections() =>
    [
        new("map", (runtime, value, arguments) => new Generator(Map(runtime, value, arguments))),
        new("select", (runtime, value, arguments) => new Generator(Select(runtime, value, arguments, wanted: true, byAttribute: false))),
        new("reject", (runtime, value, arguments) => new Generator(Select(runtime, value, arguments, wanted: false, byAttribute: false))),
        new("selectattr", (runtime, value, arguments) => new Generator(Select(runtime, value, arguments, wanted: true, byAttribute: true))),
        new("rejectattr", (runtime, value, arguments) => new Generator(Select(runtime, value, arguments, wanted: false, byAttribute: true))),
        new("attr", "name", (runtime, value, a) => Attribute(runtime, value, StringMethods.Text(a[0]))),
    ];

    private static IEnumerable<object?> Map(Runtime runtime, object? value, CallArguments arguments)
    {
        if (!Runtime.IsTrue(value))
        {
            yield break;
        }

        Func<object?, object?> transform = Transformation(runtime, arguments);
        foreach (object? item in runtime.Iterate(value))
        {
            yield return transform(item);
        }
    }

    private static Func<object?, object?> Transformation(Runtime runtime, CallArguments arguments)
    {
        if (arguments.Positional.Length == 0 && Array.Exists(arguments.Keywords, pair => pair.Key == "attribute"))
        {
            Dictionary<string, object?> keywords = new(arguments.Keywords, StringComparer.Ordinal);
            keywords.Remove("attribute", out object? attribute);
            object? whenUndefined = keywords.Remove("default", out object? given) && given is not null ? given : Missing.Value;
            return keywords.Count == 0
                ? AttributeOf(runtime, attribute, whenUndefined)
                : throw new TemplateRuntimeException($"FilterArgumentError: Unexpected keyword argument '{keywords.Keys.First()}'");
        }

        if (arguments.Positional.Length == 0)
        {
            throw new TemplateRuntimeException("FilterArgumentError: map requires a filter argument");
        }

        string name = runtime.ToText(arguments.Positional[0]);
        CallArguments rest = arguments.Skip(1);
        return item => Apply(runtime, name, item, rest);
    }

    private static IEnumerable<object?> Select(Runtime runtime, object? value, CallArguments arguments, bool wanted, bool byAttribute)
    {
        if (!Runtime.IsTrue(value))
        {
            yield break;
        }

        Func<object?, object?> select = item => item;
        if (byAttribute)
        {
            select = arguments.Positional.Length > 0
                ? AttributeOf(runtime, arguments.Positional[0], Missing.Value)
                : throw new TemplateRuntimeException("FilterArgumentError: Missing parameter for attribute name");
            arguments = arguments.Skip(1);
        }

        string? test = arguments.Positional.Length > 0 ? runtime.ToText(arguments.Positional[0]) : null;
        CallArguments rest = test is null ? arguments : arguments.Skip(1);
        foreach (object? item in runtime.Iterate(value))
        {
            object? subject = select(item);
            bool isChosen = test is null ? Runtime.IsTrue(subject) : Tests.Apply(runtime, test, subject, rest);
            if (isChosen == wanted)
            {
                yield return item;
            }
        }
    }

    /// <summary>Reads an attribute such as <c>function.name</c> or <c>0</c>; without one, the item itself.</summary>
    private static Func<object?, object?> AttributeOf(Runtime runtime, object? attribute, object? whenUndefined)
    {
        runtime.ChargeText(PythonText.AsString(attribute)?.Length ?? 0);
        object?[] parts = Parts(attribute);
        return item =>
        {
            runtime.Charge(parts.Length);
            foreach (object? part in parts)
            {
                item = runtime.GetItem(item, part);
                item = item is Undefined && whenUndefined is not Missing ? whenUndefined : item;
            }

            return item;
        };
    }

    private static object?[] Parts(object? attribute) => attribute switch
    {
        null => [],
        string or Markup => [.. attribute.ToString()!.Split('.').Select(part =>
            long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : (object?)part)],
        _ => [attribute],
    };

    /// <summary>What items are compared by: an attribute, without its case unless that matters.</summary>
    private static Func<object?, object?> Key(Runtime runtime, object? attribute, bool caseSensitive)
    {
        Func<object?, object?> select = AttributeOf(runtime, attribute, Missing.Value);
        return item => Fold(select(item), caseSensitive);
    }

    /// <summary>What items are sorted by: one attribute, or several between commas.</summary>
    private static Func<object?, object?> SortKey(Runtime runtime, object? attribute, bool caseSensitive)
    {
        if (PythonText.AsString(attribute) is not { } names || !names.Contains(',', StringComparison.Ordinal))
        {
            return Key(runtime, attribute, caseSensitive);
        }

        Func<object?, object?>[] keys = [.. names.Split(',').Select(name => Key(runtime, name, caseSensitive))];
        return item => new PythonTuple([.. keys.Select(key => key(item))]);
    }

    private static object? Fold(object? value, bool caseSensitive) =>
        caseSensitive || PythonText.AsString(value) is not { } text ? value : FullCase.Lower(text);

    // An item of that name does not count, other than with a dot.
    private static object? Attribute(Runtime runtime, object? value, string name) =>
        value is Namespace or LoopVariable or PythonTuple or Undefined || Methods.TryGet(value, name, out _)
            ? runtime.GetAttribute(value, name)
            : Undefined.Attribute(value, name);
}
