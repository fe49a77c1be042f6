using Winnow.Formats;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Surfaces;

/// <summary>GGUF models in several files.</summary>
internal sealed class SplitGgufSurface : GgufSurface
{
    private readonly Lazy<(string Name, byte[] Bytes)[][]> _sets;

    private readonly Lazy<Dictionary<byte[], GgufDraft>> _drafts;

    public SplitGgufSurface()
    {
        _sets = new(() => [TinyFiles.Split(Folder.Root, 2), TinyFiles.Split(Folder.Root, 3)]);
        _drafts = new(() => _sets.Value.SelectMany(set => set).ToDictionary(part => part.Bytes, part => GgufDraft.Parse(part.Bytes)));
    }

    public override string Name => "split-gguf";

    public override IReadOnlyList<byte[]> Seeds => [.. _sets.Value.Select(Bundle.Pack)];

    public override byte[] Make(InputRandom random) => Bundle.Mutate(
        random.Pick(_sets.Value),
        (_, bytes) => _drafts.Value.TryGetValue(bytes, out GgufDraft? draft) ? draft.Mutate([.. _drafts.Value.Values], Words, random) : bytes,
        random);

    protected override void Use(ReadOnlySpan<byte> input)
    {
        try
        {
            string? first = null;
            foreach ((string name, byte[] bytes) in Bundle.Unpack(input))
            {
                first = Folder.Write(name, bytes) ?? first;
            }

            if (first is not null)
            {
                using (MappedFile file = MappedFile.Open(first, GgufHeader.Expected))
                {
                    GgufHeader.Read(file);
                }

                Accept();
                Use(first);
            }
        }
        finally
        {
            Folder.Clear();
        }
    }
}
