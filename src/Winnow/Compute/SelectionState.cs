namespace Winnow.Compute;

/// <summary>What a device keeps of an attention method from one step to the next. Made by a <see cref="RowSelector"/>.</summary>
/// <remarks>
/// Copies are ordered after all that was asked of any stream before, and before all that is asked afterwards; they wait for nothing.
/// </remarks>
internal abstract class SelectionState : IDisposable
{
    /// <summary>Bytes that a copy of it takes; known without waiting.</summary>
    public abstract long SizeBytes { get; }

    /// <summary>An empty one of the same shape, of the same device.</summary>
    public abstract SelectionState CreateLike();

    /// <summary>Becomes what another one is.</summary>
    /// <param name="other">Of the same type and shape, perhaps another session's.</param>
    public abstract void CopyFrom(SelectionState other);

    /// <summary>Writes it to host memory; waits for the device.</summary>
    public abstract void Save(StateBuffer target);

    /// <summary>Reads back what <see cref="Save"/> wrote.</summary>
    /// <param name="source">A saved session may be of any origin.</param>
    /// <param name="length">Tokens of that session.</param>
    /// <exception cref="InvalidDataException">It is damaged, or names rows that the session does not have.</exception>
    public abstract void Load(ref StateReader source, int length);

    /// <summary>Frees it.</summary>
    public virtual void Dispose()
    {
    }
}
