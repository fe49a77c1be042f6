using Winnow.Templates;

namespace Winnow.Tests.Templates;

/// <summary>Expected texts and refusals are those of jinja2 3.1 in its immutable sandbox.</summary>
public class JinjaAccessTests
{
    [Theory]
    [InlineData("{{ nest.x.y[2].z }}", "deep")]
    [InlineData("{{ nest['x']['y'][-1]['z'] }}", "deep")]
    [InlineData("{{ l[0] }} {{ l[-1] }} {{ l[5] }}|", "3 2 |")]
    [InlineData("{{ l[1:] }} {{ l[:1] }} {{ l[::-1] }} {{ l[-2:] }} {{ l[5:] }} {{ l[::2] }}", "[1, 2] [3] [2, 1, 3] [1, 2] [] [3, 2]")]
    [InlineData("{{ s[1:4] }} {{ s[::-1] }} {{ s[-3:] }} {{ s[0] }}", "ell dlrow olleh rld h")]
    [InlineData("{{ emoji|length }} {{ emoji[1] }} {{ emoji[::-1] }} {{ emoji[1:] }}", "3 😀 b😀a 😀b")]
    [InlineData("{{ nothing }}|{{ d.nothing }}|", "||")]
    [InlineData("{{ none.x }}|", "|")]
    [InlineData("{{ none['x'] }}|", "|")]
    [InlineData("{{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list }}", "[('b', 2), ('a', 1), ('C', 3)] ['b', 'a', 'C'] [2, 1, 3]")]
    [InlineData("{{ m.items is callable }} {{ m['items'] }} {{ m.get('get') }}", "True 1 2")]
    [InlineData("{{ d.get('a') }} {{ d.get('z') }} {{ d.get('z', 5) }}", "1 None 5")]
    [InlineData("{{ nest.x.y.0 }} {{ (1, 2).1 }}", "1 2")]
    [InlineData("{{ l.append }}|{{ l.append is defined }}", "|False")]
    [InlineData("{{ s.__class__ }}|{{ s.__class__ is defined }}", "|False")]
    [InlineData("{{ d | length }} {{ s | length }} {{ l | count }}", "3 11 3")]
    [InlineData("{{ d }} {{ l }} {{ nest }}", "{'b': 2, 'a': 1, 'C': 3} [3, 1, 2] {'x': {'y': [1, 2, {'z': 'deep'}]}}")]
    [InlineData("{{ ['a', \"it's\", 'q\"', none, true, 1.0, 'é\\n\\t\\\\'] }}", "['a', \"it's\", 'q\"', None, True, 1.0, 'é\\n\\t\\\\']")]
    [InlineData("{{ q }} {{ [q] }}", "it's [\"it's\"]")]
    [InlineData("{{ messages[0].role }} {{ messages[-1]['content'] }}", "user bye")]
    [InlineData("{{ messages | map(attribute='role') | list }}", "['user', 'assistant', 'user']")]
    [InlineData("{{ d.items() }}", "dict_items([('b', 2), ('a', 1), ('C', 3)])")]
    [InlineData("{{ 'abc'[1] }}{{ 'abc'['x'] }}|", "b|")]
    [InlineData("{{ l['a'] }}|", "|")]
    [InlineData("{{ {1: 'a', 1.0: 'b', true: 'c'} }}", "{1: 'c'}")]
    [InlineData("{{ {none: 1}[none] }}", "1")]
    [InlineData("{{ {(1,2): 3}[(1,2)] }}", "3")]
    [InlineData("{{ d[[1]] }}|", "|")]
    [InlineData("{{ l.index(2) }} {{ l.count(1) }}", "2 1")]
    [InlineData("{{ range(5)[1:3] }} {{ range(3) | list }} {{ range(10)[-1] }} {{ range(1, 10, 3) | list }} {{ range(5, 0, -2)|list }}", "range(1, 3) [0, 1, 2] 9 [1, 4, 7] [5, 3, 1]")]
    [InlineData("{{ n.nope }}|", "|")]
    [InlineData("{{ f.is_integer() }}", "False")]
    [InlineData("{{ d.copy() }} {{ l.copy() }}", "{'b': 2, 'a': 1, 'C': 3} [3, 1, 2]")]
    public void Attributes_items_and_slices_are_read(string template, string expected) =>
        Assert.Equal(expected, Jinja.Render(template));

    [Theory]
    [InlineData("{{ nothing.x }}")]
    [InlineData("{{ d.nothing.x }}")]
    [InlineData("{{ nothing['x'] }}")]
    [InlineData("{{ l.append(1) }}")]
    [InlineData("{{ d.update({}) }}")]
    [InlineData("{{ d.pop('a') }}")]
    [InlineData("{{ s.__class__.__mro__ }}")]
    [InlineData("{{ nothing() }}")]
    [InlineData("{{ n() }}")]
    [InlineData("{{ s.nomethod() }}")]
    [InlineData("{{ {[1]: 2} }}")]
    [InlineData("{{ range(1000000) }}")]
    [InlineData("{{ l[1:2:0] }}")]
    [InlineData("{{ l['a':] }}")]
    public void What_jinja2_refuses_is_refused(string template) =>
        Assert.Throws<ChatTemplateException>(() => Jinja.Render(template));
}
