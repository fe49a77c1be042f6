using System.Text.Json;
using Winnow.Formats;

namespace Winnow.Lab.Conversion;

/// <summary>What a tokenizer.json asks for and GGUF has no key for: texts with it may get other ids.</summary>
internal static class TokenizerLosses
{
    private const int MostNames = 8;

    /// <summary>One line for each.</summary>
    /// <param name="tokenizer">tokenizer.json.</param>
    /// <param name="model">Its <c>model</c>.</param>
    public static IEnumerable<string> Find(JsonElement tokenizer, JsonElement model)
    {
        bool isSentencePiece = JsonFile.Flag(model, "byte_fallback") == true;
        if (tokenizer.TryGetProperty("normalizer", out JsonElement normalizer) && Describe(normalizer, isSentencePiece) is { Length: > 0 } steps)
        {
            yield return $"the normalizer is left out ({steps}): texts that it changes get other ids";
        }

        foreach ((string flag, string meaning) in ((string, string)[])[
            ("lstrip", "take white space in front of them"), ("rstrip", "take white space behind them"), ("single_word", "count as words of their own only")])
        {
            string[] names = [.. (JsonFile.List(tokenizer, "added_tokens") ?? []).Where(token => JsonFile.Flag(token, flag) == true)
                .Select(token => JsonFile.Text(token, "content") ?? "")];
            if (names.Length > 0)
            {
                yield return $"'{flag}' of added tokens is left out: {string.Join(", ", names.Take(MostNames))}{(names.Length > MostNames ? ", …" : "")} would {meaning}";
            }
        }

        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (JsonFile.Text(model, affix) is { Length: > 0 } text)
            {
                yield return $"'{affix}' is left out ('{text}'): words get other ids";
            }
        }
    }

    /// <summary>The steps of a normalizer that a vocabulary with byte tokens does not imply: that one puts the mark ▁ for spaces.</summary>
    private static string Describe(JsonElement normalizer, bool isSentencePiece) => JsonFile.Text(normalizer, "type") switch
    {
        null => "",
        "Sequence" => string.Join(", ", (JsonFile.List(normalizer, "normalizers") ?? []).Select(step => Describe(step, isSentencePiece)).Where(step => step.Length > 0)),
        "Prepend" when isSentencePiece => "",
        "Replace" when isSentencePiece && JsonFile.Text(normalizer, "content") == "▁" => "",
        { } type => type,
    };
}
