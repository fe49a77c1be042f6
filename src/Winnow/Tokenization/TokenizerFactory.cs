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
}
