using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Surfaces;

/// <summary>A kind of file or request that comes from anywhere, and what a user's action does with it. Used by one thread at a time.</summary>
internal abstract class Surface : IDisposable
{
    /// <summary>What it is called on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Whether the last input was accepted as what it claims to be, so that it was used.</summary>
    public bool IsPastHeader { get; private set; }

    /// <summary>The good inputs that others are made of.</summary>
    public abstract IReadOnlyList<byte[]> Seeds { get; }

    /// <summary>Does what a user's action would do with the input: opens or parses it, and uses what it holds.</summary>
    /// <remarks>
    /// The entry point for SharpFuzz (<c>Fuzzer.LibFuzzer.Run(surface.Run)</c>): what a user is to be told, a
    /// <see cref="WinnowException"/> and what the API documents, is caught; anything else leaves.
    /// </remarks>
    public void Run(ReadOnlySpan<byte> input)
    {
        IsPastHeader = false;
        try
        {
            Use(input);
        }
        catch (Exception error) when (IsDocumented(error))
        {
        }
    }

    /// <summary>Makes an input.</summary>
    public abstract byte[] Make(InputRandom random);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>Opens and uses an input, and calls <see cref="Accept"/> between the two.</summary>
    protected abstract void Use(ReadOnlySpan<byte> input);

    /// <summary>The input was opened or parsed.</summary>
    protected void Accept() => IsPastHeader = true;

    /// <summary>Whether the API says that an input may cause this.</summary>
    protected virtual bool IsDocumented(Exception error) => error is WinnowException;
}
