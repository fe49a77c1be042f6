using System.Buffers;
using Winnow.Compute.Host.Selection;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Compute;

/// <summary>Something that computes: owns memory and weights, and hands out streams of operations. Shared by all sessions; thread-safe.</summary>
internal abstract class Device : IDisposable
{
    private const int CopyPieceBytes = 1 << 20;

    /// <summary>A short name as users write it: <c>cpu</c>, <c>vulkan:0</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, for people: processor or GPU, instruction set, threads.</summary>
    public abstract string Description { get; }

    /// <summary>Threads of the host that compute for this device.</summary>
    public virtual int Threads => 1;

    /// <summary>
    /// Tokens of a prompt that are computed at once: enough rows to keep the matrix kernels busy, few enough for the activations to stay
    /// in cache.
    /// </summary>
    public virtual int PreferredChunk => 512;

    /// <summary>Whether products and attention of prompts round weights, activations, queries, keys and values to f16, as matrix cores do; sums are in f32.</summary>
    public virtual bool RoundsPromptsToHalf => false;

    /// <summary>Whether products of steps with quantized weights round activations to bytes, in blocks, as the processor's kernels do.</summary>
    public virtual bool RoundsStepsToBytes => false;

    /// <summary>Whether the most probable tokens had better be found here than all logits be read: where reading is dear.</summary>
    public virtual bool FindsCandidates => false;

    /// <summary>Whether it has the operations of layers that remember a sequence in a state (convolutions, linear attention, state spaces).</summary>
    public virtual bool HasRecurrences => false;

    /// <summary>Bytes of memory of its own that are in use for whatever lies on it; 0 for a device that computes in the memory of the process.</summary>
    public virtual long MemoryBytes => 0;

    /// <summary>Bytes of memory of its own that may still be taken; null where nobody knows, or where it is the memory of the process.</summary>
    public virtual long? FreeMemoryBytes => null;

    /// <summary>Allocates zeroed memory.</summary>
    /// <exception cref="WinnowException">The device has not that much.</exception>
    internal abstract DeviceBuffer Allocate(long sizeBytes);

    /// <summary>Allocates zeroed memory of the system that the device can read and write, however slowly.</summary>
    /// <exception cref="NotSupportedException">The device cannot.</exception>
    /// <exception cref="WinnowException">The system has not that much.</exception>
    internal virtual DeviceBuffer AllocateInRam(long sizeBytes) =>
        throw new NotSupportedException($"{Name} has memory of its own: keys and values cannot lie in that of the system");

    /// <summary>Makes a scratch file usable as memory of this device, where it works on host memory; the buffer takes the file over.</summary>
    /// <exception cref="NotSupportedException">The device cannot read host memory.</exception>
    internal virtual DeviceBuffer Map(ScratchFile file) =>
        throw new NotSupportedException($"{Name} has memory of its own: keys and values cannot lie in a file");

    /// <summary>Copies bytes between buffers of this device, after the operations of all streams that were asked to write them and before any later one.</summary>
    /// <param name="source">Where they are.</param>
    /// <param name="sourceOffset">The first byte.</param>
    /// <param name="target">Where they go; not the same bytes.</param>
    /// <param name="targetOffset">Where the first byte goes.</param>
    /// <param name="bytes">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie inside the buffers.</exception>
    internal void Copy(DeviceBuffer source, long sourceOffset, DeviceBuffer target, long targetOffset, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        source.CheckRange(sourceOffset, bytes);
        target.CheckRange(targetOffset, bytes);
        CopyCore(source, sourceOffset, target, targetOffset, bytes);
    }

    /// <summary>Whether the device has kernels for weights of a type.</summary>
    public virtual bool Multiplies(TensorType type) => BlockTypes.Find(type) is not null;

    /// <summary>Makes a weight matrix usable by this device.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">How its elements are stored.</param>
    /// <param name="outputs">Rows.</param>
    /// <param name="inputs">Columns; a multiple of the type's block length.</param>
    /// <param name="data">
    /// The first byte, row-major. It must stay readable until the weight is disposed: a device in host memory works on it in place.
    /// </param>
    /// <exception cref="NotSupportedException">The device has no kernels for this type.</exception>
    internal abstract Weight LoadWeight(string name, TensorType type, int outputs, int inputs, nint data);

    /// <summary>Makes the same weight of all experts of a layer usable by this device.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">How elements are stored.</param>
    /// <param name="outputs">Rows of each.</param>
    /// <param name="inputs">Columns of each.</param>
    /// <param name="data">The first byte of each expert, as for <see cref="LoadWeight"/>; a device of its own memory lays them side by side.</param>
    /// <exception cref="NotSupportedException">The device has no kernels for this type.</exception>
    internal virtual ExpertMatrix LoadExperts(string name, TensorType type, int outputs, int inputs, ReadOnlySpan<nint> data)
    {
        Weight[] weights = new Weight[data.Length];
        for (int e = 0; e < weights.Length; e++)
        {
            weights[e] = LoadWeight($"{name}[{e}]", type, outputs, inputs, data[e]);
        }

        return new ExpertList(weights);
    }

    /// <summary>What this device lacks for a mixture of experts, in words that complete "needs …"; null where it has all of it.</summary>
    internal virtual string? FindMissing(ExpertWeights experts) => null;

    /// <summary>Creates a stream of operations: one a session, used by one thread at a time.</summary>
    internal abstract ComputeStream CreateStream();

    /// <summary>Creates what chooses rows for one session; by itself the host does, which waits for a late device.</summary>
    internal virtual RowSelector CreateSelector() => new HostSelector();

    /// <summary>Allocates a matrix of zeros that owns its buffer: dispose <see cref="Matrix.Buffer"/>.</summary>
    internal Matrix AllocateMatrix(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        return new Matrix(Allocate((long)rows * columns * sizeof(float)), 0, rows, columns, columns);
    }

    /// <summary>Frees threads and memory. Streams, buffers and weights of this device must not be used any more.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Implements <see cref="Copy"/>: through host memory where the device knows no better way.</summary>
    internal virtual void CopyCore(DeviceBuffer source, long sourceOffset, DeviceBuffer target, long targetOffset, long bytes)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent((int)Math.Min(bytes, CopyPieceBytes));
        for (long done = 0; done < bytes;)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(bytes - done, CopyPieceBytes));
            source.Read(sourceOffset + done, part);
            target.Write(targetOffset + done, part);
            done += part.Length;
        }

        ArrayPool<byte>.Shared.Return(piece);
    }

    /// <summary>Frees threads and memory.</summary>
    protected abstract void Dispose(bool disposing);
}
