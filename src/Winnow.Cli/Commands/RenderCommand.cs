using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Cli.Output;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Templates;
using Winnow.Tokenization;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow render</c>: what a chat template makes of a conversation.</summary>
internal static class RenderCommand
{
    public static Command Create()
    {
        Command command = new("render", "Show the prompt that a chat template makes of a conversation.");
        Option<string?> model = new("--model", "-m") { Description = "The model whose template is used; the bundled lab model by default.", HelpName = "FILE" };
        Option<string?> template = new("--template") { Description = "A Jinja template file instead of a model's.", HelpName = "FILE" };
        Option<string> messages = new("--messages") { Description = "JSON array of messages (- for standard input).", HelpName = "FILE", Required = true };
        Option<string?> tools = new("--tools") { Description = "JSON array of tools.", HelpName = "FILE" };
        Option<bool> noPrompt = new("--no-generation-prompt") { Description = "Do not open the assistant's turn." };
        Option<string[]> set = new("--set") { Description = "A further variable: name=value, the value JSON or else text; may be repeated.", HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
        foreach (Option option in (Option[])[model, template, messages, tools, noPrompt, set])
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            (ChatTemplate chat, Dictionary<string, JsonNode?> variables) = Open(parsed.GetValue(template), parsed.GetValue(model));
            foreach (string assignment in parsed.GetValue(set)!)
            {
                int equals = assignment.IndexOf('=', StringComparison.Ordinal);
                if (equals <= 0)
                {
                    throw new UsageException($"--set needs name=value, not '{assignment}'");
                }

                variables[assignment[..equals]] = JsonOrText(assignment[(equals + 1)..]);
            }

            string text = chat.Render(
                ReadArray(parsed.GetRequiredValue(messages)),
                parsed.GetValue(tools) is { } toolsFile ? ReadArray(toolsFile) : null,
                variables,
                addGenerationPrompt: !parsed.GetValue(noPrompt),
                Clock());
            if (parsed.GetValue(tools) is not null && !chat.UsesTools)
            {
                Console.Error.WriteLine("note: this template knows of no tools, and leaves them out");
            }

            StandardStreams.Answer.Write(text);
            return ExitCodes.Success;
        });
        return command;
    }

    private static (ChatTemplate Template, Dictionary<string, JsonNode?> Variables) Open(string? templateFile, string? modelFile)
    {
        if (templateFile is not null)
        {
            return (ChatTemplate.Parse(Document.Read(templateFile, asWritten: true), templateFile), []);
        }

        string path = modelFile ?? BundledModel.Find();
        ModelText text = ModelText.Open(path);
        ChatTemplate template = text.ChatTemplate ?? throw new WinnowException(
            (text.ChatTemplateError?.Message ?? $"{path} has no chat template") + "; name one with --template FILE");
        Dictionary<string, JsonNode?> variables = [];
        variables["bos_token"] = Name(text.Tokenizer, text.Tokenizer?.BosId);
        variables["eos_token"] = Name(text.Tokenizer, text.Tokenizer?.EosId);
        return (template, variables);
    }

    private static JsonArray ReadArray(string file)
    {
        string text = file == "-" ? StandardStreams.ReadToEnd() : Document.Read(file, asWritten: true);
        try
        {
            return JsonNode.Parse(text) as JsonArray ?? throw new WinnowException($"{file}: must hold a JSON array");
        }
        catch (JsonException e)
        {
            throw new WinnowException($"{file}: no valid JSON: {e.Message}", e);
        }
    }

    private static JsonNode? JsonOrText(string value)
    {
        try
        {
            return JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            return JsonValue.Create(value);
        }
    }

    /// <summary>The clock of strftime_now; <c>WINNOW_CLOCK</c> fixes it, for output that can be compared.</summary>
    private static TimeProvider Clock()
    {
        if (Environment.GetEnvironmentVariable("WINNOW_CLOCK") is not { Length: > 0 } text)
        {
            return TimeProvider.System;
        }

        return DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime fixedTime)
            ? new FixedClock(fixedTime)
            : throw new UsageException($"WINNOW_CLOCK '{text}' is no time; write it as 2026-01-15T12:00:00");
    }

    private static string Name(Tokenizer? tokenizer, int? id) => id is { } token ? tokenizer!.TokenText(token) : "";

    private sealed class FixedClock(DateTime time) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(DateTime.SpecifyKind(time, DateTimeKind.Unspecified), TimeSpan.Zero);
    }
}
