using Winnow.Documents;
using Winnow.Formats;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Generation;
using Winnow.Retrieval;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Sidecars: loaded with their model, and used by each method that has a section.</summary>
internal sealed class SidecarSurface : Surface
{
    private static readonly string[] Attentions = ["a2ats:window=8,sink=1,rho=0.1", "delta:budget=8", "token-sparse", "recycled:k=8,stride=2"];

    private readonly TinyModel _model = new();
    private readonly byte[][] _seeds;
    private readonly SafetensorsMutator _mutator;

    public SidecarSurface()
    {
        _seeds = [Make(), Make("s3"), Make("a2ats", "tuning"), Make("s3", "a2ats")];
        _mutator = new SafetensorsMutator(
            _seeds,
            ["a2ats", "s3", "delta", "token-sparse", "tuning", "winnow.model", "winnow.calibration", "a2ats.Lc", "a2ats.losses", "s3.0.0.encoder", "unfinished-s3"],
            [
                "\"{}\"", "\"[]\"", "\"\"", "\"null\"", """
                "{\"select\":[1,0]}"
                """, """
                "{\"select\":[-1]}"
                """, """
                "{\"select\":[]}"
                """, """
                "{\"layers\":[0],\"heads\":[0,1],\"tau\":-1}"
                """, """
                "{\"layers\":[1,1,1],\"tau\":1e300}"
                """, """
                "{\"far\":-1,\"layers\":2}"
                """, """
                "{\"far\":2147483647,\"layers\":2}"
                """, """
                "{\"methods\":[\"a2ats:window=99999999999\"]}"
                """, """
                "{\"methods\":[\"delta:select=1/7\",\"a2ats:rho=0\"]}"
                """, """
                "{\"methods\":[\"s3:budget=1\",\"full\"]}"
                """, """
                "{\"complete\":true,\"active\":[0],\"layers\":[0],\"heads\":[0]}"
                """, """
                "{\"complete\":true,\"active\":[25],\"layers\":[1],\"heads\":[-1]}"
                """, """
                "{\"complete\":true,\"active\":[1],\"layers\":[9],\"heads\":[0]}"
                """,
            ]);
    }

    public override string Name => "sidecar";

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
            string path = _model.Folder.Write("input.winnow", input)!;
            SafetensorsFile.Open(path).Dispose();
            Accept();
            using Engine engine = _model.Load(path);

            // A user comes with one method; which, the input decides.
            int use = input.Length % (Attentions.Length + 1);
            if (use < Attentions.Length)
            {
                Answer(engine, AttentionOptions.Parse(Attentions[use]));
            }
            else
            {
                using DocumentIndex index = DocumentIndex.Build(engine, [Document.FromText("d", "The cat sat.\n\nA dog ran home.")]);
                index.Search("cat", new SearchOptions { Budget = 4 });
            }
        }
        finally
        {
            _model.Folder.Clear();
        }
    }

    private static void Answer(Engine engine, AttentionOptions attention)
    {
        using Session session = engine.CreateSession(new SessionOptions { ContextLength = 64, Attention = attention });
        session.Prefill(TinyModel.Prompt(24));
        session.Diagnostics.Step(3);
        session.Diagnostics.Step(4);
    }

    private byte[] Make(params string[] without)
    {
        string path = _model.Folder.PathOf("seed.winnow");
        TinyCalibration.Write(path, _model.Engine.Model, without);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }
}
