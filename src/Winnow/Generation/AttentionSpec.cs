using Winnow.Attention;
using Winnow.Attention.A2ats;
using Winnow.Attention.Baselines;
using Winnow.Attention.Delta;
using Winnow.Attention.Recycled;
using Winnow.Attention.TokenSparse;

namespace Winnow.Generation;

/// <summary>The text form of <see cref="AttentionOptions"/>: <c>name[:key=value,…]</c>, composed with <c>+</c>.</summary>
internal static class AttentionSpec
{
    private const string Full = "full";

    private static readonly Dictionary<string, Func<SpecKeys, DecodeAttention>> DecodeMethods = new(StringComparer.Ordinal)
    {
        ["recycled"] = RecycledAttention.Read,
        ["delta"] = DeltaAttention.Read,
        [A2atsAttention.Name] = A2atsAttention.Read,
        ["streaming"] = StreamingAttention.Read,
        ["snapkv"] = SnapKvAttention.Read,
        ["random"] = RandomAttention.Read,
    };

    private static readonly Dictionary<string, Func<SpecKeys, PrefillAttention>> PrefillMethods = new(StringComparer.Ordinal)
    {
        ["token-sparse"] = TokenSparseAttention.Read,
    };

    /// <summary>Methods of rooms above this one; complete as soon as the assembly is loaded.</summary>
    private static readonly Dictionary<string, Func<SpecKeys, PromptTransform>> Transforms = new(StringComparer.Ordinal);

    /// <summary>Makes a method known by name. Called while the assembly is loaded, before anything is parsed.</summary>
    public static void Register(string name, Func<SpecKeys, PromptTransform> read) => Transforms.Add(name, read);

    public static AttentionOptions Parse(string specification)
    {
        AttentionOptions options = new();
        foreach (string part in specification.Split('+', StringSplitOptions.TrimEntries))
        {
            int colon = part.IndexOf(':', StringComparison.Ordinal);
            string name = colon < 0 ? part : part[..colon];
            SpecKeys keys = new(name, colon < 0 ? "" : part[(colon + 1)..]);
            if (PrefillMethods.TryGetValue(name, out Func<SpecKeys, PrefillAttention>? readPrefill))
            {
                options = options.Prefill is null
                    ? options with { Prefill = readPrefill(keys) }
                    : throw new InvalidOptionException($"attention '{specification}': a prompt can have one method only");
            }
            else if (DecodeMethods.TryGetValue(name, out Func<SpecKeys, DecodeAttention>? readDecode))
            {
                options = options.Decode is null
                    ? options with { Decode = readDecode(keys) }
                    : throw new InvalidOptionException($"attention '{specification}': decode steps can have one method only");
            }
            else if (Transforms.TryGetValue(name, out Func<SpecKeys, PromptTransform>? readTransform))
            {
                options = options.Transform is null
                    ? options with { Transform = readTransform(keys) }
                    : throw new InvalidOptionException($"attention '{specification}': a prompt can be transformed by one method only");
            }
            else if (name != Full)
            {
                throw new InvalidOptionException(
                    $"attention '{name}' is not known; there are {Full}, {string.Join(", ", PrefillMethods.Keys)} (prompts), {string.Join(", ", DecodeMethods.Keys)} (decode), {string.Join(", ", Transforms.Keys)} (evidence of long prompts)");
            }

            keys.CheckAllRead();
            options.Decode?.Validate();
        }

        return options;
    }

    public static string Format(AttentionOptions options)
    {
        string[] parts = [.. new[] { options.Transform?.Specification, options.Prefill?.Specification, options.Decode?.Specification }.OfType<string>()];
        return parts.Length == 0 ? Full : string.Join('+', parts);
    }
}
