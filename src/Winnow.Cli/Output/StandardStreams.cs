using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Winnow.Cli.Output;

/// <summary>The three streams of the process: closed ones, pipes without a reader, and terminals that obey control characters.</summary>
internal static class StandardStreams
{
    private const int Input = 0;
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>O_CLOEXEC of Linux, in octal as the system shows flags.</summary>
    private const long CloseOnExecute = 0x80000;

    /// <summary>The bytes of standard output.</summary>
    public static Stream Bytes { get; private set; } = Console.OpenStandardOutput();

    /// <summary>For what a model says: as it is into files and pipes, visible on a terminal.</summary>
    public static TextWriter Answer { get; private set; } = Console.Out;

    /// <summary>Standard output with the control characters that a terminal is drawn with.</summary>
    public static TextWriter Screen { get; private set; } = Console.Out;

    /// <summary>Standard error with the control characters that progress is drawn with.</summary>
    public static TextWriter Drawing { get; private set; } = Console.Error;

    /// <summary>Standard input, at its end where it is closed.</summary>
    public static TextReader Reader =>
        !IsOpen(Input) ? TextReader.Null
        : Console.IsInputRedirected ? new StreamReader(Console.OpenStandardInput(), Console.InputEncoding, detectEncodingFromByteOrderMarks: true)
        : Console.In;

    /// <summary>Makes the console's writers those of this class: from then on everything but answers is visible.</summary>
    public static void Install()
    {
        Bytes = IsOpen(Output) ? OpenOutput() : new ClosedStream();
        TextWriter output = new StreamWriter(Bytes, EncodingOf(Console.OutputEncoding)) { AutoFlush = true };
        Screen = output;
        VisibleWriter visible = new(output);
        Answer = Console.IsOutputRedirected ? output : visible;
        Console.SetOut(visible);
        Drawing = IsOpen(Error) ? new StreamWriter(new ForgivingStream(Console.OpenStandardError()), EncodingOf(Console.OutputEncoding)) { AutoFlush = true } : TextWriter.Null;
        Console.SetError(new VisibleWriter(Drawing));
    }

    /// <summary>Everything that standard input holds; a byte order mark is no part of it.</summary>
    /// <exception cref="WinnowException">It is closed.</exception>
    public static string ReadToEnd() => IsOpen(Input) ? Reader.ReadToEnd() : throw new WinnowException("standard input is closed: there is nothing to read from -");

    private static Stream OpenOutput()
    {
        Stream console = Console.OpenStandardOutput();
        if (!Console.IsOutputRedirected || OperatingSystem.IsWindows())
        {
            return console;
        }

        try
        {
            // A file is shared with whatever writes to it before and after: only the console's stream appends at its common end.
            FileStream file = new(new SafeFileHandle(Output, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return file.CanSeek ? console : new OutputPipe(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return console;
        }
    }

    /// <summary>
    /// Whether the process was started with a stream. Of one that was closed the number is taken by the first file that the
    /// runtime opens; but the runtime's files are closed on execution, and what was inherited never is.
    /// </summary>
    private static bool IsOpen(int stream)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        try
        {
            string? flags = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fdinfo/{stream}"))
                .FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
            return flags is null || (Convert.ToInt64(flags["flags:".Length..].Trim(), 8) & CloseOnExecute) == 0;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // A system without /proc: as if it were open.
            return true;
        }
    }

    /// <summary>The encoding without a byte order mark in front.</summary>
    private static Encoding EncodingOf(Encoding encoding) => encoding is UTF8Encoding ? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) : encoding;
}
