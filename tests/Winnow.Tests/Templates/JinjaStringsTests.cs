using Winnow.Templates;

namespace Winnow.Tests.Templates;

/// <summary>Expected texts and refusals are those of jinja2 3.1 in its immutable sandbox.</summary>
public class JinjaStringsTests
{
    [Theory]
    [InlineData("{{ ' a '.strip() }}|{{ 'xxaxx'.strip('x') }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|", "a|a|a | a|")]
    [InlineData("{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c'.split(' ', 1) }} {{ ' a b  c '.split(none, 1) }}", "['a', 'b', '', 'c'] ['a', 'b'] ['a', 'b c'] ['a', 'b  c ']")]
    [InlineData("{{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b  c '.rsplit(none, 1) }} {{ 'abc'.split('x') }} {{ ''.split() }} {{ ''.split(',') }}", "['a,b', 'c'] [' a b', 'c'] ['abc'] [] ['']")]
    [InlineData("{{ 'a\\nb\\r\\nc\\n'.splitlines() }} {{ 'a\\nb'.splitlines(true) }}", "['a', 'b', 'c'] ['a\\n', 'b']")]
    [InlineData("{{ 'hello'.startswith('he') }} {{ 'hello'.endswith(('lo', 'x')) }} {{ 'hello'.startswith('l', 2) }}", "True True True")]
    [InlineData("{{ 'aaa'.replace('a', 'b') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'abc'.replace('', '-') }}", "bbb bba -a-b-c-")]
    [InlineData("{{ 'hELLO wORLD'.title() }} {{ 'hELLO'.capitalize() }} {{ 'aB'.swapcase() }} {{ \"it's a-b\".title() }}", "Hello World Hello Ab It'S A-B")]
    [InlineData("{{ ','.join(['a', 'b']) }}", "a,b")]
    [InlineData("{{ 'hello'.find('l') }} {{ 'hello'.rfind('l') }} {{ 'hello'.find('z') }} {{ 'hello'.index('e') }} {{ 'hello'.count('l') }}", "2 3 -1 1 2")]
    [InlineData("{{ 'abc'.center(8) }}|{{ 'abc'.center(7, '*') }}|{{ 'abc'.ljust(5) }}|{{ 'abc'.rjust(5) }}|{{ '-5'.zfill(4) }}|{{ 'ab'.center(5) }}|", "  abc   |**abc**|abc  |  abc|-005|  ab |")]
    [InlineData("{{ '12'.isdigit() }} {{ 'a1'.isalnum() }} {{ 'ab'.isalpha() }} {{ ' '.isspace() }} {{ 'ab'.islower() }} {{ 'AB'.isupper() }} {{ ''.isdigit() }} {{ 'Ab C'.istitle() }}", "True True True True True True False True")]
    [InlineData("{{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('x') }}", "('a', '-', 'b-c') ('a-b', '-', 'c') ('abc', '', '')")]
    [InlineData("{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.py'.removesuffix('.py') }}", "x x")]
    [InlineData("{{ '{} {}'.format(1, 'a') }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x:>5}|{y:<5}|{z:^5}'.format(x=1, y='b', z='c') }}", "1 a ba     1|b    |  c  ")]
    [InlineData("{{ '{:.2f} {:05d} {:,} {:x} {:e} {:%} {:+d}'.format(3.14159, 42, 1234567, 255, 12345.678, 0.25, 5) }}", "3.14 00042 1,234,567 ff 1.234568e+04 25.000000% +5")]
    [InlineData("{{ '{0.role}'.format({'role': 1}) }} {{ '{0[role]}'.format({'role': 1}) }} {{ '{!r}'.format('a') }} {{ '{{}}'.format() }}", "1 1 'a' {}")]
    [InlineData("{{ '{:{w}}|'.format('a', w=4) }}", "a   |")]
    [InlineData("{{ 'a\\tb'.expandtabs(4) }} {{ 'abc'.upper() }} {{ 'ÀÉ'.lower() }}", "a   b ABC àé")]
    [InlineData("{{ '\\x41\\u00e9\\101\\n'|tojson }}", "\"AéA\\n\"")]
    [InlineData("{{ 'a\\\nb' }}", "ab")]
    [InlineData("{{ \"a'b\" }} {{ 'a\"b' }} {{ 'a\\'b' }}", "a'b a\"b a'b")]
    [InlineData("{{ 'straße'.upper() }}", "STRASSE")]
    [InlineData("{{ 'a'.isidentifier() }}", "True")]
    [InlineData("{{ 'x'.join('abc') }}", "axbxc")]
    [InlineData("{{ '%s' % [1] }} {{ '%s' % {'a':1} }}", "[1] {'a': 1}")]
    [InlineData("{{ '%.3s|%10s|%-10s|%c' % ('abcdef', 'a', 'b', 'c') }}", "abc|         a|b         |c")]
    [InlineData("{{ '%5.1f|%g|%e|%+d|%i' % (3.14159, 1e10, 12345.678, 5, 3.9) }}", "  3.1|1e+10|1.234568e+04|+5|3")]
    [InlineData("{{ '%g %g %g %G' % (100000.0, 1000000.0, 0.0001, 1e-10) }}", "100000 1e+06 0.0001 1E-10")]
    [InlineData("{{ '{:g} {:.3} {:10.2f}| {:<8}| {:>8}|'.format(1234567.0, 3.14159, 2.5, 1.5, 2) }}", "1.23457e+06 3.14       2.50| 1.5     |        2|")]
    [InlineData("{{ '{:s} {:>3}'.format('x', true) }}", "x   1")]
    [InlineData("{{ 'a b'|urlencode }}", "a%20b")]
    [InlineData("{{ 'abc'.strip(none) }}", "abc")]
    [InlineData("{{ 'a'.format_map({}) }} {{ '{a}'.format_map({'a': 1}) }}", "a 1")]
    public void Text_methods_and_formats_work(string template, string expected) =>
        Assert.Equal(expected, Jinja.Render(template));

    [Theory]
    [InlineData("{{ ','.join([1]) }}")]
    [InlineData("{{ 'hello'.index('z') }}")]
    [InlineData("{{ '{}'.format() }}")]
    [InlineData("{{ '{x}'.format() }}")]
    [InlineData("{{ '%d' % 'a' }}")]
    [InlineData("{{ '%s %s' % ('a',) }}")]
    [InlineData("{{ '%s' % ('a', 'b') }}")]
    [InlineData("{{ '{:d}'.format('a') }}")]
    [InlineData("{{ 'ab'.startswith(1) }}")]
    [InlineData("{{ 'a'.split('') }}")]
    public void What_jinja2_refuses_is_refused(string template) =>
        Assert.Throws<ChatTemplateException>(() => Jinja.Render(template));
}
