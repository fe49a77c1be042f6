using System.Diagnostics.CodeAnalysis;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.Gguf;

/// <summary>
/// The values of <c>tokenizer.ggml.pre</c> and the expressions that they stand for, as llama.cpp reads them; they are
/// part of the GGUF format in all but name.
/// </summary>
/// <remarks>
/// Some differ knowingly from the model's own tokenizer.json: case classes of GPT-4o and Tekken know ASCII only, those
/// of Tiny Aya and Youtu no case at all, and ~ is no symbol where <c>\p{S}</c> is used. llama.cpp is what made and
/// what tests these files, so that its reading counts.
/// </remarks>
internal static class GgufPreTokenizers
{
    private const string Contractions = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
    private const string Spaces = @"\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Cjk = "[\u0800-\u9FA5\uAC00-\uD7FF-[\\s]]+";
    private const string Kana = "[\u4E00-\u9FA5\u3040-\u30FF]+";

    private const string Hangul =
        @"[\uAC00-\uD7A3\u3131-\u318E]+|[\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F]+|[\u3105-\u312F]+";

    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Llama3 =
        $@"(?:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Spaces}";
    private const string Qwen2 = $@"(?:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Spaces}";
    private const string Qwen35 =
        $@"(?:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{Spaces}";
    private const string DeepSeek3 =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|(?:[^\r\n\p{L}\p{P}\p{S}]|~)?[\p{L}\p{M}]+| ?[\p{P}\p{S}-[~]]+[\r\n]*|" + Spaces;
    private const string Gpt4o =
        $@"[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}-[a-z]]*[\p{{L}}-[A-Z]]+(?:{Contractions})?|"
        + $@"[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}-[a-z]]+[\p{{L}}-[A-Z]]*(?:{Contractions})?|"
        + $@"\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Spaces}";
    private const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{L}-[a-z]]*[\p{L}-[A-Z]]+|[^\r\n\p{L}\p{N}]?[\p{L}-[a-z]]+[\p{L}-[A-Z]]*|"
        + @"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + Spaces;
    private const string GraniteMultilingual =
        $@"[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}-[a-z]]*[\p{{L}}\p{{M}}-[A-Z]]+(?:{Contractions})?|"
        + $@"[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}-[a-z]]+[\p{{L}}\p{{M}}-[A-Z]]*(?:{Contractions})?|"
        + $@"\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Spaces}";
    private const string TinyAya =
        $@"[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+(?:{Contractions})?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Spaces}";
    private const string Youtu =
        $@"[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+(?:{Contractions})?|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Spaces}";
    private const string Jais2 =
        $@"(?:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|"
        + @"\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s";
    private const string Bailing =
        @"'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";
    private const string SeedCoder =
        $@"(?:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}\r\n]+|{Spaces}";
    private const string ExaoneMoe =
        $@"(?:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?(?:\p{{L}}\p{{M}}*(?: \p{{L}}\p{{M}}*)*)+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]?|"
        + @"\s*[\r\n]|\s+(?!\S)|\s+";
    private const string MiniCpm5 =
        $@"(?:{Contractions})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}+| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Spaces}";
    private const string Words = " ?[^(\\s|.,!?…。，、।۔،)]+";
    private const string HanClass = @"\u4E00-\u9FFF\u3400-\u4DBF\uF900-\uFAFF";
    private const string KimiK2 =
        $@"[{HanClass}]+|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}-[{HanClass}]]+(?:{Contractions})?|"
        + $@"\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Spaces}";

    // The cased letters that DeepSeek LLM lists; those beyond the Basic Multilingual Plane are left to CharacterView.
    private const string DeepSeekLetters =
        @"\s?["
        + @"A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373"
        + @"\u0376-\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F"
        + @"\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77"
        + @"\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D"
        + @"\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4"
        + @"\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139"
        + @"\u213C-\u213F\u2145-\u2149\u214E\u2183-\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2-\u2CF3\uA640-\uA66D"
        + @"\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A"
        + @"\uFF41-\uFF5A"
        + @"]+";

    // The range of CJK punctuation begins with the ideographic space, which llama.cpp's expressions see as white space only.
    private const string DeepSeekPunctuation = @"\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3001\u3002]+";

    // The third range begins at U+8C48, not at U+F900 as AFMoE has it: llama.cpp's source writes the latter's decomposition.
    // What stands for characters beyond the plane lies in that range and is taken out again.
    private const string AsianScripts =
        @"[\u4E00-\u9FFF\u3400-\u4DBF\u8C48-\uFAFF\u3040-\u30FF\uFF65-\uFF9F\u2F00-\u2FDF\u0E40-\u0EFF\u1780-\u17FF"
        + @"\u1000-\u109F\uAA60-\uAA7F\uA9E0-\uA9FF\uAC00-\uD7AF\u1100-\u11FF-[\uFAD9\uA7AA\uA7A1\uA823\uA6E6\uE000]]+";

    private static readonly GgufPreTokenizer Gpt2Like = GgufPreTokenizer.Of(Gpt2);
    private static readonly GgufPreTokenizer DigitsThenGpt2 = GgufPreTokenizer.Of(@"\p{N}", Gpt2);
    private static readonly GgufPreTokenizer Llama3Like = GgufPreTokenizer.Of(Llama3) with { IgnoreMerges = true, AddBos = true };
    private static readonly GgufPreTokenizer Qwen2Like = GgufPreTokenizer.Of(Qwen2);
    private static readonly GgufPreTokenizer DeepSeek3Like = GgufPreTokenizer.Of(@"\p{N}{1,3}", Kana, DeepSeek3);
    private static readonly GgufPreTokenizer Gpt4oLike = GgufPreTokenizer.Of(Gpt4o);
    private static readonly GgufPreTokenizer BailingLike = GgufPreTokenizer.Of(Bailing);
    private static readonly GgufPreTokenizer WordLike = GgufPreTokenizer.Of(Words);
    private static readonly GgufPreTokenizer LinesOnly = GgufPreTokenizer.Of(@"[^\n]+|\n+") with { SpaceMarks = true };
    private static readonly GgufPreTokenizer TinyAyaLike = new() { Steps = () => [new DigitGroups(asciiOnly: false), new RegexSplit(TinyAya)] };

    private static readonly Dictionary<string, GgufPreTokenizer> ByName = new(StringComparer.Ordinal)
    {
        ["default"] = GgufPreTokenizer.Of(@"[\p{P}\$\+<=>\^~\|]+", Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"),
        ["llama3"] = Llama3Like,
        ["llama-v3"] = Llama3Like,
        ["llama-bpe"] = Llama3Like,
        ["falcon3"] = Llama3Like,
        ["falcon-h1"] = Llama3Like,
        ["pixtral"] = Llama3Like,
        ["midm-2.0"] = Llama3Like,
        ["lfm2"] = Llama3Like,
        ["jina-v5-nano"] = Llama3Like,
        ["dbrx"] = GgufPreTokenizer.Of(Llama3),
        ["smaug-bpe"] = GgufPreTokenizer.Of(Llama3),
        ["glm4"] = GgufPreTokenizer.Of(Llama3),
        ["chatglm-bpe"] = GgufPreTokenizer.Of(Llama3),
        ["jais-2"] = GgufPreTokenizer.Of(Jais2),
        ["minicpm5"] = GgufPreTokenizer.Of(@"\p{N}{1,3}", MiniCpm5) with { IgnoreMerges = true },
        ["deepseek-llm"] = GgufPreTokenizer.Of("[\r\n]", DeepSeekLetters, DeepSeekPunctuation, @"\s+\z", Cjk, @"\p{N}+"),
        ["deepseek-coder"] = GgufPreTokenizer.Of("[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", Cjk, @"\p{N}"),
        ["deepseek-v3"] = DeepSeek3Like,
        ["hunyuan-dense"] = DeepSeek3Like,
        ["joyai-llm"] = DeepSeek3Like,
        ["youtu"] = GgufPreTokenizer.Of(Hangul + "|" + Kana, Youtu) with { IgnoreMerges = true },
        ["falcon"] = GgufPreTokenizer.Of(@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, "[0-9][0-9][0-9]"),
        ["starcoder"] = DigitsThenGpt2,
        ["refact"] = DigitsThenGpt2,
        ["command-r"] = DigitsThenGpt2,
        ["smollm"] = DigitsThenGpt2,
        ["codeshell"] = DigitsThenGpt2,
        ["exaone"] = DigitsThenGpt2,
        ["minerva-7b"] = DigitsThenGpt2,
        ["mellum2"] = DigitsThenGpt2,
        ["gpt-2"] = Gpt2Like,
        ["phi-2"] = Gpt2Like,
        ["jina-es"] = Gpt2Like,
        ["jina-de"] = Gpt2Like,
        ["gigachat"] = Gpt2Like,
        ["jina-v2-es"] = Gpt2Like,
        ["jina-v2-de"] = Gpt2Like,
        ["a.x-4.0"] = Gpt2Like,
        ["mellum"] = Gpt2Like,
        ["modern-bert"] = Gpt2Like,
        ["jina-v1-en"] = Gpt2Like,
        ["jina-v2-code"] = Gpt2Like,
        ["roberta-bpe"] = Gpt2Like,
        ["mpt"] = Gpt2Like,
        ["olmo"] = Gpt2Like,
        ["jais"] = Gpt2Like,
        ["trillion"] = Gpt2Like,
        ["granite-docling"] = Gpt2Like,
        ["exaone4"] = Gpt2Like,
        ["stablelm2"] = Qwen2Like,
        ["qwen2"] = Qwen2Like,
        ["deepseek-r1-qwen"] = Qwen2Like,
        ["kormo"] = Qwen2Like,
        ["f2llmv2"] = Qwen2Like,
        ["megrez"] = Qwen2Like,
        ["hunyuan"] = Qwen2Like,
        ["solar-open"] = Qwen2Like,
        ["grok-2"] = Qwen2Like,
        ["laguna"] = GgufPreTokenizer.Of(@"[^\n]+|\n+", Qwen2),
        ["qwen35"] = GgufPreTokenizer.Of(Qwen35),
        ["poro-chat"] = WordLike,
        ["bloom"] = WordLike,
        ["gpt3-finnish"] = WordLike,
        ["viking"] = GgufPreTokenizer.Of(Words, @"\p{N}"),
        ["tekken"] = GgufPreTokenizer.Of(Tekken) with { IgnoreMerges = true, AddBos = true },
        ["chameleon"] = GgufPreTokenizer.Of(
            "<sentinel:[0-9]+>", "IMGIMG[A-I]{1,4}Z", @"[\t\n]|    |  ", @"\p{N}", @"[\p{P}!-/:-@\[-`{-~]", Gpt2) with
        { AddBos = true },
        ["gpt-4o"] = Gpt4oLike,
        ["llama4"] = Gpt4oLike,
        ["kanana2"] = Gpt4oLike,
        ["talkie"] = Gpt4oLike,
        ["minimax-m2"] = Gpt4oLike,
        ["granite-embed-multi-97m"] = GgufPreTokenizer.Of(GraniteMultilingual) with { IgnoreMerges = true },
        ["tiny_aya"] = TinyAyaLike,
        ["cohere2moe"] = TinyAyaLike,
        ["kimi-k2"] = GgufPreTokenizer.Of(KimiK2),
        ["superbpe"] = new() { Steps = () => [new RegexSplit(@"\p{N}+"), new DigitGroups(asciiOnly: true)] },
        ["bailingmoe"] = BailingLike,
        ["bailingmoe2"] = BailingLike,
        ["llada-moe"] = BailingLike,
        ["seed-coder"] = GgufPreTokenizer.Of(SeedCoder),
        ["exaone-moe"] = GgufPreTokenizer.Of(ExaoneMoe),
        ["afmoe"] = new()
        {
            Steps = () => [new DigitGroups(asciiOnly: false), new RegexSplit(AsianScripts), new RegexSplit(DeepSeek3)],
        },
        ["gemma4"] = LinesOnly with { IsGemma = true },
        ["granite-embed-multi-311m"] = LinesOnly with { IsGemma = true },
        ["sarvam-moe"] = LinesOnly,
    };

    /// <summary>All names, in alphabetical order.</summary>
    public static IEnumerable<string> Names => ByName.Keys.Order(StringComparer.Ordinal);

    public static bool TryGet(string name, [MaybeNullWhen(false)] out GgufPreTokenizer preTokenizer) => ByName.TryGetValue(name, out preTokenizer);
}
