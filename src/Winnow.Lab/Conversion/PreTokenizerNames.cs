using System.Text.Json;
using Winnow.Formats;

namespace Winnow.Lab.Conversion;

/// <summary>Recognises the pre-tokenizer of a tokenizer.json among those that GGUF has names for.</summary>
internal static class PreTokenizerNames
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Tail = @"\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";
    private const string Start = @"[^\r\n\p{L}\p{N}]?";
    private const string Word = $"{Start}{Upper}*{Lower}+";
    private const string UpperWord = $"{Start}{Upper}+{Lower}*";
    private const string Symbols = @" ?[^\s\p{L}\p{N}]+";
    private const string Llama3 = $@"split {Contractions}|{Start}\p{{L}}+|\p{{N}}{{1,3}}|{Symbols}[\r\n]*|{Tail}; bytes";

    private const string DeepSeek3 =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*";

    /// <summary>What <see cref="Describe"/> makes of a pre-tokenizer, and its name.</summary>
    private static readonly Dictionary<string, string> Names = new(StringComparer.Ordinal)
    {
        ["words"] = "gpt-2",
        ["digits; words"] = "smollm",
        [Llama3] = "dbrx",
        [$@"split {Contractions}|{Start}\p{{L}}+|\p{{N}}|{Symbols}[\r\n]*|{Tail}; bytes"] = "qwen2",
        [$@"split {Contractions}|{Start}[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{Tail}; bytes"] = "qwen35",
        [$@"split {Word}{Contractions}?|{UpperWord}{Contractions}?|\p{{N}}{{1,3}}|{Symbols}[\r\n/]*|{Tail}; bytes"] = "gpt-4o",
        [$@"split {Word}|{UpperWord}|\p{{N}}|{Symbols}[\r\n/]*|{Tail}; bytes"] = "tekken",
        [@"split [\r\n]; split \s?\p{L}+; split \s?\p{P}+; split [一-龥ࠀ-一가-퟿]+; digits; bytes"] = "deepseek-coder",
        [$@"split \p{{N}}{{1,3}}; split [一-龥぀-ゟ゠-ヿ]+; split {DeepSeek3}|{Tail}; bytes"] = "deepseek-v3",
    };

    /// <summary>The name of a byte-level pre-tokenizer, or null.</summary>
    /// <param name="preTokenizer">The <c>pre_tokenizer</c> of a tokenizer.json.</param>
    /// <param name="ignoresMerges">The model's <c>ignore_merges</c>: words of the vocabulary are taken whole.</param>
    public static string? Find(JsonElement preTokenizer, bool ignoresMerges)
    {
        string description = Describe(preTokenizer);
        return description == Llama3 && ignoresMerges ? "llama-bpe" : Names.GetValueOrDefault(description);
    }

    /// <summary>The steps of a pre-tokenizer as one line, for the look-up and for errors.</summary>
    public static string Describe(JsonElement preTokenizer) => JsonFile.Text(preTokenizer, "type") switch
    {
        "Sequence" => string.Join("; ", (JsonFile.List(preTokenizer, "pretokenizers") ?? []).Select(Describe)),
        "ByteLevel" => (JsonFile.Flag(preTokenizer, "add_prefix_space") != false ? "prefix; " : "")
            + (JsonFile.Flag(preTokenizer, "use_regex") != false ? "words" : "bytes"),
        "Digits" => JsonFile.Flag(preTokenizer, "individual_digits") == true ? "digits" : "numbers",
        "Split" when preTokenizer.TryGetProperty("pattern", out JsonElement pattern) =>
            $"{(KeepsMatches(preTokenizer) ? "split" : "cut")} {JsonFile.Text(pattern, "Regex") ?? JsonFile.Text(pattern, "String")}",
        { } other => other,
        null => "none",
    };

    /// <summary>Whether matches become words: two ways to say so, which are the same where matches leave no gaps.</summary>
    private static bool KeepsMatches(JsonElement split) =>
        JsonFile.Text(split, "behavior") == (JsonFile.Flag(split, "invert") == true ? "Removed" : "Isolated");
}
