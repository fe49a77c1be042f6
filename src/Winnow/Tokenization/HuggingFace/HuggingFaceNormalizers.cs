using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.HuggingFace;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
/// <param name="json">The file.</param>
internal sealed class HuggingFaceNormalizers(TokenizerJson json)
{
    /// <summary>The transformation, or null where there is none.</summary>
    public TextTransform? Read(JsonElement element)
    {
        if (element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return null;
        }

        string type = json.Text(element, "type");
        switch (type)
        {
            case "Sequence":
                TextTransform[] parts = [.. json.Items(element, "normalizers").Select(Read).OfType<TextTransform>()];
                return (text, start) => parts.Aggregate(text, (current, part) => part(current, start));
            case "Prepend":
                string prefix = json.Text(element, "prepend");
                return (text, _) => text.Length == 0 ? text : prefix + text;
            case "Replace":
                return Replace(element);
            case "Lowercase":
                return (text, _) => text.ToLowerInvariant();
            case "NFC":
                return (text, _) => CanonicalForms.Normalize(text, compose: true);
            case "NFD":
                return (text, _) => CanonicalForms.Normalize(text, compose: false);
            case "NFKC":
                return Compatibility(type, NormalizationForm.FormKC);
            case "NFKD":
                return Compatibility(type, NormalizationForm.FormKD);
            case "StripAccents":
                BertNormalizer accents = new() { CleanText = false, SeparateChinese = false, Lowercase = false };
                return (text, _) => accents.Apply(text);
            case "Strip":
                bool left = json.Flag(element, "strip_left", true);
                bool right = json.Flag(element, "strip_right", true);
                return (text, _) => (left, right) switch
                {
                    (true, true) => text.Trim(),
                    (true, false) => text.TrimStart(),
                    (false, true) => text.TrimEnd(),
                    _ => text,
                };
            case "BertNormalizer":
                bool lowercase = json.Flag(element, "lowercase", true);
                BertNormalizer bert = new()
                {
                    CleanText = json.Flag(element, "clean_text", true),
                    SeparateChinese = json.Flag(element, "handle_chinese_chars", true),
                    Lowercase = lowercase,
                    StripAccents = json.Flag(element, "strip_accents", lowercase),
                };
                return (text, _) => bert.Apply(text);
            case "Precompiled":
                byte[] data = element.TryGetProperty("precompiled_charsmap", out JsonElement map) && map.TryGetBytesFromBase64(out byte[]? bytes)
                    ? bytes
                    : throw json.Error("normalizer 'Precompiled' has no 'precompiled_charsmap' in base 64");
                CharacterMap characters = CharacterMap.Read(data) ?? throw json.Error("'precompiled_charsmap' is no character map");
                return (text, _) => characters.Apply(text);
            default:
                throw json.Unsupported(
                    "normalizer",
                    type,
                    "Sequence, Prepend, Replace, Lowercase, NFC, NFD, NFKC, NFKD, StripAccents, Strip, BertNormalizer, Precompiled");
        }
    }

    private TextTransform Replace(JsonElement element)
    {
        string content = json.Text(element, "content");
        if (json.Pattern(element, out string pattern))
        {
            Regex regex = new(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(20));
            return (text, _) => regex.Replace(text, content.Replace("$", "$$", StringComparison.Ordinal));
        }

        return (text, _) => pattern.Length == 0 ? text : text.Replace(pattern, content, StringComparison.Ordinal);
    }

    private TextTransform Compatibility(string type, NormalizationForm form)
    {
        // .NET leaves text as it is, silently, where globalization is invariant.
        if ("\uFB01".Normalize(form) != "fi")
        {
            throw json.Error($"normalizer '{type}' needs an application whose globalization is not invariant (InvariantGlobalization=false)");
        }

        return (text, _) => text.Normalize(form);
    }
}
