using Winnow.Templates;

namespace Winnow.Tests.Templates;

/// <summary>Expected texts and refusals are those of jinja2 3.1 in its immutable sandbox.</summary>
public class JinjaJsonTests
{
    [Theory]
    [InlineData("{{ d | tojson }}", "{\"b\": 2, \"a\": 1, \"C\": 3}")]
    [InlineData("{{ nest | tojson(indent=2) }}", "{\n  \"x\": {\n    \"y\": [\n      1,\n      2,\n      {\n        \"z\": \"deep\"\n      }\n    ]\n  }\n}")]
    [InlineData("{{ ['é', '<>&', '\"', '\\\\', '\\n', '\\u007f', '\\u2028', '😀'] | tojson }}", "[\"é\", \"<>&\", \"\\\"\", \"\\\\\", \"\\n\", \"\u007f\", \"\u2028\", \"😀\"]")]
    [InlineData("{{ 'é😀' | tojson(ensure_ascii=true) }}", "\"\\u00e9\\ud83d\\ude00\"")]
    [InlineData("{{ d | tojson(sort_keys=true) }}", "{\"C\": 3, \"a\": 1, \"b\": 2}")]
    [InlineData("{{ d | tojson(separators=(',', ':')) }}", "{\"b\":2,\"a\":1,\"C\":3}")]
    [InlineData("{{ [1.0, 1e20, 1e-7, 0.1, 100.0, true, none, 123456789012345678] | tojson }}", "[1.0, 1e+20, 1e-07, 0.1, 100.0, true, null, 123456789012345678]")]
    [InlineData("{{ [] | tojson(indent=2) }} {{ {} | tojson(indent=2) }} {{ [[], {}] | tojson(indent=2) }}", "[] {} [\n  [],\n  {}\n]")]
    [InlineData("{{ (1, 2) | tojson }}", "[1, 2]")]
    [InlineData("{{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }}", "{\"1\": 4, \"null\": 3, \"1.5\": 5}")]
    [InlineData("{{ ('<' | safe) | tojson }}", "\"<\"")]
    [InlineData("{{ big | tojson }} {{ l | tojson(indent='\\t') }} {{ nest | tojson(indent=0) }}", "18446744073709551615 [\n\t3,\n\t1,\n\t2\n] {\n\"x\": {\n\"y\": [\n1,\n2,\n{\n\"z\": \"deep\"\n}\n]\n}\n}")]
    [InlineData("{{ 'x' | tojson | length }}", "3")]
    [InlineData("{{ d | tojson(indent=4, separators=(', ', ' : ')) }}", "{\n    \"b\" : 2, \n    \"a\" : 1, \n    \"C\" : 3\n}")]
    public void Json_is_written_as_Python_writes_it(string template, string expected) =>
        Assert.Equal(expected, Jinja.Render(template));

    [Theory]
    [InlineData("{{ d.items() | tojson }}")]
    [InlineData("{{ {(1,): 2} | tojson }}")]
    [InlineData("{{ namespace() | tojson }}")]
    public void What_jinja2_refuses_is_refused(string template) =>
        Assert.Throws<ChatTemplateException>(() => Jinja.Render(template));
}
