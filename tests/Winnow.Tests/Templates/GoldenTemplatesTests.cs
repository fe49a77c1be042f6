using System.Text.Json.Nodes;
using Winnow.Templates;

namespace Winnow.Tests.Templates;

/// <summary>What Python's jinja2 renders from templates of the kinds that models ship, and from those that models ship.</summary>
public class GoldenTemplatesTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_template_renders_or_refuses_every_conversation_as_jinja2_does(bool isShared)
    {
        string folder = Folder(isShared);
        JsonNode golden = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "golden.json")))!;
        List<string> failures = [];
        int count = 0;
        foreach ((string name, JsonNode? cases) in golden["expected"]!.AsObject())
        {
            ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(Path.Combine(folder, name)), name);
            foreach ((string caseName, JsonNode? expected) in cases!.AsObject())
            {
                count++;
                string? wanted = expected!["text"]?.GetValue<string>();
                string? actual = Render(template, golden, caseName, out string? refusal);
                if (actual != wanted)
                {
                    failures.Add($"{name}, {caseName}: wanted {wanted ?? expected.ToJsonString()}, got {actual ?? refusal}");
                }
            }
        }

        Assert.NotEqual(0, count);
        Assert.True(failures.Count == 0, $"{failures.Count} of {count} differ:\n{string.Join('\n', failures)}");
    }

    /// <summary>The templates of the shared reference data, or those of the repository.</summary>
    internal static string Folder(bool isShared) =>
        isShared ? SharedData.Path("templates") : Path.Combine(AppContext.BaseDirectory, "References", "templates");

    internal static ChatTemplateInput Input(JsonNode golden, JsonObject conversation)
    {
        Dictionary<string, JsonNode?> variables = new(golden["variables"]!.AsObject());
        foreach ((string key, JsonNode? value) in conversation)
        {
            if (key is not ("messages" or "tools" or "add_generation_prompt"))
            {
                variables[key] = value;
            }
        }

        return new ChatTemplateInput
        {
            Messages = conversation["messages"]!.AsArray(),
            Tools = conversation["tools"]?.AsArray(),
            AddGenerationPrompt = conversation["add_generation_prompt"]!.GetValue<bool>(),
            Variables = variables,
            Clock = new FixedClock(golden["clock"]!.GetValue<string>()),
        };
    }

    private static string? Render(ChatTemplate template, JsonNode golden, string caseName, out string? refusal)
    {
        try
        {
            refusal = null;
            return template.Render(Input(golden, golden["cases"]![caseName]!.AsObject()));
        }
        catch (ChatTemplateException error)
        {
            refusal = error.Message;
            return null;
        }
    }
}
