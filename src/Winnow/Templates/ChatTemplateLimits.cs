using static Winnow.Limits;

namespace Winnow.Templates;

/// <summary>What one rendering may spend. A template comes with a model file, so it is not trusted to end.</summary>
/// <remarks>The defaults are far above what real templates need (some thousand steps a message) and stop a hostile one in seconds.</remarks>
internal sealed record ChatTemplateLimits
{
    /// <summary>The limits that apply unless others are given.</summary>
    public static ChatTemplateLimits Default { get; } = new();

    /// <summary>The most steps: evaluated operations, items produced, and sixteenths of characters written.</summary>
    public long MaxSteps { get; init => field = Within(value, 1, long.MaxValue); } = 20_000_000;

    /// <summary>The most time. Steps bound it on any machine; this is a second net, for what steps do not see.</summary>
    public TimeSpan MaxTime
    {
        get;
        init => field = value > TimeSpan.Zero || value == Timeout.InfiniteTimeSpan ? value : throw OutOfRange(value, "more than none");
    }

        = TimeSpan.FromSeconds(10);

    /// <summary>The most UTF-16 characters that one text, the output included, may have.</summary>
    public int MaxTextLength { get; init => field = Within(value, Positive); } = 16 * 1024 * 1024;

    /// <summary>How deep macros and recursive loops may call each other.</summary>
    public int MaxCallDepth { get; init => field = Within(value, 1, 10_000); } = 200;
}
