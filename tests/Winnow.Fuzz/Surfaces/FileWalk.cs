using Winnow.Formats;
using Winnow.Generation;
using Winnow.Tensors;
using Winnow.Tokenization;

namespace Winnow.Fuzz.Surfaces;

/// <summary>What users do with a model's files once they are open.</summary>
internal static class FileWalk
{
    private const long MostElements = 1 << 16;

    /// <summary>Reads both ends of each tensor, and the values of small ones.</summary>
    public static void Tensors(ITensorFile file)
    {
        foreach ((string name, TensorEntry tensor) in file.Tensors)
        {
            int piece = (int)Math.Min(tensor.SizeBytes, 64);
            _ = tensor.Bytes(0, piece).Length + tensor.Bytes(tensor.SizeBytes - piece, piece).Length + name.Length;
            if (tensor.ElementCount <= MostElements && tensor.Type is TensorType.F32 or TensorType.F16 or TensorType.BF16)
            {
                tensor.ToSingles();
            }
        }
    }

    /// <summary>Takes texts apart into tokens and puts them together again.</summary>
    public static void Texts(Tokenizer tokenizer)
    {
        string[] texts = ["hello a .!", "  Hé🙂\u0301 ll\n\n<s>he</s> 1234 \ud83d [MASK]", new string('a', 200) + new string(' ', 50)];
        foreach (string text in texts)
        {
            int[] ids = tokenizer.Encode(text, addSpecial: true, parseSpecial: true);
            tokenizer.Decode(ids, skipSpecial: false);
            tokenizer.LeastTokens(text);
        }

        for (int id = 0; id < Math.Min(tokenizer.VocabularySize, 64); id++)
        {
            _ = tokenizer.TokenText(id).Length + tokenizer.TokenBytes(id).Length + (tokenizer.IsControl(id) || tokenizer.IsEndOfGeneration(id) ? 1 : 0);
        }
    }

    /// <summary>Loads a model and computes a few tokens.</summary>
    public static void Compute(string path)
    {
        using Engine engine = Engine.Load(path, new EngineOptions { Threads = 1 });
        using Session session = engine.CreateSession();
        int tokens = engine.Model.VocabularySize;
        session.Prefill([1 % tokens, 2 % tokens, 0]);
        session.Diagnostics.Step(tokens - 1);
    }
}
