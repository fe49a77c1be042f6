using System.Text;
using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Terminal;

public sealed class KeyParserTests
{
    [Theory]
    [InlineData("\u0001\u0005\u0002\u0006", "Home End Left Right")]
    [InlineData("\u001b[D\u001b[C\u001bOA\u001bOB\u001b[H\u001bOF", "Left Right Up Down Home End")]
    [InlineData("\u001b[1;5D\u001b[1;3C\u001bb\u001bf\u001bd", "WordLeft WordRight WordLeft WordRight KillWordRight")]
    [InlineData("\u001b[3~\u001b[1~\u001b[4~\u001b[7~\u001b[8~\u001b[3;5~", "Delete Home End Home End KillWordRight")]
    [InlineData("\r\n\u001b\r\u001b[13;2u\u001b[27;2;13~", "Enter NewLine NewLine NewLine NewLine")]
    [InlineData("\u007f\b\u001b\u007f\u0017\u0015\u000b\u0019\u0014", "Backspace Backspace KillWordLeft KillWord KillToStart KillToEnd Yank Transpose")]
    [InlineData("\u0003\u0004\t\f\u0012\u0007\u001a\u0010\u000e", "Interrupt EndOrDelete Tab ClearScreen Search Abort Suspend Up Down")]
    [InlineData("\u001b[[A\u001b[15~\u001b[?1;2c\u001b[I\u001b[200;1m", "")]
    [InlineData("\u001b\u001b[A", "Up")]
    [InlineData("\u001b[12\rx", "Enter Text:x")]
    [InlineData("añ中👩‍👩‍👧\u0003b", "Text:añ中👩‍👩‍👧 Interrupt Text:b")]
    [InlineData("\u001b[200~one\rtwo\u0003\u001b[A\u001b[201~z", "Paste:one\rtwo\u0003\u001b[A Text:z")]
    [InlineData("\u001b[200~\u001b[20\u001b[201~\r", "Paste:\u001b[20 Enter")]
    public void Bytes_become_keys_however_they_are_cut(string sent, string keys)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(sent);
        Assert.Equal(keys, Describe(new KeyParser().Feed(bytes)));
        for (int size = 1; size < bytes.Length; size++)
        {
            KeyParser parser = new();
            List<Key> all = [];
            foreach (byte[] piece in bytes.Chunk(size))
            {
                all.AddRange(parser.Feed(piece));
            }

            Assert.Equal(keys, Describe(Joined(all)));
        }
    }

    [Fact]
    public void Any_bytes_at_all_are_taken()
    {
        Random random = new(1);
        KeyParser parser = new();
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            parser.Feed(bytes);
        }

        // A paste that never ended may have begun.
        parser.Feed("\u001b[201~\u001b[201~"u8);
        Assert.Equal("Enter", Describe(parser.Feed("\r"u8)));
    }

    private static IEnumerable<Key> Joined(IEnumerable<Key> keys)
    {
        Key? held = null;
        foreach (Key key in keys)
        {
            if (held is { Kind: KeyKind.Text } text && key.Kind == KeyKind.Text)
            {
                held = text with { Text = text.Text + key.Text };
                continue;
            }

            if (held is { } before)
            {
                yield return before;
            }

            held = key;
        }

        if (held is { } last)
        {
            yield return last;
        }
    }

    private static string Describe(IEnumerable<Key> keys) => string.Join(' ', keys.Select(key => key.Text.Length > 0 ? $"{key.Kind}:{key.Text}" : key.Kind.ToString()));
}
