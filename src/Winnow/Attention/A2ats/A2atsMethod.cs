using System.Globalization;
using System.Security.Cryptography;
using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Attention.A2ats;

/// <summary>Schedule and budgets of A²ATS in one session.</summary>
/// <remarks>
/// Section 5 of the paper. Keys are coded before rotation, queries are rotated by a constant, and the choice ranks far tokens
/// only: attention on what was chosen is exact. Sliding-window layers are never asked about.
/// </remarks>
internal sealed class A2atsMethod : DecodeMethod
{
    /// <summary>Tokens that are read back from the cache in one piece.</summary>
    private const int CatchUpTokens = 256;

    /// <summary>Tokens that are coded together where there is time: a codebook is read once for all of them.</summary>
    private const int BatchTokens = 16;

    private readonly A2atsAttention _options;
    private readonly MethodSetup _setup;
    private readonly A2atsCalibration _calibration;
    private readonly RowSelector _selector;
    private readonly double _rho;
    private readonly int _window;
    private readonly double[]? _shares;
    private readonly A2atsLayer?[] _layers;

    /// <summary>Those without a sliding window: the others keep nothing.</summary>
    private readonly A2atsLayer[] _global;
    private readonly AttentionPlan _plan;
    private readonly int[] _budgets;

    public A2atsMethod(A2atsAttention options, MethodSetup setup, RowSelector selector)
        : this(options, setup, A2atsCalibration.Find(options, setup), selector)
    {
    }

    /// <param name="options">How to choose and where rows lie.</param>
    /// <param name="setup">The model.</param>
    /// <param name="calibration">Codebooks and budgets, as far as there are any.</param>
    /// <param name="selector">Keeps codes and chooses by them.</param>
    public A2atsMethod(A2atsAttention options, MethodSetup setup, A2atsCalibration calibration, RowSelector selector)
    {
        _options = options;
        _setup = setup;
        _calibration = calibration;
        _selector = selector;
        AttentionShape shape = setup.Layers.GlobalShape;
        Codebook[][]? codebooks = calibration.Codebooks;
        _rho = options.Rho ?? A2atsAttention.DefaultRho;
        _window = options.Window ?? A2atsAttention.DefaultWindow;
        _shares = options.Budget is null ? calibration.Budgets : null;
        int far = options.Far ?? calibration.Far ?? A2atsAttention.DefaultFar(setup.ContextLength);
        _layers = new A2atsLayer?[setup.Layers.Count];
        foreach (int layer in setup.Layers.Global)
        {
            _layers[layer] = new A2atsLayer(setup.Layers.Shapes[layer], setup.Ropes[layer], far, codebooks?[layer], selector);
        }

        _global = [.. setup.Layers.Global.Select(layer => _layers[layer]!)];
        States = [.. _global.Select(layer => layer.Sums).OfType<QuerySums>()];
        StateKey = codebooks is null
            ? string.Create(CultureInfo.InvariantCulture, $"{A2atsAttention.Name}:far={far},centroids={options.Centroids},codebook=online")
            : string.Create(CultureInfo.InvariantCulture, $"{A2atsAttention.Name}:far={far},codebook={Convert.ToHexString(HashOf(codebooks))}");
        _plan = selector.CreatePlan(AttentionPlanKind.PerKvHead, shape.KvHeads);
        _budgets = new int[shape.KvHeads];
    }

    public override bool NeedsUnrotatedQueries => true;

    public override bool NeedsUnrotatedKeys => true;

    public override long StateBytes => _global.Sum(layer => layer.SizeBytes);

    public override string StateKey { get; }

    /// <summary>Codes of generated tokens are made from the cache when they are needed; only codebooks in the making change.</summary>
    public override bool ChangesWithSteps => Array.Exists(_global, layer => layer.IsTraining);

    public override bool ChangesWithPromptTokens => ChangesWithSteps;

    /// <summary>What the next codebooks are made from.</summary>
    public override IReadOnlyList<SelectionState> States { get; }

    public override bool MarksStates => ChangesWithSteps;

    public override DecodeMethod CreateAnew() => new A2atsMethod(_options, _setup, _calibration, _selector);

    public override void Mark(StateBuffer mark)
    {
        foreach (A2atsLayer layer in _global)
        {
            layer.Mark(mark);
        }
    }

    public override void Return(ReadOnlySpan<byte> mark, int length, int promptTokens)
    {
        StateReader source = new(mark);
        foreach (A2atsLayer layer in _global)
        {
            layer.Return(ref source, length, promptTokens);
        }
    }

    public override void Save(StateBuffer target)
    {
        foreach (A2atsLayer layer in _global)
        {
            layer.Save(target);
        }
    }

    public override void Load(ref StateReader source, int length)
    {
        foreach (A2atsLayer layer in _global)
        {
            layer.Load(ref source, length);
        }
    }

    public override void CopyFrom(DecodeMethod other)
    {
        for (int i = 0; i < _global.Length; i++)
        {
            _global[i].CopyFrom(((A2atsMethod)other)._global[i]);
        }
    }

    public override void ObserveKeys(ComputeStream stream, int layer, int firstPosition, Matrix keys)
    {
        A2atsLayer state = _layers[layer]!;
        if (state.HasCodebooks && state.Length == firstPosition)
        {
            _selector.Encode(stream, state.Codes, keys, firstPosition);
        }

        // What is missing, as behind an answer, is read back from the cache at the end of the prompt.
    }

    public override void ObservePart(in AttentionCall call, bool isLast)
    {
        A2atsLayer state = _layers[call.Layer]!;
        AddQueries(call, state);
        if (isLast)
        {
            Train(call, state);
        }

        // A forked session may have begun with a cache that nobody coded: that belongs to the prompt, not to its first answer.
        if (isLast && state.HasCodebooks)
        {
            CatchUp(call, state, call.Length, call.Length);
        }
    }

    public override AttentionPlan Select(in AttentionCall call, out bool observe)
    {
        observe = false;
        A2atsLayer state = _layers[call.Layer]!;
        AddQueries(call, state);
        Train(call, state);

        int far = Math.Max(0, call.Length - _window - _options.Sink);
        if (!state.HasCodebooks || ReadsAll(call, far))
        {
            return AttentionPlan.All;
        }

        // Of generated tokens never the newest one: a prompt that follows them finds a gap and reads its keys back too, wherever the answer was cut.
        CatchUp(call, state, call.Length - _window, call.Length - 1);
        for (int head = 0; head < _budgets.Length; head++)
        {
            _budgets[head] = Budget(call.Layer, head, call.Length);
        }

        _selector.TakeCoded(
            call.Stream, state.Codes, call.UnrotatedQueries!.Value, call.Length, new CodeChoice(_options.Sink, _window), _budgets, _plan);
        return _plan;
    }

    /// <summary>Tells codebooks apart.</summary>
    private static byte[] HashOf(Codebook[][] codebooks)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Codebook codebook in codebooks.SelectMany(layer => layer))
        {
            codebook.AppendTo(hash);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Far tokens that each query head of a KV head chooses.</summary>
    private int Budget(int layer, int head, int length) =>
        _options.Budget ?? (int)((_shares is null ? _rho : _shares[(layer * _budgets.Length) + head]) * length);

    private bool ReadsAll(in AttentionCall call, int far)
    {
        for (int head = 0; head < call.Shape.KvHeads; head++)
        {
            if (far > Budget(call.Layer, head, call.Length))
            {
                return false;
            }
        }

        return true;
    }

    private void AddQueries(in AttentionCall call, A2atsLayer state)
    {
        if (state.IsTraining)
        {
            _selector.AddQueries(call.Stream, state.Sums!, call.UnrotatedQueries!.Value, call.FirstPosition, OnlineCodebooks.QueryStep);
        }
    }

    private void Train(in AttentionCall call, A2atsLayer state)
    {
        if (state.IsTraining && OnlineCodebooks.IsDue(call.Length, state.TrainedLength))
        {
            CodebookTraining training = OnlineCodebooks.Plan(call.Length, _options.Centroids);
            CodedKeys codes = state.Add(call.Length);
            try
            {
                _selector.Train(call.Stream, codes, state.Sums!, call.Cache, training);
            }
            catch (NotPositiveDefiniteException e)
            {
                state.RemoveNewest();
                throw new WinnowException($"{A2atsAttention.Name}, layer {call.Layer}: {e.Message}", e);
            }

            CatchUp(call, state, call.Length, call.Length);
        }
    }

    /// <summary>Codes the tokens before a position, and perhaps a few more, that have none yet, from what the cache holds of their keys.</summary>
    private void CatchUp(in AttentionCall call, A2atsLayer state, int end, int most)
    {
        while (state.Length < Math.Min(end, most))
        {
            int count = Math.Min(most - state.Length, Math.Clamp(end - state.Length, BatchTokens, CatchUpTokens));
            _selector.EncodeFromCache(call.Stream, state.Codes, call.Cache, state.Length, count);
        }
    }
}
