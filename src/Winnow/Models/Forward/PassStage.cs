namespace Winnow.Models.Forward;

/// <summary>What a part of a pass does.</summary>
internal enum PassStage
{
    /// <summary>Tokens enter the residual stream.</summary>
    Embed,

    /// <summary>Queries, keys and values of a chunk, in a layer.</summary>
    Project,

    /// <summary>The attention of a sequence, in a layer.</summary>
    Attend,

    /// <summary>What attention yielded and the feed-forward block of a chunk, in a layer.</summary>
    Transform,

    /// <summary>What was asked for.</summary>
    Output,

    /// <summary>Nothing is left.</summary>
    Done,
}
