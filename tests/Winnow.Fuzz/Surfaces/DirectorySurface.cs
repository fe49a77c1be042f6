using System.Text;
using System.Text.Json.Nodes;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Surfaces;

/// <summary>JSON files of a Hugging Face directory.</summary>
internal abstract class DirectorySurface : Surface
{
    private readonly (string Name, byte[] Bytes)[][] _sets;
    private readonly Dictionary<string, JsonMutator> _mutators;
    private readonly Dictionary<byte[], JsonNode> _nodes = [];

    /// <param name="directories">For each directory its files' names and texts.</param>
    /// <param name="names">Names of members that readers look for.</param>
    /// <param name="values">JSON values that mean something.</param>
    /// <param name="mostChanges">Changes of one file.</param>
    protected DirectorySurface(IEnumerable<(string Name, string Json)[]> directories, string[] names, string[] values, int mostChanges)
    {
        (string Name, string Json)[][] texts = [.. directories];
        _sets = [.. texts.Select(set => set.Select(file => (file.Name, Encoding.UTF8.GetBytes(file.Json))).ToArray())];
        _mutators = texts.SelectMany(set => set).GroupBy(file => file.Name)
            .ToDictionary(files => files.Key, files => new JsonMutator(files.Select(file => file.Json), names, values, mostChanges));
        foreach ((string _, byte[] bytes) in _sets.SelectMany(set => set))
        {
            _nodes[bytes] = JsonNode.Parse(bytes)!;
        }
    }

    public override IReadOnlyList<byte[]> Seeds => [.. _sets.Select(Bundle.Pack)];

    /// <summary>Where inputs are written.</summary>
    protected ScratchFolder Folder { get; } = new();

    public override byte[] Make(InputRandom random) => Bundle.Mutate(
        random.Pick(_sets),
        (name, bytes) => _nodes.TryGetValue(bytes, out JsonNode? node) ? _mutators[name].Mutate(node, random) : bytes,
        random);

    public override void Dispose()
    {
        Folder.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        try
        {
            foreach ((string name, byte[] bytes) in Bundle.Unpack(input))
            {
                Folder.Write(name, bytes);
            }

            Use(Folder.Root);
        }
        finally
        {
            Folder.Clear();
        }
    }

    /// <summary>Uses what lies in a directory.</summary>
    protected abstract void Use(string directory);
}
