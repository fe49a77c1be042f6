using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Makes pieces of chat templates that parse: statements around expressions of values, operators, filters and methods.</summary>
internal static class TemplatePhrase
{
    private static readonly string[] Values =
    [
        "messages", "tools", "messages[0]", "messages[-1].content", "messages[2].tool_calls[0].function", "'a,b c'", "'x'", "''", "'é😀İﬁ'", "0", "1", "-7", "3.5", "1e308", "9223372036854775807", "99999999999999999999", "none", "true", "false",
        "[]", "[3, 1, 2]", "['b', 'a', none]", "{}", "{'a': 1, 'b': [2]}", "(1, 2)", "range(5)", "range(300)", "undefined_name", "bos_token", "namespace(a=1)", "dict(a=1)", "cycler('a', 'b')", "joiner(', ')", "'<b>&'", "'%s|%d'", "'{0}|{a}'", "strftime_now('%d %B %Y')",
        "x", "loop", "loop.index", "self", "messages[1:3]", "messages[::-1]", "'abcdef'[1:100:2]", "lipsum",
    ];

    private static readonly string[] Tails =
    [
        "|length", "|tojson", "|tojson(indent=2)", "|list", "|sort", "|sort(attribute='role')", "|map('upper')", "|map(attribute='content')", "|join", "|join('-')", "|replace('a', 'bb')", "|indent(3)", "|center(20)", "|wordwrap(5)", "|truncate(4)", "|batch(2)", "|slice(3)",
        "|striptags", "|title", "|wordcount", "|int", "|float", "|round(2)", "|abs", "|groupby('role')", "|dictsort", "|sum", "|min", "|max", "|pprint", "|escape", "|safe", "|string", "|trim", "|first", "|last", "|reverse", "|unique", "|default('d')", "|default('d', true)",
        "|attr('role')", "|selectattr('role')", "|selectattr('role', 'equalto', 'user')", "|rejectattr('role', 'in', ['user'])", "|select", "|reject('none')", "|items", "|upper", "|lower", "|capitalize", "|urlencode", "|xmlattr", "|filesizeformat", "|format('a', 1)", "|forceescape",
        ".split()", ".split(',')", ".strip()", ".lstrip('a')", ".rstrip()", ".upper()", ".lower()", ".title()", ".capitalize()", ".items()", ".keys()", ".values()", ".get('a', 1)", ".startswith('a')", ".endswith(('b', 'c'))", ".replace('a', 'b')", ".find('b')", ".count('a')", ".index('b')",
        ".join(['a', 'b'])", ".format(1, a=2)", ".zfill(12)", ".ljust(9, '*')", ".center(11)", ".splitlines()", ".partition(',')", ".rpartition('a')", ".rsplit(' ', 1)", ".isdigit()", ".isalpha()", ".next()", ".current", "[0]", "[-1]", "['a']", "[1:]", ".a", ".role", "()", "(1)", ".swapcase()",
        ".expandtabs()", ".append(1)", ".pop()", ".update({'z': 1})", ".copy()", ".encode()", ".casefold()", ".removeprefix('a')", ".translate({})", ".maketrans('a')",
    ];

    private static readonly string[] Operators = [" + ", " - ", " * ", " / ", " // ", " % ", " ** ", " ~ ", " == ", " != ", " < ", " >= ", " and ", " or ", " in ", " not in ", " if true else "];

    private static readonly string[] Tests =
    [
        " is defined", " is undefined", " is none", " is string", " is mapping", " is iterable", " is sequence", " is number", " is integer", " is float", " is boolean", " is true", " is false", " is odd", " is divisibleby 3", " is divisibleby(0)", " is sameas none", " is eq 1", " is in messages",
        " is callable", " is lower", " is upper", " is not none", " is ge 2", " is escaped", " is filter", " is test",
    ];

    /// <summary>A statement or an output.</summary>
    public static string Make(InputRandom random)
    {
        string expression = Expression(random, 0);
        return random.Next(9) switch
        {
            0 => $"{{% set x = {expression} %}}",
            1 => $"{{% for x in {expression} %}}{{{{ x }}}}{{{{ loop.index }}}}{{% endfor %}}",
            2 => $"{{% if {expression} %}}yes{{% else %}}no{{% endif %}}",
            3 => $"{{% set y %}}{{{{ {expression} }}}}{{% endset %}}{{{{ y|length }}}}",
            4 => $"{{% macro f(x, y={expression}) %}}{{{{ x }}}}{{{{ y }}}}{{{{ varargs }}}}{{% endmacro %}}{{{{ f({Expression(random, 1)}) }}}}",
            5 => $"{{% set ns = namespace(v={expression}) %}}{{% for i in range(3) %}}{{% set ns.v = [ns.v, i] %}}{{% endfor %}}{{{{ ns.v }}}}",
            6 => $"{{% for a, b in {expression} %}}{{{{ a }}}}{{% endfor %}}",
            _ => $"{{{{ {expression} }}}}",
        };
    }

    private static string Expression(InputRandom random, int depth)
    {
        string value = random.Pick(Values);
        value = char.IsAsciiDigit(value[^1]) ? $"({value})" : value;
        for (int i = random.Next(4); i > 0; i--)
        {
            value += random.Pick(Tails);
        }

        if (depth < 3 && random.OneIn(3))
        {
            value = $"({value}{random.Pick(Operators)}{Expression(random, depth + 1)})";
        }

        return random.OneIn(8) ? value + random.Pick(Tests) : value;
    }
}
