using Winnow.Attention.A2ats;
using Winnow.Formats;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Generation;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Codebook files (<c>a2ats:codebook=FILE</c>), used by a session.</summary>
internal sealed class CodebookSurface : Surface
{
    private readonly TinyModel _model = new();
    private readonly byte[][] _seeds;
    private readonly SafetensorsMutator _mutator;

    public CodebookSurface()
    {
        _seeds = [Make(isWhole: true), Make(isWhole: false)];
        _mutator = new SafetensorsMutator(_seeds, [CodebookFile.Lower, CodebookFile.ScoreCentroids, CodebookFile.Centroids, CodebookFile.Mean], []);
    }

    public override string Name => "codebook";

    public override IReadOnlyList<byte[]> Seeds => _seeds;

    public override byte[] Make(InputRandom random) => _mutator.Mutate(random);

    public override void Dispose()
    {
        _model.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        try
        {
            string path = _model.Folder.Write("input.safetensors", input)!;
            SafetensorsFile.Open(path).Dispose();
            Accept();
            AttentionOptions attention = new() { Decode = new A2atsAttention { Codebook = path, Window = 8, Sink = 1, Rho = 0.1, Far = 64 } };
            using Session session = _model.Engine.CreateSession(new SessionOptions { ContextLength = 64, Attention = attention });
            session.Prefill(TinyModel.Prompt(24));
            session.Diagnostics.Step(3);
            session.Diagnostics.Step(4);
        }
        finally
        {
            _model.Folder.Clear();
        }
    }

    private byte[] Make(bool isWhole)
    {
        string path = _model.Folder.PathOf("seed.safetensors");
        TinyCalibration.WriteCodebooks(path, isWhole);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }
}
