namespace Winnow.Models.Forward;

/// <summary>
/// Takes segments of several sequences through all layers: what works on single rows sees all of them at once, chunk by chunk;
/// rotation, cache, attention and its methods see each sequence by itself.
/// </summary>
/// <remarks>
/// What a row becomes does not depend on the rows beside it. A pass is done part by part (<see cref="Advance"/>): between two
/// parts, other passes may use the same state. A pass that fails, or that nobody ends, leaves caches and states as they were.
/// </remarks>
internal sealed class ForwardPass : IDisposable
{
    private readonly Transformer _transformer;
    private int _layer;
    private int _lastLayer;
    private bool _endsEarly;
    private PassStage _stage;
    private int _next;

    /// <param name="transformer">The layers.</param>
    /// <param name="work">Streams and buffers, which other passes may share.</param>
    public ForwardPass(Transformer transformer, Workspace work)
    {
        _transformer = transformer;
        Work = work;
        Rows = new PassRows(work.Devices, transformer.Config, work.Chunk);
    }

    /// <summary>Streams and buffers, which other passes may share.</summary>
    public Workspace Work { get; }

    /// <summary>The rows of the pass.</summary>
    public PassRows Rows { get; }

    /// <summary>What the next part does.</summary>
    public PassStage Stage => _stage;

    /// <summary>The part of the pass that is done, from 0 to 1.</summary>
    public double Progress
    {
        get
        {
            double within = _stage switch
            {
                PassStage.Project => (double)_next / Rows.Count / 2,
                PassStage.Attend => 0.5,
                PassStage.Transform => 0.5 + ((double)_next / Rows.Count / 2),
                _ => 0,
            };
            return _stage >= PassStage.Output ? 1 : (_layer + within) / _transformer.AttentionLayers.Count;
        }
    }

    /// <summary>Reads the segments' tokens: their rows are in the caches afterwards, and what was asked for in their results.</summary>
    /// <param name="segments">Segments of different sequences, with at least one token each.</param>
    /// <param name="cancellation">Looked at between parts, and within long attention.</param>
    public void Run(ReadOnlySpan<Segment> segments, CancellationToken cancellation)
    {
        Begin(segments);
        while (Advance(cancellation))
        {
        }
    }

    /// <summary>Begins a pass.</summary>
    /// <param name="segments">Segments of different sequences, with at least one token each.</param>
    public void Begin(ReadOnlySpan<Segment> segments)
    {
        _stage = PassStage.Done;
        _lastLayer = _transformer.AttentionLayers.Count - 1;
        _endsEarly = false;
        foreach (Segment segment in segments)
        {
            if (segment.Sequence.Observer?.LastLayer is { } last)
            {
                if (segments.Length > 1 || segment.Output != ForwardOutput.None)
                {
                    throw new ArgumentException("a pass that an observer ends early is of one sequence and has no output", nameof(segments));
                }

                _lastLayer = last;
                _endsEarly = true;
            }
        }

        foreach (Segment segment in segments)
        {
            segment.Sequence.Cache.Reserve(segment.Rows);
        }

        Rows.Begin(segments);
        foreach (Segment segment in segments)
        {
            segment.Sequence.Attention.Begin(segment.Phase, segment.Sequence.Cache.Length, segment.Rows);
        }

        _layer = 0;
        Enter(PassStage.Embed);
    }

    /// <summary>Does the next part of the pass.</summary>
    /// <param name="cancellation">Looked at before, and within long attention.</param>
    /// <returns>Whether there is more to do.</returns>
    public bool Advance(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        switch (_stage)
        {
            case PassStage.Embed:
                MoveToNext();
                _transformer.Embed(State, Rows);
                EnterAtEnd(PassStage.Project);
                break;
            case PassStage.Project:
                MoveToNext();
                _transformer.ProjectHeads(State, Rows, _layer);
                EnterAtEnd(_endsEarly && _layer == _lastLayer ? PassStage.Output : PassStage.Attend);
                break;
            case PassStage.Attend:
                Attend(cancellation);
                break;
            case PassStage.Transform:
                MoveToNext();
                _transformer.Transform(State, Rows, _layer);
                EndLayer();
                break;
            case PassStage.Output:
                if (!_endsEarly)
                {
                    SegmentOutputs.Write(_transformer, State, Rows);
                }

                End();
                break;
            case PassStage.Done:
            default:
                throw new InvalidOperationException("no pass was begun, or it has ended or failed");
        }

        return _stage != PassStage.Done;
    }

    /// <summary>Frees the buffers of the rows.</summary>
    public void Dispose() => Rows.Dispose();

    /// <summary>Stream and buffers of the layer under way.</summary>
    private ForwardState State => Work.Of(Math.Min(_layer, _lastLayer));

    private void Enter(PassStage stage)
    {
        _stage = stage;
        _next = 0;
    }

    private void MoveToNext()
    {
        Rows.MoveTo(_next);
        State.Rows = Rows.Rows;
        _next += Rows.Rows;
    }

    private void EnterAtEnd(PassStage stage)
    {
        if (_next >= Rows.Count)
        {
            Enter(stage);
        }
    }

    /// <summary>The attention of all steps, or of one prompt.</summary>
    private void Attend(CancellationToken cancellation)
    {
        bool isStep;
        do
        {
            Segment segment = Rows.Segments[_next++];
            isStep = segment.IsSteps;
            int answered = _layer == _lastLayer ? segment.AnsweredTokens : segment.Rows;
            if (_transformer.Config.Layers[_layer].Attends)
            {
                _transformer.Attend(State, Rows, segment, _layer, answered, cancellation);
            }
        }
        while (isStep && _next < Rows.Segments.Length);

        if (_next == Rows.Segments.Length)
        {
            if (_layer == _lastLayer)
            {
                Rows.KeepOutputs(State.Stream, _transformer.AttendedWidth(_layer));
            }

            Enter(Rows.Count > 0 ? PassStage.Transform : PassStage.Output);
        }
    }

    private void EndLayer()
    {
        if (_layer == _lastLayer)
        {
            foreach (SegmentPart part in Rows)
            {
                part.Segment.Sequence.Observer?.ObserveHidden(
                    State.Stream, _layer + 1, part.CacheRow, Rows.Hidden.RowSlice(part.FirstRow, part.Rows));
            }
        }

        if (_next >= Rows.Count)
        {
            if (++_layer <= _lastLayer)
            {
                Rows.GoTo(Work, _layer);
            }

            Enter(_layer > _lastLayer ? PassStage.Output : PassStage.Project);
        }
    }

    private void End()
    {
        Work.Submit();
        foreach (Segment segment in Rows.Segments)
        {
            if (segment.KeepsRows)
            {
                segment.Sequence.Cache.Advance(segment.Rows);
                segment.Sequence.State?.Advance();
            }
            else
            {
                segment.Sequence.Cache.Truncate(segment.Sequence.Cache.Length);
            }
        }

        _stage = PassStage.Done;
    }
}
