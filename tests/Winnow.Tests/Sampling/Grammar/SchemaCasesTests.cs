using System.Text.Json.Nodes;
using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

/// <summary>Schemas that people gave to this and to other engines, with texts that they allow and texts that they forbid.</summary>
public class SchemaCasesTests
{
    [Fact]
    public void Every_case_is_judged_as_json_schema_says()
    {
        List<string> failures = [];
        JsonArray cases = JsonNode.Parse(File.ReadAllText(SharedData.Path("faults/schema-cases.json")))!.AsArray();
        foreach (JsonNode? node in cases)
        {
            string name = node!["name"]!.GetValue<string>();
            try
            {
                Grammar grammar = Grammar.ParseJsonSchema(node["schema"]!.ToJsonString());
                failures.AddRange(node["accept"]!.AsArray().Select(text => text!.GetValue<string>())
                    .Where(text => GrammarTexts.Judge(grammar, text) != "whole").Select(text => $"{name} refuses {text}"));
                failures.AddRange(node["reject"]!.AsArray().Select(text => text!.GetValue<string>())
                    .Where(text => GrammarTexts.Judge(grammar, text) == "whole").Select(text => $"{name} allows {text}"));
            }
            catch (InvalidOptionException error)
            {
                failures.Add($"{name}: {error.Message}");
            }
        }

        Assert.NotEmpty(cases);
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    /// <summary>The official suite: what it calls invalid must never be allowed; where a schema is taken, little that is valid may be lost.</summary>
    [Theory]
    [InlineData("draft2020-12")]
    [InlineData("draft7")]
    public void Nothing_that_the_official_suite_calls_invalid_is_allowed(string draft)
    {
        List<string> failures = [];
        int taken = 0;
        int valid = 0;
        int validAllowed = 0;
        string folder = SharedData.Path($"suites/json-schema/tests/{draft}");
        foreach (string file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            foreach (JsonNode? group in JsonNode.Parse(File.ReadAllText(file))!.AsArray())
            {
                string title = $"{Path.GetFileName(file)}, {group!["description"]}";
                Grammar grammar;
                try
                {
                    grammar = Grammar.FromJsonSchema(group["schema"]);
                    taken++;
                }
                catch (InvalidOptionException)
                {
                    continue;
                }

                foreach (JsonNode? test in group["tests"]!.AsArray())
                {
                    bool isValid = test!["valid"]!.GetValue<bool>();
                    bool isAllowed = GrammarTexts.Judge(grammar, test["data"]?.ToJsonString(Relaxed) ?? "null") == "whole";
                    valid += isValid ? 1 : 0;
                    validAllowed += isValid && isAllowed ? 1 : 0;
                    if (!isValid && isAllowed)
                    {
                        failures.Add($"{title}: {test["description"]}");
                    }
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{taken} schemas are taken; of {valid} valid texts {validAllowed} are allowed");
        Assert.True(taken > 100, $"only {taken} schemas were taken");
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    private static System.Text.Json.JsonSerializerOptions Relaxed { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
