using System.Buffers.Binary;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Generation;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Saved sessions of several attention methods, loaded and gone on with. An input is the number of the method and the file.</summary>
internal sealed class SessionSurface : Surface
{
    private static readonly (string Attention, int Tokens)[] Methods =
    [
        ("full", 20), ("delta:budget=16,select=0", 40), ("recycled:k=8,stride=4", 40), ("snapkv:budget=40", 60), ("streaming:window=16,sinks=2", 40),
        ("a2ats:rho=0.1,window=8,sink=1,far=64,centroids=8", 520), ("token-sparse", 30),
    ];

    private readonly TinyModel _model = new();
    private readonly SessionOptions[] _options;
    private readonly byte[][] _seeds;
    private readonly SessionDraft[] _drafts;

    public SessionSurface()
    {
        _options = [.. Methods.Select(method => new SessionOptions { ContextLength = 640, Attention = AttentionOptions.Parse(method.Attention) })];
        _seeds = [.. Methods.Select((method, i) => Save(_options[i], method.Tokens))];
        _drafts = [.. _seeds.Select(seed => new SessionDraft(seed))];
    }

    public override string Name => "session";

    public override IReadOnlyList<byte[]> Seeds => [.. _seeds.Select((seed, i) => Pack(i, seed))];

    public override byte[] Make(InputRandom random)
    {
        int method = random.Next(Methods.Length);
        return Pack(random.OneIn(8) ? random.Next(Methods.Length) : method, _drafts[method].Mutate(_drafts, random));
    }

    public override void Dispose()
    {
        _model.Dispose();
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        if (input.Length < sizeof(int))
        {
            return;
        }

        uint method = BinaryPrimitives.ReadUInt32LittleEndian(input) % (uint)Methods.Length;
        try
        {
            string path = _model.Folder.Write("input.session", input[sizeof(int)..])!;
            using Session session = _model.Engine.CreateSession(_options[method]);
            session.Load(path);
            Accept();
            session.Diagnostics.Step(7);
            session.Diagnostics.Step(8);
            using (Session fork = session.Fork())
            {
                fork.Truncate(fork.Tokens.Count / 2);
                fork.Diagnostics.Step(9);
            }

            session.Prefill([.. session.Tokens.Take(session.Tokens.Count - 3), 11, 12]);
            session.Diagnostics.Step(13);
        }
        finally
        {
            _model.Folder.Clear();
        }
    }

    private static byte[] Pack(int method, byte[] file)
    {
        byte[] input = new byte[sizeof(int) + file.Length];
        BinaryPrimitives.WriteInt32LittleEndian(input, method);
        file.CopyTo(input, sizeof(int));
        return input;
    }

    private byte[] Save(SessionOptions options, int tokens)
    {
        string path = _model.Folder.PathOf("seed.session");
        using Session session = _model.Engine.CreateSession(options);
        session.Prefill(TinyModel.Prompt(tokens));
        session.Diagnostics.Step(3);
        session.Diagnostics.Step(4);
        session.Save(path);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }
}
