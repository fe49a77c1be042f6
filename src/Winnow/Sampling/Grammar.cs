using System.Text.Json.Nodes;
using Winnow.Sampling.Grammars;

namespace Winnow.Sampling;

/// <summary>The texts that a model may generate: a context-free grammar over bytes. Immutable; shared by any number of constraints.</summary>
public sealed class Grammar
{
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
    /// <exception cref="GrammarException">The text is no grammar; the message names line and column.</exception>
    public static Grammar ParseGbnf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new Grammar(GrammarCompiler.Compile(new GbnfParser(text).Parse(), "root"));
    }

    /// <summary>Makes a grammar of the JSON texts that a schema allows.</summary>
    /// <remarks>
    /// Supported are type, enum, const, properties, required, additionalProperties, items, prefixItems, minItems, maxItems,
    /// minLength, maxLength, pattern, format (date, time, date-time, uuid), bounds of integers, anyOf, oneOf, allOf of objects,
    /// $ref within the schema, $defs. A keyword that would limit the text in another way is refused, annotations are ignored.
    /// Deviation from JSON Schema: properties come in the order of the schema, and an object that lists properties has no others
    /// unless <c>additionalProperties</c> says so, since a model is to fill in what was asked for.
    /// </remarks>
    /// <exception cref="GrammarException">The schema is malformed or uses an unsupported keyword; the message names its place.</exception>
    public static Grammar FromJsonSchema(JsonNode? schema) =>
        new(GrammarCompiler.Compile(new JsonSchemaConverter(schema).Convert(), "root"));
}
