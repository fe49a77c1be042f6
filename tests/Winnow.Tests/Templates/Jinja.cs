using System.Text.Json.Nodes;
using Winnow.Templates;

namespace Winnow.Tests.Templates;

/// <summary>Renders small templates with the same variables.</summary>
internal static class Jinja
{
    private const string Variables = """
        {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}, {"role": "user", "content": "bye"}],
         "n": 7,
         "f": 2.5,
         "s": "hello world",
         "neg": -7,
         "d": {"b": 2, "a": 1, "C": 3},
         "nest": {"x": {"y": [1, 2, {"z": "deep"}]}},
         "l": [3, 1, 2],
         "empty": [],
         "none": null,
         "t": true,
         "emoji": "a😀b",
         "q": "it's",
         "items_": [{"n": "x", "v": 1}, {"n": "Y", "v": 2}, {"n": "x", "v": 3}],
         "html": "<b>&'\"</b>",
         "big": 18446744073709551615,
         "lines": "a\nb\n\nc",
         "tools": null,
         "m": {"items": 1, "get": 2}}
        """;

    public static string Render(string template) => Render(template, ChatTemplateLimits.Default);

    public static string Render(string template, ChatTemplateLimits limits)
    {
        JsonObject variables = JsonNode.Parse(Variables)!.AsObject();
        JsonArray messages = variables["messages"]!.AsArray();
        variables.Remove("messages");
        return ChatTemplate.Parse(template).Render(new ChatTemplateInput
        {
            Messages = messages,
            Variables = new Dictionary<string, JsonNode?>(variables),
            Clock = new FixedClock("2026-01-15T12:00:00"),
            Limits = limits,
        });
    }
}
