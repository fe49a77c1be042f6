using Winnow.Formats;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Fuzz.Surfaces;

/// <summary>GGUF files: metadata, tensors, vocabulary, template, and the whole model where it is one.</summary>
internal class GgufSurface : Surface
{
    /// <summary>Keys, names and values that the readers look for.</summary>
    protected static readonly string[] Words =
    [
        .. TinyFiles.TensorNames(isGguf: true), .. TinyFiles.Pieces, "general.alignment", "general.architecture", "general.file_type", "llama", "qwen2", "qwen3",
        "gemma2", "gemma3", "phi3", "qwen3moe", "mistral", "starcoder2", "gptneox", "stablelm", "olmo2", "granite", "smollm3", "llama.expert_count", "llama.expert_used_count",
        "llama.rope.scaling.type", "llama.rope.scaling.factor", "llama.rope.dimension_sections", "llama.attention.sliding_window", "llama.attention.head_count_kv",
        "llama.attention.key_length", "llama.block_count", "llama.context_length", "llama.embedding_length", "llama.feed_forward_length", "linear", "yarn", "longrope",
        "tokenizer.ggml.model", "tokenizer.ggml.pre", "tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.merges", "tokenizer.ggml.token_type",
        "tokenizer.ggml.add_space_prefix", "tokenizer.ggml.remove_extra_whitespaces", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.suppress_tokens", "tokenizer.chat_template",
        "gpt2", "bert", "t5", "no_vocab", "rwkv", "default", "llama-bpe", "deepseek-llm", "tekken", "gpt-4o", "split.count", "split.no", "split.tensors.count",
        "{{ messages }}", "{% for m in messages %}", "\0", "\u001b[2J", "", "rope_freqs.weight", "blk.1.attn_q.weight", "blk.0.attn_q.bias", "output.bias", "a b", "Ġ Ġ",
    ];

    private readonly Lazy<byte[][]> _seeds;
    private readonly Lazy<GgufDraft[]> _drafts;

    public GgufSurface()
    {
        _seeds = new Lazy<byte[][]>(() => [.. TinyFiles.Gguf(Folder.Root), .. SharedModels.Gguf(Folder.PathOf("made.gguf"))]);
        _drafts = new Lazy<GgufDraft[]>(() => [.. _seeds.Value.Select(seed => GgufDraft.Parse(seed))]);
    }

    public override string Name => "gguf";

    public override IReadOnlyList<byte[]> Seeds => _seeds.Value;

    /// <summary>Where inputs are written.</summary>
    protected ScratchFolder Folder { get; } = new();

    public override byte[] Make(InputRandom random) => random.Pick(_drafts.Value).Mutate(_drafts.Value, Words, random);

    public override void Dispose()
    {
        Folder.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        try
        {
            Use(Folder.Write("model.gguf", input)!);
        }
        finally
        {
            Folder.Clear();
        }
    }

    /// <summary>Opens a file and uses what it holds; a part that cannot be used does not keep the others from it.</summary>
    protected void Use(string path)
    {
        using (GgufFile file = GgufFile.Open(path))
        {
            Accept();
            foreach ((string key, object value) in file.Metadata)
            {
                _ = key.Length + (value.ToString()?.Length ?? 0);
            }

            FileWalk.Tensors(file);
        }

        ModelText text = ModelText.Open(path);
        if (text.Tokenizer is { } tokenizer)
        {
            FileWalk.Texts(tokenizer);
        }

        try
        {
            text.ChatTemplate?.Render(new ChatTemplateInput { Messages = ChatMessage.ToJson([new ChatMessage("user", "hello")]) });
        }
        catch (ChatTemplateException)
        {
            // Such a model still continues texts.
        }

        FileWalk.Compute(path);
    }
}
