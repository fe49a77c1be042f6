namespace Winnow.Tests.Templates;

/// <summary>Expected texts and refusals are those of jinja2 3.1 in its immutable sandbox.</summary>
public class JinjaWhitespaceTests
{
    [Theory]
    [InlineData("a\n{% if true %}\nb\n{% endif %}\nc\n", "a\nb\nc")]
    [InlineData("  {% if true %}  x  {% endif %}  \ny", "  x    \ny")]
    [InlineData("a {%- if true -%} b {%- endif -%} c", "abc")]
    [InlineData("a\n  {%+ if true %}\nb{% endif +%}\nc", "a\n  b\nc")]
    [InlineData("  {{ n }}  \n", "  7  ")]
    [InlineData("x\n\n", "x\n")]
    [InlineData("{# c #}\nx", "x")]
    [InlineData("a {#- c -#} b", "ab")]
    [InlineData("  {# c #}  x", "  x")]
    [InlineData("{% raw %}{{ x }}{% endraw %}", "{{ x }}")]
    [InlineData("{%- raw -%}  {{ x }} {%- endraw -%}  z", "{{ x }}z")]
    [InlineData("a\n  {% raw %}\n x {% endraw %}\ny", "a\n\n x y")]
    [InlineData("{{- n -}} \n x", "7x")]
    [InlineData("a\r\nb\rc\n", "a\nb\nc")]
    [InlineData("{% for i in l %}\n  {{ i }}\n{% endfor %}", "  3\n  1\n  2\n")]
    [InlineData("{% for i in l -%}\n  {{ i }}\n{%- endfor %}", "312")]
    [InlineData("a\n   {% set x = 1 %}   \nb", "a\n   \nb")]
    [InlineData("\t{% if true %}\tx{% endif %}", "\tx")]
    [InlineData("{{ '{{' }}{{ '%}' }}", "{{%}")]
    [InlineData("{{ {'a': {'b': 1}}['a']['b'] }}", "1")]
    [InlineData("a{#+ c +#}\nb", "a\nb")]
    [InlineData("\n{% if true %}\n\n  x\n{% endif %}\n\n", "\n\n  x\n")]
    [InlineData("x {%- set y = 1 %}\n z", "x z")]
    [InlineData("  {%- if true %} q{% endif %}", " q")]
    public void White_space_around_tags_is_kept_or_stripped(string template, string expected) =>
        Assert.Equal(expected, Jinja.Render(template));
}
