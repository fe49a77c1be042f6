using System.Text;
using System.Text.Json;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.HuggingFace;

/// <summary>Reads the <c>normalizer</c> of a tokenizer.json.</summary>
/// <param name="json">The file.</param>
internal sealed class HuggingFaceNormalizers(TokenizerJson json)
{
    /// <summary>How many times longer a text may become; compatibility forms have up to 18 characters for one.</summary>
    private const int MaxGrowth = 32;

    private const int MaxAddition = 4096;

    /// <summary>A transformation that makes no text longer than a limit.</summary>
    private delegate string BoundedTransform(string text, bool startOfText, int limit);

    /// <summary>The transformation, or null where there is none.</summary>
    public TextTransform? Read(JsonElement element)
    {
        List<BoundedTransform> parts = [];
        Add(element, parts);
        return parts.Count == 0 ? null : (text, start) =>
        {
            // A few replacements in a row could make gigabytes of a word; what vocabularies have is far below this.
            int limit = (int)Math.Min(((long)text.Length * MaxGrowth) + MaxAddition, int.MaxValue);
            foreach (BoundedTransform part in parts)
            {
                text = part(text, start, limit);
                CheckLength(text.Length, limit);
            }

            return text;
        };
    }

    private void Add(JsonElement element, List<BoundedTransform> parts)
    {
        if (TokenizerJson.Optional(element, "type") is { ValueKind: JsonValueKind.String } type && type.ValueEquals("Sequence"))
        {
            foreach (JsonElement part in json.Items(element, "normalizers"))
            {
                Add(part, parts);
            }
        }
        else if (TokenizerJson.Optional(element, "type") is { ValueKind: JsonValueKind.String } kind && kind.ValueEquals("Replace"))
        {
            parts.Add(Replace(element));
        }
        else if (ReadOne(element) is { } transform)
        {
            parts.Add((text, start, _) => transform(text, start));
        }
    }

    private TextTransform? ReadOne(JsonElement element)
    {
        if (element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return null;
        }

        string type = json.Text(element, "type");
        switch (type)
        {
            case "Prepend":
                string prefix = json.Text(element, "prepend");
                return (text, _) => text.Length == 0 ? text : prefix + text;
            case "Lowercase":
                return (text, _) => FullCase.LowerEach(text);
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
                byte[] data = TokenizerJson.Optional(element, "precompiled_charsmap") is { ValueKind: JsonValueKind.String } map && map.TryGetBytesFromBase64(out byte[]? bytes)
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

    private BoundedTransform Replace(JsonElement element)
    {
        string content = json.Text(element, "content");
        if (json.Pattern(element, out string pattern))
        {
            try
            {
                return new RegexReplacement(pattern, content, json.Path).Apply;
            }
            catch (ArgumentException error)
            {
                throw json.Error($"normalizer 'Replace' has the pattern '{Quoted.Cut(pattern)}', which is not supported: {error.Message}");
            }
        }

        return (text, _, limit) =>
        {
            long count = pattern.Length == 0 ? 0 : text.AsSpan().Count(pattern);
            CheckLength(text.Length + (count * (content.Length - pattern.Length)), limit);
            return count == 0 ? text : text.Replace(pattern, content, StringComparison.Ordinal);
        };
    }

    private void CheckLength(long length, int limit)
    {
        if (length > limit)
        {
            throw new WinnowException($"{json.Path}: the normalizer makes more than {limit} characters of a text, {MaxGrowth} times what it is given");
        }
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
