using System.Text;

namespace Winnow.Cli.Output;

/// <summary>Passes text on with its control characters spelled out; line ends and tabs stay.</summary>
internal sealed class VisibleWriter(TextWriter target) : TextWriter
{
    /// <summary>Whether a carriage return waits for its line feed: alone, it would let a line be overwritten.</summary>
    private bool _hasReturn;

    public override Encoding Encoding => target.Encoding;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        int passed = 0;
        for (int i = 0; i < buffer.Length; i++)
        {
            char c = buffer[i];
            if (_hasReturn)
            {
                _hasReturn = false;
                target.Write(c == '\n' ? "\r" : "\\r");
            }

            if (c != '\r' && !VisibleText.IsControl(c))
            {
                continue;
            }

            target.Write(buffer[passed..i]);
            passed = i + 1;
            if (c == '\r')
            {
                _hasReturn = true;
            }
            else
            {
                target.Write(VisibleText.Spell(c));
            }
        }

        target.Write(buffer[passed..]);
    }

    public override void WriteLine() => Write(CoreNewLine);

    public override void WriteLine(string? value)
    {
        Write(value.AsSpan());
        WriteLine();
    }

    public override void Flush() => target.Flush();
}
