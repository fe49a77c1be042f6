using Winnow.Templates;

namespace Winnow.Tests.Templates;

/// <summary>A template comes with a model from anywhere: whatever it holds, rendering ends soon, in bounds, with a typed error.</summary>
public class HostileTemplatesTests
{
    private static readonly ChatTemplateLimits Tight = new() { MaxSteps = 500_000, MaxTextLength = 1 << 20 };

    public static TheoryData<string> Hostile =>
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}",
        "{% set ns = namespace(l=[1], k=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.k = [ns.k, ns.k] %}{% endfor %}{{ ns.l == ns.k }}",
        "{% set ns = namespace(l=(1,)) %}{% for i in range(60) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
        "{{ 'x' * 1000000000 }}",
        "{{ [0] * 1000000000 }}",
        "{{ 2 ** 100000 }}",
        "{{ 10 ** 1000 ** 10 }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:>1000000000}'.format(1) }}",
        "{{ 'a\\nb' | indent(1000000000) }}",
        "{{ [1] | batch(1000000000, 0) | list }}",
        "{{ [1] | slice(1000000000) | list }}",
        "{{ [1, [2]] | tojson(indent=1000000000) }}",
        "{{ ('x' * 100000).replace('x', 'y' * 100000) }}",
        "{{ '\\t'.expandtabs(1000000000) }}",
        "{{ ('y' * 1000).join('x' * 100000) }}",
        "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% for i in range(99999) %}" + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" + "{% endfor %}",
        "{{ " + new string('[', 100_000),
        "{{ " + new string('(', 100_000),
        "{{ " + new string('-', 100_000) + "1 }}{{ 1/0 }}",
        "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}x{{ 1/0 }}",
        "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 400_000)) + " }}{{ 1/0 }}",
        "{{ 'x'" + string.Concat(Enumerable.Repeat("|trim", 200_000)) + " }}{{ 1/0 }}",
        string.Concat(Enumerable.Repeat("{% if true %}", 100_000)),
        "{{ 1 if 1 else " + string.Concat(Enumerable.Repeat("1 if 1 else ", 100_000)) + "1 }}{{ 1/0 }}",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_template_ends_in_a_typed_error(string template)
    {
        Assert.Throws<ChatTemplateException>(() => Jinja.Render(template, Tight));
    }

    [Theory]
    [InlineData("select")]
    [InlineData("reject('none')")]
    [InlineData("map('default')")]
    [InlineData("selectattr('x', 'undefined')")]
    [InlineData("rejectattr('x')")]
    [InlineData("unique")]
    [InlineData("batch(1)")]
    [InlineData("slice(1)")]
    public void A_chain_of_lazy_filters_without_end_is_refused(string filter)
    {
        string template = "{% set ns = namespace(x=[1]) %}{% for i in range(100000) %}{% set ns.x = ns.x|" + filter + " %}{% endfor %}{{ ns.x|list }}";
        Assert.Contains("too deeply", Assert.Throws<ChatTemplateException>(() => Jinja.Render(template)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_templates_render_or_fail_with_a_typed_error()
    {
        const int Seed = 20260115;
        Random random = new(Seed);
        string[] fragments =
        [
            "{%", "%}", "{{", "}}", "{#", "#}", "-", "+", "|", ".", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", ":", ",", "=", "==", "~", "**", "//",
            "for ", " in ", "if ", "else", "endif", "endfor", "set ", "macro ", "endmacro", "is ", "not ", "loop", "messages", "none", "1", "0", "-1",
            "|tojson", "|list", "|join", "|map('upper')", ".items()", ".split()", ".format(1)", "[::-1]", "namespace()", "range(9)", "1e400", "😀", "\ud83d", "\n",
        ];
        string[] seeds =
        [
            "{%- for m in messages if m.role != 'x' %}{{- '<|' ~ m['role'] + '|>' }}{{ m.content | trim }}{% else %}none{% endfor %}",
            "{% macro f(a, b=[1, 2.5, 'x']) %}{% set ns = namespace(n=0) %}{% for i in b recursive %}{% set ns.n = ns.n + 1 %}{{ loop.index }}{% endfor %}{{ ns.n }}{% endmacro %}{{ f(1) }}",
            "{{ d | dictsort | map('first') | join(', ') }}{{ '%s-%05.1f' % (s, f) }}{{ '{0!r:>10}{x}'.format(l, x=n) }}{{ l[1:] + l[:-1] }}{{ nest.x.y[2].z | upper }}",
            "{% set t %}{{ s | indent(2) | replace('l', 'L') }}{% endset %}{{ t | tojson(indent=2) }}{% call(x) f(1) %}{{ x }}{% endcall %}{% raw %}{{ x }}{% endraw %}{# c #}",
        ];
        for (int i = 0; i < 4000; i++)
        {
            string template = seeds[random.Next(seeds.Length)];
            for (int edits = random.Next(1, 5); edits > 0; edits--)
            {
                int at = random.Next(template.Length + 1);
                int removed = random.Next(3) == 0 ? Math.Min(random.Next(8), template.Length - at) : 0;
                template = template[..at] + (random.Next(4) == 0 ? "" : fragments[random.Next(fragments.Length)]) + template[(at + removed)..];
            }

            try
            {
                Jinja.Render(template, Tight);
            }
            catch (ChatTemplateException)
            {
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {Seed}, round {i}: {template}\n{error}");
            }
        }
    }
}
