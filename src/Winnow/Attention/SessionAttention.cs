using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Attention;

/// <summary>The attention of one session: asks its methods which rows, has the device attend to them, and hands the mass back.</summary>
internal sealed class SessionAttention : IDisposable
{
    /// <summary>
    /// Queries of a prompt that are answered at once: a fraction of a second's work, also in a long context; a multiple of the
    /// CPU kernel's tiles (240 queries divided by the heads of a group), so that none of them is cut.
    /// </summary>
    private const int QueriesAtOnce = 960;

    private readonly LayerDevices _devices;
    private readonly AttentionLayers _layers;
    private readonly RowSelector _selector;
    private readonly PrefillMethod? _prefill;
    private DecodeMethod? _decode;
    private MethodHistory? _history;
    private readonly Matrix?[] _mass;
    private AttentionPhase _phase;

    public SessionAttention(LayerDevices devices, MethodSetup setup, PrefillAttention? prefill, DecodeAttention? decode)
    {
        _devices = devices;
        _mass = new Matrix?[devices.All.Count];
        _layers = setup.Layers;
        // A plan of one device is nothing to another; those of the host are to all.
        _selector = devices.All.Count == 1 ? devices.First.CreateSelector() : new HostSelector();
        _decode = decode?.CreateMethod(setup, _selector);
        _prefill = prefill?.CreateMethod(setup, _selector);
        _history = _decode is { StateKey: not null } method ? new MethodHistory(method, setup.Layers) : null;
        Statistics = new AttentionStatistics(setup.Layers.Count);
    }

    public AttentionStatistics Statistics { get; }

    /// <summary>Told the plan of every layer and decode step, once the device has made it, for measuring; null costs nothing.</summary>
    public PlanObserver? Observer { get; set; }

    /// <summary>Whether calls must carry the queries before rotation.</summary>
    public bool NeedsUnrotatedQueries => _decode?.NeedsUnrotatedQueries ?? false;

    /// <summary>Queries that the last part of a prompt should hold, where the prompt has as many.</summary>
    public int PromptWindow => Math.Max(_decode?.PromptWindow ?? 0, _prefill?.Window ?? 0);

    /// <summary>
    /// Queries at the end of a prompt that the decode method begins with: a prompt whose rows are in the cache already must give
    /// it as many as a new one. (A prefill method looks at new prompts only.)
    /// </summary>
    public int ObservedQueries => _decode?.PromptWindow ?? 0;

    /// <summary>Whether a prompt must go through each layer as a whole before the next one, because its attention depends on its last tokens.</summary>
    public bool NeedsWholePrompt => _prefill is not null;

    /// <summary>Bytes that the decode method keeps beside keys and values.</summary>
    public long StateBytes => (_decode?.StateBytes ?? 0) + (_history?.SizeBytes ?? 0);

    /// <summary>Bytes of scores on a device.</summary>
    /// <param name="device">The device's number.</param>
    public long ScoreBytesOn(int device) => _mass[device]?.Buffer.SizeBytes ?? 0;

    /// <summary>What the decode method wants to find again when the session is loaded; empty for nothing. Waits for the device.</summary>
    /// <param name="length">Tokens that the session holds.</param>
    public ReadOnlySpan<byte> SaveState(int length)
    {
        StateBuffer state = new();
        _history?.Save(state, length);
        return state.Bytes;
    }

    /// <summary>Forgets what the decode method knew, and takes what a saved session brought, perhaps one of another method.</summary>
    /// <param name="state">What <see cref="SaveState"/> gave.</param>
    /// <param name="length">Tokens of the saved session.</param>
    /// <exception cref="InvalidDataException">The state is damaged; nothing was changed.</exception>
    public void LoadState(ReadOnlySpan<byte> state, int length)
    {
        if (_history is not null)
        {
            DecodeMethod method = _decode!.CreateAnew();
            MethodHistory history = new(method, _layers);
            history.Load(state, length);
            (_decode, _history) = (method, history);
        }
    }

    /// <summary>Takes over what the decode method of the session that this one was forked from knows, if both are alike.</summary>
    /// <param name="other">The other one's attention.</param>
    /// <param name="length">Tokens that it holds.</param>
    public void CopyState(SessionAttention other, int length)
    {
        if (other._history is { } history)
        {
            _history?.CopyFrom(history, length);
        }
    }

    /// <summary>Brings the decode method back to where it stood when the sequence had a length, or before that.</summary>
    /// <param name="length">What is left of the sequence.</param>
    /// <param name="promptFollows">Whether a prompt is read next, and to its end.</param>
    /// <returns>
    /// Empty if the method stands at the length. Otherwise what must be read again to arrive there, in order and without gaps: the
    /// cache is to be cut to the first of these passes.
    /// </returns>
    public IReadOnlyList<AttentionPass> Rollback(int length, bool promptFollows = false) => _history?.Rollback(length, promptFollows) ?? [];

    /// <summary>A forward pass begins.</summary>
    /// <param name="phase">What it computes.</param>
    /// <param name="position">The position of its first token.</param>
    /// <param name="tokens">How many it reads.</param>
    public void Begin(AttentionPhase phase, int position, int tokens)
    {
        _phase = phase;
        int step = _history?.Begin(phase, position, tokens) ?? 0;
        if (phase == AttentionPhase.PromptEnd)
        {
            Statistics.Reset();
        }
        else if (phase == AttentionPhase.Decode)
        {
            Statistics.Steps += tokens;
            _decode?.BeginStep(step);
        }
    }

    /// <summary>Whether several steps may be in one pass; a method needs to have ended one, in all layers, before the next.</summary>
    public bool StepsTogether => _decode is null;

    /// <summary>Whether the pass under way must show its keys before rotation.</summary>
    public bool ObservesKeys => _phase != AttentionPhase.Decode && _decode is { NeedsUnrotatedKeys: true };

    /// <summary>Keys, before rotation, of tokens that are being added to a layer's cache; the method is told those of prompts.</summary>
    public void ObserveKeys(ComputeStream stream, int layer, int firstPosition, Matrix keys)
    {
        if (ObservesKeys && _layers.IsGlobal(layer))
        {
            _decode!.ObserveKeys(stream, layer, firstPosition, keys);
        }
    }

    /// <summary>The attention of one layer.</summary>
    public void Attend(in AttentionCall call)
    {
        if (_phase == AttentionPhase.Decode)
        {
            AttendStep(call);
        }
        else
        {
            AttendPrompt(call);
        }
    }

    public void Dispose()
    {
        Array.ForEach(_mass, mass => mass?.Buffer.Dispose());
        _selector.Dispose();
    }

    private void AttendPrompt(in AttentionCall call)
    {
        AttentionPlan plan = AttentionPlan.All;
        bool global = _layers.IsGlobal(call.Layer);
        bool whole = call.FirstPosition == 0 && _phase == AttentionPhase.PromptEnd;
        if (global && whole && _prefill is not null && _prefill.Applies(call.Layer, call.Length))
        {
            plan = _prefill.Select(call, WindowMass(call, _prefill.Window));
        }

        AnswerQueries(call, plan);
        if (global)
        {
            _decode?.ObservePart(call, isLast: _phase == AttentionPhase.PromptEnd);
        }

        if (global && _phase == AttentionPhase.PromptEnd && _decode is { PromptWindow: > 0 and int window })
        {
            _decode.ObservePrompt(call, WindowMass(call, window));
        }
    }

    /// <summary>
    /// Answers the queries of a prompt in parts, so that a cancellation is seen in time however long the prompt is. What a query
    /// gets does not depend on which others are answered with it.
    /// </summary>
    private static void AnswerQueries(in AttentionCall call, AttentionPlan plan)
    {
        for (int first = call.Queries.Rows - call.OutputRows; first < call.Queries.Rows;)
        {
            call.Cancellation.ThrowIfCancellationRequested();
            int left = call.Queries.Rows - first;
            int count = call.Shape.Causal ? Math.Min(QueriesAtOnce, left) : left;
            Matrix queries = call.Queries.RowSlice(first, count);
            call.Stream.Attend(call.Shape, queries, call.Cache, call.FirstPosition + first, plan, isStep: false, call.Output.RowSlice(first, count));
            first += count;
        }
    }

    private void AttendStep(in AttentionCall call)
    {
        if (_decode is null || !_layers.IsGlobal(call.Layer))
        {
            call.Stream.Attend(call.Shape, call.Queries, call.Cache, call.FirstPosition, AttentionPlan.All, isStep: true, call.Output);
            Count(call, AttentionPlan.All, isObserved: false);
            return;
        }

        AttentionPlan plan = _decode.Select(call, out bool observe);
        if (observe)
        {
            Matrix mass = MassFor(call);
            call.Stream.Attend(call.Shape, call.Queries, call.Cache, call.FirstPosition, plan, isStep: true, call.Output, mass);
            _decode.Observe(call, mass);
        }
        else
        {
            call.Stream.Attend(call.Shape, call.Queries, call.Cache, call.FirstPosition, plan, isStep: true, call.Output);
        }

        Count(call, plan, observe);
    }

    /// <summary>The attention mass of the last queries of a prompt.</summary>
    private Matrix WindowMass(in AttentionCall call, int window)
    {
        int count = Math.Min(window, call.Queries.Rows);
        Matrix mass = MassFor(call);
        call.Stream.AttentionMass(
            call.Shape, call.Queries.RowSlice(call.Queries.Rows - count, count), call.Cache, call.Length - count, mass);
        return mass;
    }

    private Matrix MassFor(in AttentionCall call)
    {
        int rows = call.Shape.QueryHeads;
        int device = _devices.IndexOf(call.Layer);
        if (_mass[device] is not { } mass || mass.Buffer.SizeBytes < (long)rows * call.Length * sizeof(float))
        {
            _mass[device]?.Buffer.Dispose();
            // Grows by half, so that a growing context does not allocate at every step.
            mass = _devices.All[device].AllocateMatrix(rows, call.Length + (call.Length / 2) + 64);
            _mass[device] = mass;
        }

        return new Matrix(mass.Buffer, 0, rows, call.Length, call.Length);
    }

    private void Count(in AttentionCall call, AttentionPlan plan, bool isObserved)
    {
        Observer?.Invoke(call, plan.ReadsAll ? AttentionPlan.All : plan);
        for (int length = call.FirstPosition + 1; length <= call.Length; length++)
        {
            int visible = call.Shape.Window > 0 ? Math.Min(call.Shape.Window, length) : length;
            _selector.Count(call.Stream, plan, call.Shape.KvHeads, visible, call.Layer, isObserved, Statistics);
        }
    }
}
