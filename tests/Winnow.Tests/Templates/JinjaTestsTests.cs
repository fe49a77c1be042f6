using Winnow.Templates;

namespace Winnow.Tests.Templates;

/// <summary>Expected texts and refusals are those of jinja2 3.1 in its immutable sandbox.</summary>
public class JinjaTestsTests
{
    [Theory]
    [InlineData("{{ n is number }} {{ s is string }} {{ d is mapping }} {{ l is sequence }} {{ l is iterable }} {{ s is iterable }} {{ d is sequence }} {{ n is iterable }} {{ none is none }} {{ t is boolean }} {{ t is true }} {{ f is float }} {{ n is integer }} {{ t is integer }} {{ t is number }}", "True True True True True True True False True True True True True False True")]
    [InlineData("{{ nothing is defined }} {{ nothing is undefined }} {{ nothing is iterable }} {{ nothing is none }} {{ nothing is sequence }} {{ nothing is string }}", "False True True False True False")]
    [InlineData("{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby(3) }} {{ 5 is in [5] }} {{ 5 is in(l) }} {{ 'a' is lower }} {{ 'A' is upper }} {{ 1 is sameas 1 }} {{ none is sameas none }} {{ true is sameas true }}", "True True True True False True True True True True")]
    [InlineData("{{ 1 is eq 1 }} {{ 1 is ne 2 }} {{ 2 is gt 1 }} {{ 2 is ge 2 }} {{ 1 is lt 2 }} {{ 1 is le 1 }} {{ 1 is equalto 1 }} {{ 2 is greaterthan 1 }} {{ 1 is lessthan 2 }}", "True True True True True True True True True")]
    [InlineData("{{ range is callable }} {{ 'upper' is filter }} {{ 'odd' is test }} {{ 'zz' is filter }} {{ ('a'|safe) is escaped }}", "True True True False True")]
    [InlineData("{{ n is not string and s is string }}", "True")]
    [InlineData("{{ not n is string }}", "True")]
    [InlineData("{{ messages is string }} {{ messages[0] is mapping }} {{ messages[0].x is defined }} {{ messages[0]['content'] is string }}", "False True False True")]
    [InlineData("{{ 'x' is string() }}", "True")]
    [InlineData("{{ 2.0 is odd }}", "False")]
    [InlineData("{{ d.a is defined }} {{ d.get('zz') is none }} {{ d['zz'] is undefined }}", "True True True")]
    [InlineData("{{ 'a' is in 'abc' }} {{ 'a' in ['a'] }} {{ nothing in l }} {{ nothing == nothing2 }} {{ nothing == none }} {{ nothing != 1 }}", "True True False True False True")]
    [InlineData("{{ nothing ~ 'a' }}", "a")]
    [InlineData("{{ 'a' in nothing }} {{ not nothing }}", "False True")]
    [InlineData("{{ loop is defined }}", "False")]
    [InlineData("{{ 1 is string or 2 is number }}", "True")]
    [InlineData("{{ true is false }} {{ false is false }}", "False True")]
    [InlineData("{{ range(3) is sequence }} {{ (1,) is sequence }} {{ namespace() is mapping }}", "True True False")]
    public void Tests_decide(string template, string expected) =>
        Assert.Equal(expected, Jinja.Render(template));

    [Theory]
    [InlineData("{{ n is defined is true }}")]
    [InlineData("{{ 'a' is odd }}")]
    [InlineData("{{ x.y is defined }}")]
    [InlineData("{{ nothing < 1 }}")]
    [InlineData("{{ nothing + 1 }}")]
    [InlineData("{{ nothing in 'abc' }}")]
    public void What_jinja2_refuses_is_refused(string template) =>
        Assert.Throws<ChatTemplateException>(() => Jinja.Render(template));
}
