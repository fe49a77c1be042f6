using Winnow.Formats;
using Winnow.Tokenization.Gguf;
using Winnow.Tokenization.HuggingFace;

namespace Winnow.Tokenization;

/// <summary>Makes tokenizers from the vocabularies of model files.</summary>
internal static class TokenizerFactory
{
    /// <summary>The files that hold a vocabulary; only the first is read, and the error says so where there is just another.</summary>
    private static readonly string[] Formats = ["tokenizer.json", "tokenizer.model", "tekken.json", "spiece.model", "vocab.json", "vocab.txt"];

    /// <summary>Reads the vocabulary of a GGUF file.</summary>
    /// <param name="metadata">The keys of the file.</param>
    /// <param name="path">The file that errors name.</param>
    /// <returns>The tokenizer; null where the file says that it has no vocabulary.</returns>
    /// <exception cref="ModelFormatException">The vocabulary is damaged, incomplete or of no supported kind.</exception>
    public static Tokenizer? FromGguf(GgufMetadata metadata, string path)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return metadata.GetStringOrNull("tokenizer.ggml.model") is "no_vocab" or "none" ? null : new GgufTokenizerReader(metadata, path).Read();
    }

    /// <summary>Reads the vocabulary of a Hugging Face directory: tokenizer.json, and what the files beside it say about special tokens.</summary>
    /// <param name="directory">The directory.</param>
    /// <returns>The tokenizer; null where the directory has none, in whatever format.</returns>
    /// <exception cref="ModelFormatException">A file is damaged, or has a component that is not supported.</exception>
    public static Tokenizer? FromHuggingFace(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        bool isThere = Formats.Any(file => File.Exists(Path.Combine(directory, file)));
        return !isThere ? null : new HuggingFaceTokenizerReader(directory).Read();
    }
}
