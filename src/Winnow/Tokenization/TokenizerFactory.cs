using Winnow.Formats;

namespace Winnow.Tokenization;

/// <summary>Makes tokenizers from the vocabularies of model files.</summary>
public static class TokenizerFactory
{
    /// <summary>Reads the vocabulary of a GGUF file.</summary>
    /// <param name="metadata">The keys of the file.</param>
    /// <param name="path">The file that errors name.</param>
    /// <exception cref="ModelFormatException">The vocabulary is damaged, incomplete or of no supported kind.</exception>
    public static Tokenizer FromGguf(GgufMetadata metadata, string path)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new GgufTokenizerReader(metadata, path).Read();
    }

    /// <summary>Reads the vocabulary of a Hugging Face directory: tokenizer.json, and what the files beside it say about special tokens.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="ModelFormatException">A file is missing, damaged, or has a component that is not supported.</exception>
    public static Tokenizer FromHuggingFace(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new HuggingFaceTokenizerReader(directory).Read();
    }
}
