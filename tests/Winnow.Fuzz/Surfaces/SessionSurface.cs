using System.Buffers.Binary;
using Winnow.Fuzz.Models;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Generation;
using Winnow.Tensors;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Saved sessions of several attention methods, loaded and gone on with. An input is the number of the method and the file.</summary>
internal sealed class SessionSurface : Surface
{
    private static readonly (string Attention, int Tokens, TensorType Keys, TensorType Values)[] Methods =
    [
        ("full", 20, TensorType.F16, TensorType.F16),
        ("full", 40, TensorType.Q8_0, TensorType.Q4_0),
        ("full", 20, TensorType.BF16, TensorType.F32),
        ("delta:budget=16,select=0", 40, TensorType.F16, TensorType.F16),
        ("recycled:k=8,stride=4", 40, TensorType.Q4_0, TensorType.Q8_0),
        ("snapkv:budget=40", 60, TensorType.F16, TensorType.F16),
        ("streaming:window=16,sinks=2", 40, TensorType.BF16, TensorType.BF16),
        ("a2ats:rho=0.1,window=8,sink=1,far=64,centroids=8", 520, TensorType.F16, TensorType.F16),
        ("token-sparse", 30, TensorType.F16, TensorType.F16),
    ];

    private readonly TinyModel _model = new();
    private readonly Engine[] _shared;
    private readonly SessionOptions[] _options;
    private readonly byte[][] _seeds;
    private readonly SessionDraft[] _drafts;

    public SessionSurface()
    {
        _options = [.. Methods.Select(method => new SessionOptions
        {
            ContextLength = 640,
            Attention = AttentionOptions.Parse(method.Attention),
            KeyType = method.Keys,
            ValueType = method.Values,
        })];
        // Layers with a state, latent attention, layers that share keys and values: after the methods, each with full attention.
        _shared = [.. SharedModels.Named("lfm2", "qwen3_next", "mamba2", "falcon_h1", "deepseek_v2", "gemma4", "gpt_oss").Select(path => Engine.Load(path, new EngineOptions { Threads = 1 }))];
        _options = [.. _options, .. _shared.Select(_ => new SessionOptions { ContextLength = 200 })];
        _seeds = [.. _options.Select((_, i) => Save(i, i < Methods.Length ? Methods[i].Tokens : 20 + i))];
        _drafts = [.. _seeds.Select(seed => new SessionDraft(seed))];
    }

    public override string Name => "session";

    public override IReadOnlyList<byte[]> Seeds => [.. _seeds.Select((seed, i) => Pack(i, seed))];

    public override byte[] Make(InputRandom random)
    {
        int method = random.Next(_options.Length);
        return Pack(random.OneIn(8) ? random.Next(_options.Length) : method, _drafts[method].Mutate(_drafts, random));
    }

    public override void Dispose()
    {
        _model.Dispose();
        Array.ForEach(_shared, engine => engine.Dispose());
        base.Dispose();
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        if (input.Length < sizeof(int))
        {
            return;
        }

        uint method = BinaryPrimitives.ReadUInt32LittleEndian(input) % (uint)_options.Length;
        try
        {
            string path = _model.Folder.Write("input.session", input[sizeof(int)..])!;
            using Session session = Open((int)method);
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

    private Session Open(int method) => (method < Methods.Length ? _model.Engine : _shared[method - Methods.Length]).CreateSession(_options[method]);

    private byte[] Save(int method, int tokens)
    {
        string path = _model.Folder.PathOf("seed.session");
        using Session session = Open(method);
        session.Prefill(TinyModel.Prompt(tokens));
        session.Diagnostics.Step(3);
        session.Diagnostics.Step(4);
        session.Save(path);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }
}
