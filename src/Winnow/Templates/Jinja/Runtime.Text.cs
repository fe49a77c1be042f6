using System.Globalization;
using System.Numerics;
using System.Text;
using Winnow.Templates.Jinja.Library;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja;

/// <summary>Values as text.</summary>
internal sealed partial class Runtime
{
    /// <summary>Python's <c>str</c>.</summary>
    public string ToText(object? value) => value switch
    {
        string text => text,
        Markup markup => markup.Text,
        Undefined => "",
        long number => number.ToString(CultureInfo.InvariantCulture),
        _ => Represent(value),
    };

    /// <summary>Python's <c>repr</c>.</summary>
    public string Represent(object? value)
    {
        StringBuilder text = new();
        Represent(text, value);
        ChargeText(text.Length);
        return Made(text.ToString(), value);
    }

    private void Represent(StringBuilder text, object? value)
    {
        Charge(1);
        CheckStack();
        CheckTextLength(text.Length);
        switch (value)
        {
            case string content:
                Charge(content.Length / CharactersPerStep);
                PythonText.Quote(text, content);
                break;
            case Markup markup:
                PythonText.Quote(text.Append("Markup("), markup.Text).Append(')');
                break;
            case List<object?> list:
                RepresentItems(text.Append('['), list).Append(']');
                break;
            case PythonTuple tuple:
                RepresentItems(text.Append('('), tuple.Items).Append(tuple.Items.Length == 1 ? ",)" : ")");
                break;
            case PythonDict dict:
                RepresentPairs(text.Append('{'), dict).Append('}');
                break;
            case DictView view:
                RepresentItems(text.Append(PythonType.Name(view)).Append("(["), view.Items).Append("])");
                break;
            case Namespace container:
                RepresentPairs(text.Append("<Namespace {"), container.Attributes).Append("}>");
                break;
            case double or BigInteger:
                // Exact digits are found by arithmetic with hundreds of them.
                Charge(64);
                text.Append(RepresentScalar(value));
                break;
            default:
                text.Append(RepresentScalar(value));
                break;
        }
    }

    private static string RepresentScalar(object? value) => value switch
    {
        null => "None",
        bool flag => flag ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        double number => FloatText.Shortest(number),
        Undefined => "Undefined",
        PythonRange { Step: 1 } range => $"range({range.Start}, {range.Stop})",
        PythonRange range => $"range({range.Start}, {range.Stop}, {range.Step})",
        Macro macro => $"<Macro '{macro.Definition.Name}'>",
        Builtin builtin => $"<built-in function {builtin.Name}>",
        BoundMethod bound => $"<built-in method {bound.Method.Name} of {PythonType.Name(bound.Self)} object>",
        LoopVariable loop => $"<LoopContext {Member(loop, "index")}/{Member(loop, "length")}>",
        _ => $"<{PythonType.Name(value)} object>",
    };

    private static object? Member(LoopVariable loop, string name)
    {
        loop.TryGet(name, out object? value);
        return value;
    }

    private StringBuilder RepresentItems(StringBuilder text, IEnumerable<object?> items)
    {
        string separator = "";
        foreach (object? item in items)
        {
            Represent(text.Append(separator), item);
            separator = ", ";
        }

        return text;
    }

    private StringBuilder RepresentPairs(StringBuilder text, PythonDict dict)
    {
        string separator = "";
        foreach ((object? key, object? value) in dict.Entries)
        {
            Represent(text.Append(separator), key);
            Represent(text.Append(": "), value);
            separator = ", ";
        }

        return text;
    }
}
