using System.Text.Json;
using System.Text.RegularExpressions;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.HuggingFace;

/// <summary>Reads the <c>pre_tokenizer</c> of a tokenizer.json.</summary>
/// <param name="json">The file.</param>
internal sealed class HuggingFacePreTokenizers(TokenizerJson json)
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Punctuation = @"[\p{P}!-/:-@\[-`{-~]";

    private readonly List<PreTokenizerStep> _steps = [];

    /// <summary>Whether the vocabulary is in GPT-2's byte alphabet.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>The cuts, or null where there are none.</summary>
    public PreTokenizer? Read(JsonElement element)
    {
        Add(element);
        return _steps.Count == 0 ? null : new PreTokenizer([.. _steps]);
    }

    private void Add(JsonElement element)
    {
        if (element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return;
        }

        string type = json.Text(element, "type");
        if (IsByteLevel)
        {
            throw json.Error($"pre-tokenizer '{type}' after 'ByteLevel' is not supported");
        }

        switch (type)
        {
            case "Sequence":
                foreach (JsonElement part in json.Items(element, "pretokenizers"))
                {
                    Add(part);
                }

                break;
            case "ByteLevel":
                if (json.Flag(element, "add_prefix_space", true))
                {
                    _steps.Add(new LeadingSpace());
                }

                if (json.Flag(element, "use_regex", true))
                {
                    _steps.Add(new RegexSplit(Gpt2));
                }

                IsByteLevel = true;
                break;
            case "Split":
                string pattern = json.Pattern(element, out string found) ? found : Regex.Escape(found);
                _steps.Add(RegexSplit(pattern, Behavior(element, "behavior"), json.Flag(element, "invert", false)));
                break;
            case "Metaspace":
                _steps.Add(new SpaceMarkSplit(Prefix(element), json.Flag(element, "split", true)));
                break;
            case "Whitespace":
                _steps.Add(new RegexSplit(@"\w+|[^\w\s]+", SplitBehavior.Removed, invert: true));
                break;
            case "WhitespaceSplit":
                _steps.Add(new RegexSplit(@"\s+", SplitBehavior.Removed));
                break;
            case "CharDelimiterSplit":
                _steps.Add(new RegexSplit(Regex.Escape(json.Text(element, "delimiter")), SplitBehavior.Removed));
                break;
            case "Digits":
                bool individual = json.Flag(element, "individual_digits", false);
                _steps.Add(new RegexSplit(@"\p{N}", individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
                break;
            case "Punctuation":
                _steps.Add(new RegexSplit(Punctuation, Behavior(element, "behavior")));
                break;
            case "BertPreTokenizer":
                _steps.AddRange(BertWords.Steps());
                break;
            default:
                throw json.Unsupported(
                    "pre-tokenizer",
                    type,
                    "Sequence, ByteLevel, Split, Metaspace, Whitespace, WhitespaceSplit, CharDelimiterSplit, Digits, Punctuation, BertPreTokenizer");
        }
    }

    private RegexSplit RegexSplit(string pattern, SplitBehavior behavior, bool invert)
    {
        try
        {
            return new RegexSplit(pattern, behavior, invert);
        }
        catch (ArgumentException error)
        {
            throw json.Error($"pre-tokenizer 'Split' has the pattern '{Quoted.Cut(pattern)}', which is not supported: {error.Message}");
        }
    }

    private SplitBehavior Behavior(JsonElement element, string name)
    {
        string text = element.TryGetProperty(name, out _) ? json.Text(element, name) : nameof(SplitBehavior.Isolated);
        return Enum.TryParse(text, out SplitBehavior behavior) && Enum.IsDefined(behavior)
            ? behavior
            : throw json.Unsupported("split behavior", text, string.Join(", ", Enum.GetNames<SplitBehavior>()));
    }

    /// <summary>Where a Metaspace component puts a space in front.</summary>
    private SpacePrefix Prefix(JsonElement element)
    {
        if (element.TryGetProperty("replacement", out JsonElement replacement) && replacement.ValueKind == JsonValueKind.String
            && !replacement.ValueEquals([Utf8Text.SpaceMark]))
        {
            throw json.Unsupported("Metaspace replacement", json.Text(element, "replacement"), Utf8Text.SpaceMark.ToString());
        }

        if (!element.TryGetProperty("prepend_scheme", out _))
        {
            return json.Flag(element, "add_prefix_space", true) ? SpacePrefix.Always : SpacePrefix.Never;
        }

        string scheme = json.Text(element, "prepend_scheme");
        return scheme switch
        {
            "always" => SpacePrefix.Always,
            "first" => SpacePrefix.First,
            "never" => SpacePrefix.Never,
            _ => throw json.Unsupported("prepend_scheme", scheme, "always, first, never"),
        };
    }
}
