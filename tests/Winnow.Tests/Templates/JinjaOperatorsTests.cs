using Winnow.Templates;

namespace Winnow.Tests.Templates;

/// <summary>Expected texts and refusals are those of jinja2 3.1 in its immutable sandbox.</summary>
public class JinjaOperatorsTests
{
    [Theory]
    [InlineData("{{ 1 + 2 * 3 }}", "7")]
    [InlineData("{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 4 / 2 }}", "3 -4 1 2 3.5 2.0")]
    [InlineData("{{ 2 ** 3 ** 2 }}", "64")]
    [InlineData("{{ -2 ** 2 }}", "4")]
    [InlineData("{{ 1 ~ 2 ~ none ~ true ~ 1.0 }}", "12NoneTrue1.0")]
    [InlineData("{{ 'a' * 3 }} {{ 2 * 'ab' }} {{ [1] * 2 }}", "aaa abab [1, 1]")]
    [InlineData("{{ 1 < 2 < 3 }} {{ 1 < 2 > 3 }}", "True False")]
    [InlineData("{{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' == 'a' }}", "True True True")]
    [InlineData("{{ not 1 == 2 }}", "True")]
    [InlineData("{{ 'ell' in s }} {{ 'x' not in s }} {{ 1 in l }} {{ 'a' in d }}", "True True True True")]
    [InlineData("{{ 0 or 'x' }} {{ 1 and 'y' }} {{ none or false }}", "x y False")]
    [InlineData("{{ 'a' if false }}|{{ 'a' if true else 'b' }}", "|a")]
    [InlineData("{{ 'a' if 0 else 'b' if 0 else 'c' }}", "c")]
    [InlineData("{{ 5.5 // 2 }} {{ -5.5 % 2 }} {{ 1e3 }} {{ 1.5e-7 }} {{ 1e16 }} {{ 123456789012345.6 }} {{ 0.1 + 0.2 }}", "2.0 0.5 1000.0 1.5e-07 1e+16 123456789012345.6 0.30000000000000004")]
    [InlineData("{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }}", "1000 31 5 15")]
    [InlineData("{{ 'a' 'b' }}", "ab")]
    [InlineData("{{ (1,) }} {{ () }} {{ (1, 2) }} {{ 1, 2 }}", "(1,) () (1, 2) (1, 2)")]
    [InlineData("{{ 10 ** 20 }} {{ big + 1 }} {{ big }}", "100000000000000000000 18446744073709551616 18446744073709551615")]
    [InlineData("{{ 2 ** -1 }}", "0.5")]
    [InlineData("{{ '%s and %d' % ('x', 3) }} {{ '%.2f' % 1.005 }} {{ '%5d|%-5d|%05d' % (1, 2, 3) }}", "x and 3 1.00     1|2    |00003")]
    [InlineData("{{ '%(a)s' % {'a': 5} }} {{ '%r' % 'x' }} {{ '%x' % 255 }} {{ '%%' % () }}", "5 'x' ff %")]
    [InlineData("{{ 1 is odd }} {{ n is divisibleby 7 }} {{ n is not none }}", "True True True")]
    [InlineData("{{ true + true }} {{ true * 3 }}", "2 3")]
    [InlineData("{{ [1,2] + [3] }} {{ (1,) + (2,) }}", "[1, 2, 3] (1, 2)")]
    [InlineData("{{ 'b' > 'a' }} {{ [1,2] < [1,3] }} {{ (1,2) >= (1,) }}", "True True True")]
    [InlineData("{{ -n }} {{ +n }} {{ - - n }}", "-7 7 7")]
    [InlineData("{{ n|string + 'x' }}", "7x")]
    [InlineData("{{ -n|abs }} {{ (-n)|abs }}", "7 7")]
    [InlineData("{{ 1 if n > 3 and n < 10 else 2 }}", "1")]
    [InlineData("{{ {} == {} }} {{ [1, [2]] == [1, [2]] }} {{ (1,) == [1] }}", "True True False")]
    [InlineData("{{ n is defined and n > 1 }}", "True")]
    [InlineData("{{ not none }} {{ not [] }} {{ not '' }} {{ not 0.0 }}", "True True True True")]
    [InlineData("{{ [1, 2,] }} {{ {'a': 1,} }}", "[1, 2] {'a': 1}")]
    [InlineData("{{ 0.1 }} {{ 1.0 }} {{ 100000000000000000.0 }} {{ 1e-5 }} {{ 0.0001 }}", "0.1 1.0 1e+17 1e-05 0.0001")]
    public void Operators_compute(string template, string expected) =>
        Assert.Equal(expected, Jinja.Render(template));

    [Theory]
    [InlineData("{{ 1 + 1 ~ 'x' }}")]
    [InlineData("{{ 1 / 0 }}")]
    [InlineData("{{ 'a' + 1 }}")]
    [InlineData("{{ 1 + 'a' }}")]
    [InlineData("{{ 1 < 'a' }}")]
    [InlineData("{{ none + 1 }}")]
    [InlineData("{{ [] < 1 }}")]
    [InlineData("{{ 1 in 5 }}")]
    [InlineData("{{ 1 in 'abc' }}")]
    [InlineData("{{ 3 if }}")]
    [InlineData("{{ 1 +}}")]
    [InlineData("{{ a b }}")]
    public void What_jinja2_refuses_is_refused(string template) =>
        Assert.Throws<ChatTemplateException>(() => Jinja.Render(template));
}
