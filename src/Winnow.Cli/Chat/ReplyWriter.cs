namespace Winnow.Cli.Chat;

/// <summary>Writes a reply as it comes.</summary>
/// <param name="output">Where to.</param>
internal class ReplyWriter(TextWriter output)
{
    /// <summary>Writes a piece.</summary>
    public virtual void Write(string piece)
    {
        output.Write(piece);
        output.Flush();
    }

    /// <summary>Ends the reply and its line.</summary>
    public virtual void End() => output.WriteLine();
}
