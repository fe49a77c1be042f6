using System.Text;
using System.Text.Json.Nodes;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Chat templates, rendered with a conversation that has tools, and tokenized.</summary>
internal sealed class TemplateSurface : Surface
{
    private static readonly string[] Templates =
    [
        """
        {%- if tools %}{{- '<|im_start|>system\n# Tools\n' }}{%- for tool in tools %}{{- "\n" }}{{- tool | tojson }}{%- endfor %}{{- "<|im_end|>\n" }}{%- else %}{%- if messages[0]['role'] == 'system' %}{{- messages[0].content + '\n\n' }}{%- endif %}{%- endif %}
        {%- for message in messages %}{%- if (message.role == "user") or (message.role == "system" and not loop.first) %}{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}{%- elif message.role == "assistant" %}
        {%- if message.tool_calls %}{%- for call in message.tool_calls %}{%- if call.function is defined %}{%- set call = call.function %}{%- endif %}{{- '{"name": "' ~ call.name ~ '", "arguments": ' }}{{- call.arguments | tojson(indent=2) }}{%- endfor %}{%- endif %}{%- endif %}{%- endfor %}
        {%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}
        """,
        """
        {{ bos_token }}{% set ns = namespace(index=messages|length - 1, found=false) %}{% for m in messages[::-1] %}{% set i = (messages|length - 1) - loop.index0 %}{% if not ns.found and m.role == 'user' %}{% set ns.found = true %}{% set ns.index = i %}{% endif %}{% endfor %}
        {% macro render(x, depth=0) -%}{% if x is mapping %}{% for k, v in x.items() %}{{ k|upper }}: {{ render(v, depth + 1) }}{% endfor %}{% elif x is sequence and x is not string %}{% for v in x %}{{ loop.index }}/{{ loop.length }} {{ render(v, depth=depth+1) }}{% endfor %}{% else %}{{ x|string|trim|replace('a', 'b')|title }}{% endif %}{%- endmacro %}
        {{ render(messages) }}{% call(user) render(1) %}{{ user }}{% endcall %}{{ raise_exception('no') if ns.index > 5 else '' }}
        """,
        """
        {% set content = messages[-1].content %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1].lstrip('\n') %}{% endif %}{{ content | trim | indent(4, true) | wordwrap(20) | truncate(50, true, '..') }}
        {{ "%s-%05.2f|%r" % ("a", 1.5, [1, none]) }}{{ '{:>10}|{0!r}'.format(1) if false else 'x'.center(9, '*') }}{{ range(0, 30, 7) | list | join(', ') }}{{ [3, 1, 2] | sort(reverse=true) | map('string') | join }}{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | first | default('none', true) }}
        {{ messages | groupby('role') | list | length }}{{ {'a': [1, 2.5, true, none]} | tojson }}{{ strftime_now('%Y-%m-%d') }}{% raw %}{{ raw }}{% endraw %}{# comment #}{% filter upper %}text{% endfilter %}
        """,
        """
        {% for a in range(3) recursive %}{{ a }}{% if a < 2 and loop.depth < 4 %}{{ loop(range(a)) }}{% endif %}{{ loop.cycle('x', 'y') }}{{ loop.previtem }}{% else %}none{% endfor %}{{ 7 // 2 ** 3 % 5 - -1 }}{{ 'a' ~ 1 ~ 2.0 }}{{ (1, 2)[0:1] }}{{ "x" * 3 }}
        {{ messages | batch(2, '-') | list }}{{ messages | slice(3) | list }}{{ dict(a=1).items() | list }}{{ 'abc'[::-1] }}{{ 'a,b'.split(',') | unique | reject('in', ['a']) | list }}{{ 1 if x is undefined else 2 }}{{ cycler('a', 'b').next() }}{{ joiner(',')() }}{% for x in messages %}{% break %}{% endfor %}
        """,
        "{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% else %}{{ message['content'] + eos_token }}{% endif %}{% if loop.index > 2 %}{% break %}{% else %}{% continue %}{% endif %}{% endfor %}",
    ];

    private static readonly string[] Words =
    [
        "{%", "%}", "{{", "}}", "{%-", "-%}", "{#", "#}", "if", "elif", "else", "endif", "for", "in", "endfor", "set", "endset", "macro", "endmacro", "call", "endcall", "filter", "endfilter", "block", "endblock", "raw", "endraw",
        "include", "import", "extends", "do", "with", "endwith", "autoescape", "generation", "endgeneration", "break", "continue", "recursive", "is", "not", "and", "or", "none", "true", "false", "loop", "self", "varargs", "kwargs", "caller()",
        "messages", "tools", "messages[0]", "message.content", "loop.index", "loop(messages)", "namespace()", "range(1000000000)", "range(100000)", "'x' * 1000000000", "'x' * 100000", "[1] * 100000", "2 ** 100000", "9 ** 9 ** 9", "1e308 * 10", "-1", "0", "1 / 0",
        "99999999999999999999", "''", "'a'", "[]", "{}", "()", "[[]]", "+", "-", "*", "**", "/", "//", "%", "~", "|", ".", ",", ":", "=", "==", "!=", "<", ">=", "[", "]", "(", ")", "[::-1]", "[-1]", "[1:2]", "[:: 0]",
        "|length", "|tojson", "|tojson(indent=100000)", "|list", "|sort", "|map('upper')", "|map(attribute='a.b.0')", "|join", "|replace('', 'xxxxxxxxxx')", "|replace('a', 'aaaaaaaaaaaaaaaa')", "|indent(1000000)", "|center(1000000)", "|wordwrap(1)", "|truncate(1)",
        "|batch(100000, 'x')", "|slice(100000)", "|striptags", "|urlize", "|title", "|wordcount", "|int(0, 36)", "|float", "|round(300)", "|format(1)", "|xmlattr", "|groupby('role')", "|dictsort", "|sum", "|min", "|max", "|random", "|pprint", "|escape", "|safe", "|string",
        "|trim", "|first", "|last", "|reverse", "|unique", "|default(1)", "|attr('role')", "|selectattr('role')", "|rejectattr('x', 'divisibleby', 0)", "|items", "is divisibleby 0", "is mapping", "is sameas none", "is callable", "is in messages",
        ".split('')", ".split()", ".join(messages)", ".format(*messages)", ".items()", ".get('a')", ".update({})", ".append(1)", ".replace('', 'abc', 100000)", ".zfill(1000000000)", ".ljust(100000)", ".rjust(10)", ".encode()", ".__class__", ".startswith(('a','b'))",
        "'%100000000d' % 1", "'%.100000f' % 1.5", "'{:>1000000000}'.format(1)", "strftime_now('%Y' * 1000)", "raise_exception('x' * 10000)", "{% for a in messages %}{% for b in messages %}", "{% endfor %}{% endfor %}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% set x = messages %}", "{% set ns.x = ns %}", "{% for x in range(99999) %}{{ x }}{% endfor %}", "lipsum()", "cycler(1)", "joiner()", "dict(a=1)", "'\\ud800'", "'\\u0000'", "\u2028", "İ", "ﬁ", "\n", " ",
    ];

    private readonly TextMutator _mutator = new(Templates, Words, TemplatePhrase.Make, token => token is "}}" or "-}}" or "%}" or "-%}");
    private readonly TinyModel _model = new();
    private readonly ChatMessage[] _messages =
    [
        new("system", "You are <|eot_id|> helpful.\n"),
        new("user", "What is 2 + 2? <b>é🙂</b>"),
        new("assistant", "<think>Add.</think>\n\n4") { ToolCalls = JsonNode.Parse("""[{"id":"1","type":"function","function":{"name":"add","arguments":{"a":2,"b":[2,null,1.5]}}}]""")!.AsArray() },
        new("tool", "4") { Name = "add", ToolCallId = "1" },
        new("user", ""),
    ];

    private readonly JsonArray _tools = JsonNode.Parse("""[{"type":"function","function":{"name":"add","description":"Adds <|eot_id|>","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}]""")!.AsArray();

    public override string Name => "template";

    public override IReadOnlyList<byte[]> Seeds => [.. Templates.Select(Encoding.UTF8.GetBytes)];

    public override byte[] Make(InputRandom random) => _mutator.Mutate(random);

    public override void Dispose()
    {
        _model.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        ChatTemplate template = ChatTemplate.Parse(Encoding.UTF8.GetString(input), "input");
        Accept();
        ChatPrompt.Encode(template, _model.Engine.Tokenizer, _messages, _tools, null, CancellationToken.None);
    }
}
