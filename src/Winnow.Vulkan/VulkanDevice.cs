using Winnow.Compute;
using Winnow.Tensors;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Native;
using Winnow.Vulkan.Products;

namespace Winnow.Vulkan;

/// <summary>A GPU, through its Vulkan driver.</summary>
internal sealed unsafe class VulkanDevice : Device
{
    private const long LoadPiece = 1L << 30;

    /// <summary>What the shader has room for.</summary>
    private const int MostGroups = 32;

    private bool _disposed;

    /// <summary>Opens a device.</summary>
    /// <exception cref="WinnowException">The driver refuses.</exception>
    public VulkanDevice(VulkanAdapter adapter)
        : this(VulkanContext.Open(adapter))
    {
    }

    /// <summary>Takes a context over that was opened, or joined, for it.</summary>
    public VulkanDevice(VulkanContext context)
    {
        Context = context;
        Ropes = new RopeTables(Context);
        Context.Variants.Try(this);
    }

    public override string Name => Context.Name;

    public override string Description => $"{Context.Adapter.Description}, {Context.Adapter.Driver}";

    public override int PreferredChunk => 2048;

    public override bool RoundsPromptsToHalf => Context.Variants.UsesFragments;

    public override bool RoundsStepsToBytes => Context.Variants.UsesIntegers;

    public override long MemoryBytes => Context.Commands.UsedBytes(MemoryKind.Device);

    public override long? FreeMemoryBytes =>
        Math.Max(0, Context.Commands.FreeBytes(MemoryKind.Device) - (Context.Variants.UsesTensors ? TensorProducts.ReservedBytes : 0));

    /// <summary>What engines on this device share.</summary>
    public VulkanContext Context { get; }

    /// <summary>Cosines and sines of positions, for the models of this device.</summary>
    public RopeTables Ropes { get; }

    internal override DeviceBuffer Allocate(long sizeBytes) => new VulkanBuffer(Context, sizeBytes);

    internal override DeviceBuffer AllocateInRam(long sizeBytes) => new VulkanBuffer(Context, sizeBytes, MemoryKind.Ram);

    public override bool Multiplies(TensorType type) => VulkanWeight.IsSupported(type);

    internal override Weight LoadWeight(string name, TensorType type, int outputs, int inputs, nint data)
    {
        VulkanWeight.Require(type);
        long bytes = type.SizeBytes((long)outputs * inputs);
        if (VulkanBuffer.TryImport(Context, (byte*)data, bytes) is { } imported)
        {
            return new VulkanWeight(name, type, outputs, inputs, imported);
        }

        VulkanBuffer buffer = new(Context, bytes, clears: false);
        Load(buffer, data, bytes);
        return new VulkanWeight(name, type, outputs, inputs, buffer) { IsInPlace = false };
    }

    internal override ExpertMatrix LoadExperts(string name, TensorType type, int outputs, int inputs, ReadOnlySpan<nint> data)
    {
        VulkanWeight.Require(type);
        long bytes = type.SizeBytes((long)outputs * inputs);
        if (FollowEachOther(data, bytes) && VulkanBuffer.TryImport(Context, (byte*)data[0], bytes * data.Length) is { } imported)
        {
            return new VulkanExpertMatrix(name, type, data.Length, outputs, inputs, imported);
        }

        VulkanBuffer buffer = new(Context, bytes * data.Length, clears: false);
        for (int e = 0; e < data.Length; e++)
        {
            for (long done = 0; done < bytes; done += LoadPiece)
            {
                buffer.Write((e * bytes) + done, new ReadOnlySpan<byte>((void*)(data[e] + (nint)done), (int)Math.Min(LoadPiece, bytes - done)));
            }
        }

        return new VulkanExpertMatrix(name, type, data.Length, outputs, inputs, buffer) { IsInPlace = false };
    }

    internal override string? FindMissing(ExpertWeights experts) =>
        experts.Router.ScalesInput ? "experts whose inputs are weighted"
        : experts.Router.Groups > MostGroups && experts.Router.GroupsUsed < experts.Router.Groups ? $"more than {MostGroups} groups of experts"
        : null;

    internal override ComputeStream CreateStream() => new VulkanStream(this);

    internal override void CopyCore(DeviceBuffer source, long sourceOffset, DeviceBuffer target, long targetOffset, long bytes)
    {
        using CommandRecorder.Operation operation = Context.Commands.Begin();
        Context.Commands.Copy(((VulkanBuffer)source).Slice, (ulong)sourceOffset, ((VulkanBuffer)target).Slice, (ulong)targetOffset, (ulong)bytes);
    }

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            Ropes.Dispose();
            Context.Close();
        }
    }

    private static bool FollowEachOther(ReadOnlySpan<nint> data, long bytes)
    {
        for (int i = 1; i < data.Length; i++)
        {
            if (data[i] != data[0] + (nint)(i * bytes))
            {
                return false;
            }
        }

        return true;
    }

    private static void Load(VulkanBuffer buffer, nint data, long bytes)
    {
        if (bytes <= LoadPiece)
        {
            buffer.Fill(new ReadOnlySpan<byte>((void*)data, (int)bytes));
            return;
        }

        for (long done = 0; done < bytes; done += LoadPiece)
        {
            buffer.Write(done, new ReadOnlySpan<byte>((void*)(data + (nint)done), (int)Math.Min(LoadPiece, bytes - done)));
        }
    }
}
