namespace Winnow.Cli.Output;

/// <summary>Whoever read the standard output has gone: nothing more needs to be computed or said.</summary>
internal sealed class OutputClosedException(Exception cause) : Exception("the reader of the output has gone", cause);
