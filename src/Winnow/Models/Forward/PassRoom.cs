namespace Winnow.Models.Forward;

/// <summary>What rows of a chunk need room for in some architectures only.</summary>
internal enum PassRoom
{
    /// <summary>The compressed input of query projections.</summary>
    LatentQuery,

    /// <summary>Queries before they get their place beside other elements.</summary>
    Query,

    /// <summary>Keys before they get their place beside other elements; compressed keys and values.</summary>
    Key,

    /// <summary>Values of heads made of what they yield.</summary>
    Attended,

    /// <summary>Position embeddings.</summary>
    Position,

    /// <summary>The vectors that tokens have for each layer, before they are added to what the embedding yields.</summary>
    PerLayer,

    /// <summary>A layer's own vector of each token, gated.</summary>
    PerLayerGate,

    /// <summary>What the router reads, where it has a norm of its own.</summary>
    RouterInput,

    /// <summary>What the experts read, where they have a norm of their own.</summary>
    ExpertInput,

    /// <summary>What the shared expert yields.</summary>
    Shared,

    /// <summary>The score of the shared expert.</summary>
    SharedScore,
}
