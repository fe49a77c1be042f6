using System.Runtime.InteropServices;

namespace Winnow.Cli;

/// <summary>What the process answers to the shell; part of the command line's contract.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>Something failed; one line on stderr says what.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Ended by Ctrl-C (128 + SIGINT).</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever read the output has gone (128 + SIGPIPE).</summary>
    public const int OutputClosed = 141;

    private const int Terminated = 143;
    private const int HungUp = 129;

    /// <summary>Ended by a signal: 128 + its number.</summary>
    public static int Of(PosixSignal signal) => signal == PosixSignal.SIGHUP ? HungUp : Terminated;
}
