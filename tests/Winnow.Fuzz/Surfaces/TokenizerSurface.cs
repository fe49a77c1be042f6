using Winnow.Tokenization;

namespace Winnow.Fuzz.Surfaces;

/// <summary>The vocabulary of Hugging Face models: <c>tokenizer.json</c> and what lies beside it.</summary>
internal sealed class TokenizerSurface : DirectorySurface
{
    private const string Main = "tokenizer.json";
    private const string Settings = "tokenizer_config.json";
    private const string Letters = "\"a\":3,\"b\":4,\"h\":5,\"e\":6,\"l\":7,\"o\":8,\"Ġ\":9,\"he\":10,\"ll\":11,\"Ġh\":12,\"hell\":13,\"Ċ\":14";
    private const string Added =
        """[{"id":0,"content":"<unk>","special":true},{"id":1,"content":"<s>","special":true,"lstrip":true,"rstrip":false,"single_word":false,"normalized":false},{"id":2,"content":"</s>","special":true,"rstrip":true},{"id":20,"content":"<tool>","special":false,"normalized":true}]""";

    private static readonly (string, string)[][] Directories =
    [
        [
            (Main, $$$"""
                {"added_tokens":{{{Added}}},"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]},
                "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]},
                "post_processor":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel"},
                "model":{"type":"BPE","unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,"byte_fallback":false,"ignore_merges":true,"vocab":{"<unk>":0,"<s>":1,"</s>":2,{{{Letters}}}},"merges":["h e",["l","l"],"Ġ h","he ll"]}}
                """),
            (Settings, """{"add_bos_token":true,"add_eos_token":false,"bos_token":"<s>","eos_token":{"content":"</s>"},"tokenizer_class":"PreTrainedTokenizerFast","chat_template":"{{ messages }}","added_tokens_decoder":{"21":{"content":"<|x|>","special":true}}}"""),
            ("generation_config.json", """{"eos_token_id":[2,21]}"""),
            ("special_tokens_map.json", """{"bos_token":"<s>","unk_token":{"content":"<unk>"}}"""),
        ],
        [
            (Main, $$$"""
                {"added_tokens":{{{Added}}},"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},"pre_tokenizer":null,
                "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]} } },
                "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
                "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"vocab":{"<unk>":0,"<s>":1,"</s>":2,"<0x0A>":3,"<0x41>":4,"▁":5,"h":6,"e":7,"▁h":8,"▁he":9,"l":10},"merges":["▁ h","▁h e"]}}
                """),
            (Settings, """{"add_prefix_space":true,"legacy":false,"bos_token":"<s>"}"""),
        ],
        [
            (Main, $$$"""
                {"added_tokens":{{{Added}}},"normalizer":{"type":"Sequence","normalizers":[{"type":"Precompiled","precompiled_charsmap":"BAAAAAAAAABhAA=="},{"type":"Strip","strip_left":false,"strip_right":true}]},
                "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},"post_processor":null,"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
                "model":{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0.0],["<s>",0.0],["</s>",0.0],["▁",-2.0],["▁he",-3.5],["llo",-4.25],["a",-5.0],["l",-5.5]]}}
                """),
            (Settings, "{}"),
        ],
        [
            (Main, """
                {"added_tokens":[{"id":1,"content":"[UNK]","special":true},{"id":2,"content":"[CLS]","special":true},{"id":3,"content":"[SEP]","special":true}],"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
                "pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
                "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"he":4,"##llo":5,"a":6,"##l":7,".":8}}}
                """),
            (Settings, """{"cls_token":"[CLS]","sep_token":"[SEP]","pad_token":"[PAD]","mask_token":"[MASK]"}"""),
        ],
        [
            (Main, $$$"""
                {"added_tokens":{{{Added}}},"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Contiguous"},{"type":"WhitespaceSplit"}]},
                "post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",1],"trim_offsets":true,"add_prefix_space":false},"decoder":{"type":"BPEDecoder","suffix":"</w>"},
                "model":{"type":"BPE","unk_token":"<unk>","vocab":{"<unk>":0,"<s>":1,"</s>":2,{{{Letters}}}},"merges":[]}}
                """),
        ],
    ];

    public TokenizerSurface()
        : base(
            Directories,
            ["type", "pattern", "Regex", "String", "content", "normalizers", "pretokenizers", "vocab", "merges", "unk_id", "unk_token", "single_word", "behavior", "invert", "prepend_scheme", "split", "dropout"],
            [
                "\"NFKC\"", "\"NFD\"", "\"StripAccents\"", "\"Nmt\"", "\"Whitespace\"", "\"CharDelimiterSplit\"", "\"MergedWithPrevious\"", "\"MergedWithNext\"", "\"Removed\"", "\"first\"", "\"never\"", "\"WordLevel\"",
                """{"type":"Split","pattern":{"Regex":"(a|aa)+$"},"behavior":"Isolated"}""", """{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaaaa"}""", """{"type":"Split","pattern":{"String":""},"behavior":"Removed"}""",
                """{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}""", """{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""", """{"type":"NFKD"}""", """["a","b"]""", "\"a b\"", "\"(?<=a)b|\\\\p{Han}\"",
                "\"[^\\\\s\\\\p{L}]++\"", "\"(?>a*)\\\\G\"", "0", "-1", "1", "1e9", "2147483647", "0.5", "null", "true", "false", "[]", "{}", "\"\"", "\"<s>\"", "\"😀\"", "[\"a\",-1.5]", "[\"\",0]",
            ],
            mostChanges: 4)
    {
    }

    public override string Name => "tokenizer";

    protected override void Use(string directory)
    {
        if (TokenizerFactory.FromHuggingFace(directory) is not { } tokenizer)
        {
            return;
        }

        Accept();
        FileWalk.Texts(tokenizer);
    }
}
