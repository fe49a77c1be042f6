using System.Text;
using System.Text.Json.Nodes;
using Winnow.Formats;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Safetensors models: one file, or shards with an index.</summary>
internal sealed class SafetensorsSurface : Surface
{
    private const string Index = "model.safetensors.index.json";

    private readonly ScratchFolder _folder = new();
    private readonly (string Name, byte[] Bytes)[][] _sets;
    private readonly string[] _shards;
    private readonly SafetensorsMutator _files;
    private readonly JsonMutator _indexes;

    public SafetensorsSurface()
    {
        (string Name, byte[] Bytes)[] whole = [("model.safetensors", TinyFiles.Safetensors(_folder.Root, "llama"))];
        (string Name, byte[] Bytes)[] shards =
            [("a.safetensors", TinyFiles.Safetensors(_folder.Root, "qwen3", 0, 2)), ("b.safetensors", TinyFiles.Safetensors(_folder.Root, "qwen3", 1, 2))];
        JsonObject map = [];
        foreach ((string name, byte[] bytes) in shards)
        {
            string path = _folder.Write(name, bytes)!;
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach (string tensor in file.Tensors.Keys)
            {
                map[tensor] = name;
            }
        }

        _folder.Clear();
        string index = new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 1000 }, ["weight_map"] = map }.ToJsonString();
        _sets = [whole, [.. shards, (Index, Encoding.UTF8.GetBytes(index))]];
        _shards = [.. whole.Concat(shards).Select(file => file.Name)];
        _files = new SafetensorsMutator([whole[0].Bytes, shards[0].Bytes, shards[1].Bytes], TinyFiles.TensorNames(isGguf: false), []);
        _indexes = new JsonMutator([index], ["weight_map", "metadata"], [.. _shards.Select(shard => $"\"{shard}\""), "\"../x\"", "\"/dev/zero\"", "\"\"", "\".\"", "null", "1"]);
    }

    public override string Name => "safetensors";

    public override IReadOnlyList<byte[]> Seeds => [.. _sets.Select(Bundle.Pack)];

    public override byte[] Make(InputRandom random) => Bundle.Mutate(
        random.Pick(_sets), (name, _) => name == Index ? _indexes.Mutate(random) : _files.Mutate(Array.IndexOf(_shards, name), random), random);

    public override void Dispose()
    {
        _folder.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        try
        {
            foreach ((string name, byte[] bytes) in Bundle.Unpack(input))
            {
                _folder.Write(name, bytes);
            }

            using SafetensorsFile file = SafetensorsFile.Open(_folder.Root);
            Accept();
            FileWalk.Tensors(file);
        }
        finally
        {
            _folder.Clear();
        }
    }
}
