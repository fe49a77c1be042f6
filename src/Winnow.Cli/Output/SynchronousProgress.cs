namespace Winnow.Cli.Output;

/// <summary>Hands progress on at once, on the thread that reports it (unlike <see cref="Progress{T}"/>).</summary>
internal sealed class SynchronousProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
