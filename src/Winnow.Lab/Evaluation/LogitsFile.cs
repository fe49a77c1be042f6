using System.Runtime.InteropServices;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Lab.Evaluation;

/// <summary>Logits in a file, for comparing one engine with another.</summary>
public static class LogitsFile
{
    /// <summary>Writes a safetensors file with one tensor, <c>logits</c>: [tokens, vocabulary], 32-bit floats.</summary>
    /// <param name="path">The file; an existing one is replaced when the new one is complete.</param>
    /// <param name="logits">[tokens, vocabulary].</param>
    /// <param name="vocabularySize">Logits of a token.</param>
    /// <exception cref="ArgumentException">The logits are no whole number of rows.</exception>
    /// <exception cref="WinnowException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<float> logits, int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabularySize);
        if (logits.Length % vocabularySize != 0)
        {
            throw new ArgumentException($"{logits.Length} logits are no whole number of rows of {vocabularySize}", nameof(logits));
        }

        using SafetensorsWriter writer = new(path);
        writer.Declare("logits", TensorType.F32, logits.Length / vocabularySize, vocabularySize);
        writer.Write("logits", MemoryMarshal.AsBytes(logits));
        writer.Complete();
    }
}
