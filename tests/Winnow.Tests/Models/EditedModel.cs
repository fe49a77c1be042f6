using System.Text.Json.Nodes;
using Winnow.Formats;
using Winnow.Tensors;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>A copy of a tiny model with something changed: a key of its config.json, or one of its tensors.</summary>
internal sealed class EditedModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="name">The tiny model.</param>
    /// <param name="editConfig">Changes config.json.</param>
    /// <param name="editTensors">Changes the list of tensors: name and shape; the bytes are zeros where they are new.</param>
    public EditedModel(string name, Action<JsonObject>? editConfig = null, Action<Dictionary<string, long[]>>? editTensors = null)
    {
        string source = TinyModels.Path(name);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!.AsObject();
        editConfig?.Invoke(config);
        File.WriteAllText(_folder.PathOf("config.json"), config.ToJsonString());
        if (editTensors is null)
        {
            File.Copy(Path.Combine(source, "model.safetensors"), _folder.PathOf("model.safetensors"));
        }
        else
        {
            WriteTensors(source, editTensors);
        }
    }

    public string Folder => _folder.Root;

    public void Dispose() => _folder.Dispose();

    private void WriteTensors(string source, Action<Dictionary<string, long[]>> edit)
    {
        using SafetensorsFile file = SafetensorsFile.Open(source);
        Dictionary<string, long[]> shapes = file.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Shape.ToArray());
        edit(shapes);
        using SafetensorsWriter writer = new(_folder.PathOf("model.safetensors"));
        foreach ((string name, long[] shape) in shapes)
        {
            writer.Declare(name, TensorType.F32, shape);
        }

        foreach ((string name, long[] shape) in shapes)
        {
            if (file.Tensors.TryGetValue(name, out TensorEntry? tensor) && tensor.Shape.SequenceEqual(shape))
            {
                writer.Write(name, tensor);
            }
            else
            {
                writer.Write(name, new byte[shape.Aggregate(4L, (product, extent) => product * extent)]);
            }
        }

        writer.Complete();
    }
}
