using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Documents;
using Winnow.Sampling;

namespace Winnow.Cli.Options;

/// <summary>The form that an answer must have: a GBNF grammar or a JSON schema.</summary>
internal sealed class GrammarOptions
{
    private readonly Option<string?> _grammar = new("--grammar") { Description = "Keep the answer to a GBNF grammar.", HelpName = "FILE" };

    private readonly Option<string?> _schema = new("--json-schema") { Description = "Keep the answer to JSON of this schema.", HelpName = "FILE" };

    public GrammarOptions AddTo(Command command)
    {
        command.Add(_grammar);
        command.Add(_schema);
        return this;
    }

    /// <summary>The grammar asked for, or null.</summary>
    public Grammar? Read(ParseResult parsed)
    {
        string? grammarFile = parsed.GetValue(_grammar);
        string? schemaFile = parsed.GetValue(_schema);
        if (grammarFile is not null && schemaFile is not null)
        {
            throw new UsageException("--grammar and --json-schema exclude each other");
        }

        return grammarFile is not null ? Grammar.ParseGbnf(Document.Read(grammarFile, asWritten: true))
            : schemaFile is not null ? Grammar.FromJsonSchema(ReadSchema(schemaFile))
            : null;
    }

    // Generated schemas nest deeper than the 64 levels that the reader takes unasked.
    private const int MaxSchemaDepth = 512;

    private static JsonNode? ReadSchema(string file)
    {
        try
        {
            return JsonNode.Parse(Document.Read(file, asWritten: true), documentOptions: new JsonDocumentOptions { MaxDepth = MaxSchemaDepth });
        }
        catch (JsonException e)
        {
            throw new WinnowException($"{file}: no valid JSON: {e.Message}", e);
        }
    }
}
