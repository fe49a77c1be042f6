namespace Winnow.Formats;

/// <summary>A mapped file (or set of files) of named tensors: GGUF or safetensors.</summary>
internal interface ITensorFile : IDisposable
{
    /// <summary>The path that was opened.</summary>
    string Path { get; }

    /// <summary>The tensors by their names in the file.</summary>
    IReadOnlyDictionary<string, TensorEntry> Tensors { get; }
}
