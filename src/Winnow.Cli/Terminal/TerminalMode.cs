using System.Runtime.InteropServices;

namespace Winnow.Cli.Terminal;

/// <summary>Takes a terminal's own line editing away, so that every key arrives at once and unseen, and gives it back.</summary>
internal sealed partial class TerminalMode
{
    private const int Input = 0;
    private const int Now = 0;

    /// <summary>More than a <c>termios</c> has on any system.</summary>
    private const int StructureBytes = 512;

    private readonly byte[] _cooked;
    private readonly byte[] _raw;

    private TerminalMode(byte[] cooked, byte[] raw)
    {
        _cooked = cooked;
        _raw = raw;
    }

    /// <summary>The two modes of the terminal at standard input; null where there is none, or no POSIX.</summary>
    public static TerminalMode? Find()
    {
        byte[] cooked = new byte[StructureBytes];
        if (OperatingSystem.IsWindows() || tcgetattr(Input, ref cooked[0]) != 0)
        {
            return null;
        }

        byte[] raw = [.. cooked];
        cfmakeraw(ref raw[0]);

        // Output flags, the second word, stay: a line feed still returns the carriage.
        int word = OperatingSystem.IsMacOS() ? sizeof(long) : sizeof(int);
        cooked.AsSpan(word, word).CopyTo(raw.AsSpan(word));
        return new TerminalMode(cooked, raw);
    }

    /// <summary>Whether lines were typed ahead: in the other mode, so that each ends with a line feed instead of a carriage return.</summary>
    public static bool HasLines
    {
        get
        {
            PollDescriptor input = new() { Descriptor = Input, Events = 1 };
            return poll(ref input, 1, 0) > 0;
        }
    }

    /// <summary>Keys arrive at once.</summary>
    public void SetRaw() => _ = tcsetattr(Input, Now, ref _raw[0]);

    /// <summary>As it was found.</summary>
    public void Restore() => _ = tcsetattr(Input, Now, ref _cooked[0]);

    /// <summary>Stops the job, as Ctrl-Z does in the other mode.</summary>
    /// <remarks>Whichever thread takes the signal: this one may go on for a moment, before it stops with the others.</remarks>
    public static void Suspend() => _ = kill(0, OperatingSystem.IsMacOS() ? 18 : 20);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int tcgetattr(int descriptor, ref byte termios);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int tcsetattr(int descriptor, int when, ref byte termios);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void cfmakeraw(ref byte termios);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int process, int signal);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Answer;
    }
}
