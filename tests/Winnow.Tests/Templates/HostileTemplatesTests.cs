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
        "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 200_000)) + " }}{{ 1/0 }}",
        "{{ 'x'" + string.Concat(Enumerable.Repeat("|trim", 150_000)) + " }}{{ 1/0 }}",
        string.Concat(Enumerable.Repeat("{% if true %}", 100_000)),
        "{{ 1 if 1 else " + string.Concat(Enumerable.Repeat("1 if 1 else ", 80_000)) + "1 }}{{ 1/0 }}",
    ];

    /// <summary>What is dropped at once is memory too, until somebody collects it.</summary>
    [Theory]
    [InlineData("{% for c in 'x' * 10000000 %}{{ c }}{% endfor %}")]
    [InlineData("{% for c in 'x' * 10000000 %}{% if c.role == 1 or c.content == 2 %}{% endif %}{% endfor %}")]
    public void Passes_of_a_loop_cost_what_their_scopes_take(string text)
    {
        ChatTemplate template = ChatTemplate.Parse(text);
        ChatTemplateLimits limits = ChatTemplateLimits.Default with { MaxTime = Timeout.InfiniteTimeSpan };
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ChatTemplateException>(() => template.RenderWithOrigins(new ChatTemplateInput { Messages = [], Limits = limits }));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 30);
    }

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

    public static TheoryData<string> Costly =>
    [
        "{{ ('<' * 1000000)|striptags|length }}{% for i in range(99999) %}{% set x = ('<' * 1000000)|striptags %}{% endfor %}",
        "{% set s = 'x' * 1000000 %}{% for i in range(99999) %}{% set x = s.strip('y' * 100000) %}{% endfor %}",
        "{% set s = '9' * 1000 %}{% for i in range(100000) %}{% for j in range(100000) %}{% set x = s|int %}{% endfor %}{% endfor %}",
        "{% for i in range(99999) %}{% for i in range(99999) %}{% set x = 1.5|round(400) %}{% endfor %}{% endfor %}",
        "{% set p = '.'.join(['a'] * 100000) %}{{ ([{}] * 8000000)|map(attribute=p)|list|length }}",
        "{% set s = 'a ' * 8000000 %}{% for i in range(1000) %}{% set x = s|wordcount %}{% endfor %}x",
        "{% set ns = namespace(l=[]) %}{% set s = 'x' * 16000000 %}{% for i in range(100) %}{% set ns.l = [ns.l, s|title] %}{% endfor %}{{ 1 }}",
        "{{ ('<' * 16000000)|forceescape|length }}",
        "{{ ('<' * 16000000)|e|length }}",
        "{{ ('\u00e9' * 16000000)|urlencode|length }}",
        "{{ {'a': '&' * 16000000}|xmlattr|length }}",
        "{{ ['\u00e9' * 16000000]|tojson(ensure_ascii=true)|length }}",
        "{% set a = 'a' * 8000000 %}{% set b = 'a' * 4000000 ~ 'b' ~ 'a' * 3000000 %}{% for i in range(9) %}{{ b in a }}{{ a.find(b) }}{{ a.count(b) }}{% endfor %}",
        "{% set a = 'a' * 8000000 %}{% set b = 'a' * 8000000 %}{% for i in range(9999) %}{{ a == b }}{{ [a, b]|sort|length }}{{ {a: 1}[b] }}{% endfor %}",
        "{% macro f(" + string.Join(',', Enumerable.Range(0, 1000).Select(i => $"p{i}")) + ") %}{% endmacro %}{% for i in range(99999) %}{{ f() }}{% endfor %}",
        "{% set d = dict([1]|map('string')|zip) %}",
        "{% for i in range(99999) %}{% for j in range(99999) %}{{ 0.1 }}{% endfor %}{% endfor %}",
    ];

    [Theory]
    [MemberData(nameof(Costly))]
    public void What_costs_much_is_charged_for_it(string template)
    {
        // Without a bound on time, so that it is the steps that end it.
        ChatTemplateLimits limits = new() { MaxSteps = 4_000_000, MaxTime = Timeout.InfiniteTimeSpan };
        Assert.Throws<ChatTemplateException>(() => Jinja.Render(template, limits));
    }

    [Fact]
    public void A_rendering_ends_when_its_time_is_over()
    {
        ChatTemplateLimits limits = new() { MaxSteps = long.MaxValue, MaxTime = TimeSpan.FromMilliseconds(50) };
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(() => Jinja.Render(Hostile.First(), limits));
        Assert.Contains("longer than the 0.05 seconds", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChatTemplateLimits { MaxTime = TimeSpan.Zero });
    }

    [Fact]
    public void A_rendering_ends_when_its_caller_gives_up()
    {
        using CancellationTokenSource given = new();
        given.Cancel();
        ChatTemplate template = ChatTemplate.Parse(Hostile.First());
        Assert.Throws<OperationCanceledException>(() => template.Render(new ChatTemplateInput { Messages = [], CancellationToken = given.Token }));
    }

    public static TheoryData<string> Long =>
    [
        "{{ " + string.Concat(Enumerable.Repeat("'a' ", 200_000)) + "| length }}",
        "{% macro f(" + string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"p{i}")) + ") %}{% endmacro %}{{ dict(" + string.Join(',', Enumerable.Range(0, 30_000).Select(i => $"p{i}=1")) + ") | length }}",
        "{% set d = dict([" + string.Join(',', Enumerable.Range(0, 50_000).Select(i => $"('p{i}',1)")) + "]) %}{{ dict(**d) | length }}",
        "{{ x if false else 1 }}" + string.Concat(Enumerable.Repeat("{% set a = b %}", 60_000)),
    ];

    [Theory]
    [MemberData(nameof(Long))]
    public void A_long_template_is_read_once(string template) => Assert.NotNull(Jinja.Render(template));

    [Theory]
    [InlineData("{{ 'a'|a", ".b", 200_000, " }}")]
    [InlineData("{{ 'a' is a", ".b", 200_000, " }}")]
    [InlineData("{{ raise_exception('", "x", 900_000, "') }}")]
    [InlineData("", "{% for a in b %}", 300, "")]
    [InlineData("", "x", 3_000_000, "")]
    public void A_long_template_that_is_refused_is_not_quoted_at_length(string before, string part, int count, string behind)
    {
        string template = before + string.Concat(Enumerable.Repeat(part, count)) + behind;
        Assert.True(Assert.Throws<ChatTemplateException>(() => Jinja.Render(template)).Message.Length < 1200);
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
