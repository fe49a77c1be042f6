using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Sampling.Grammars;

namespace Winnow.Sampling;

/// <summary>The texts that a model may generate: a context-free grammar over bytes. Immutable; shared by any number of constraints.</summary>
public sealed class Grammar
{
    /// <summary>What reading and compiling may spend, far less than a microsecond each.</summary>
    private const long MaxSteps = 50_000_000;

    private Grammar(GrammarStates states)
    {
        States = states;
    }

    internal GrammarStates States { get; }

    /// <summary>Reads a grammar in GBNF, the notation of llama.cpp: rules such as <c>root ::= "yes" | [0-9]+</c>.</summary>
    /// <remarks>
    /// Literals, character classes, <c>.</c>, groups, <c>|</c>, <c>*</c>, <c>+</c>, <c>?</c>, <c>{m,n}</c> and comments are supported,
    /// token references in angle brackets are not. The text begins with the rule <c>root</c>. A rule may not begin with itself.
    /// </remarks>
    /// <param name="text">The rules.</param>
    /// <param name="cancellationToken">Gives up on a large grammar.</param>
    /// <exception cref="InvalidOptionException">The text is no grammar, or one too large; the message names line and column.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static Grammar ParseGbnf(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        Budget budget = NewBudget(cancellationToken);
        return new Grammar(GrammarCompiler.Compile(new GbnfParser(text, budget).Parse(), "root", budget, mustEnd: false));
    }

    /// <summary>Reads a JSON schema from its text and makes a grammar of the JSON texts that it allows.</summary>
    /// <inheritdoc cref="FromJsonSchema"/>
    public static Grammar ParseJsonSchema(string schema, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            return FromJsonSchema(JsonNode.Parse(schema, documentOptions: new JsonDocumentOptions { MaxDepth = SchemaTree.MaxDepth }), cancellationToken);
        }
        catch (JsonException error)
        {
            throw new InvalidOptionException($"the JSON schema is no valid JSON: {error.Message}", error);
        }
    }

    /// <summary>Makes a grammar of the JSON texts that a schema allows.</summary>
    /// <remarks>
    /// <para>
    /// Supported are type, enum, const, properties, required, additionalProperties, items, prefixItems, minItems, maxItems,
    /// minLength, maxLength, pattern, format (date, time, date-time, uuid; beside a pattern it is an annotation), bounds of numbers,
    /// anyOf, oneOf whose alternatives exclude each other, allOf, $ref within the schema, $anchor, $defs. All of them limit the text
    /// together, those beside a reference too. A keyword that would limit it in another way is refused by name, annotations are ignored.
    /// </para>
    /// <para>
    /// The texts are fewer than those that JSON Schema calls valid, since a model is to fill in what was asked for: properties come in
    /// the order of the schema; an object that lists properties has no others unless <c>additionalProperties</c> says so; a schema
    /// without a type is one of the type that its keywords are about; between bounds numbers have no exponent. A maximum above 100,000
    /// characters or items is none.
    /// </para>
    /// </remarks>
    /// <param name="schema">The schema.</param>
    /// <param name="cancellationToken">Gives up on a large schema.</param>
    /// <exception cref="InvalidOptionException">
    /// The schema is malformed, too large, allows nothing, or uses an unsupported keyword; the message names its place.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static Grammar FromJsonSchema(JsonNode? schema, CancellationToken cancellationToken = default)
    {
        Budget budget = NewBudget(cancellationToken);
        return new(GrammarCompiler.Compile(new JsonSchemaConverter(schema, budget).Convert(), "root", budget, mustEnd: true));
    }

    private static Budget NewBudget(CancellationToken cancellationToken) =>
        new(MaxSteps, Timeout.InfiniteTimeSpan, spent => new InvalidOptionException($"the grammar takes {spent}: it is too large"), cancellationToken);
}
