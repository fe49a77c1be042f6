namespace Winnow.Cli.Terminal;

/// <summary>How reading a message ends.</summary>
internal enum LineEnding
{
    /// <summary>With a message.</summary>
    Message,

    /// <summary>With Ctrl-C: what was written is gone.</summary>
    Interrupted,

    /// <summary>With Ctrl-C as the first key.</summary>
    InterruptedAtOnce,

    /// <summary>With the end of the input.</summary>
    EndOfInput,
}
