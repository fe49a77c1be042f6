// The code between the markers stands in docs/long-contexts.md word for word; PageTests compares them.
using Winnow.Generation;

namespace Winnow.PublicApi.Tests.Documentation;

internal static class LongContextsSample
{
    public static void Run(Engine engine)
    {
        // Sample: begin
        SessionOptions options = new() { Attention = AttentionOptions.Parse("token-sparse+recycled") };
        using Session session = engine.CreateSession(options);

        // The same options without text, and a session that goes on from what the first one has read:
        AttentionOptions delta = AttentionOptions.Full.WithDelta(pages: 128);
        using Session other = session.Fork(delta);
        // Sample: end
    }
}
