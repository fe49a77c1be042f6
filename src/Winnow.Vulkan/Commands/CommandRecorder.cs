using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Silk.NET.Vulkan;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Native;
using Winnow.Vulkan.Shaders;

namespace Winnow.Vulkan.Commands;

/// <summary>
/// Records the commands of all streams of a device, in the order in which they are asked for, and submits them. Barriers stand where
/// bytes that a command writes are touched again, and nowhere else.
/// </summary>
/// <remarks>
/// One recorder and one lock for a device make the contract's order between streams simple: what was asked for first is done first.
/// Recording takes a fraction of a microsecond, so streams hardly meet at the lock.
/// </remarks>
internal sealed unsafe class CommandRecorder : IDisposable
{
    /// <summary>Bytes of push constants that every device has.</summary>
    public const int LargestConstants = 128;

    private const int Slots = 16;

    // Enough work for the device to begin with while the host records more.
    private const int CommandsOfSubmission = 128;

    private readonly VulkanContext _context;
    private readonly Vk _vk;
    private readonly Queue _queue;
    private readonly CommandPool _pool;
    private readonly CommandBuffer[] _buffers = new CommandBuffer[Slots];
    private readonly ulong[] _submissionOfSlot = new ulong[Slots];
    private readonly Silk.NET.Vulkan.Semaphore _timeline;
    private readonly HazardTracker _hazards;
    private readonly List<Action>? _held;
    private readonly StagingRing _staging;
    private readonly Lock _gate = new();
    private readonly List<(ulong Submission, MemoryKind Kind, MemorySlice Slice)> _retired = [];
    private readonly WorkLimit _limit;
    private readonly CommandClock? _clock;

    private int _depth;
    private ulong _stagedBefore;
    private ulong _submitted;
    private int _recorded;
    private double _work;
    private ulong _boundPipeline;
    private long _waits;
    private long _bytesRead;
    private string? _lost;

    /// <param name="context">The device.</param>
    /// <param name="queue">Where commands go.</param>
    /// <param name="family">The queue's family.</param>
    /// <param name="order">How freely they may be done.</param>
    public CommandRecorder(VulkanContext context, Queue queue, uint family, CommandOrder order)
    {
        _hazards = new HazardTracker(order == CommandOrder.OneByOne);
        _held = order == CommandOrder.Reversed ? [] : null;
        _context = context;
        _vk = context.Vk;
        _queue = queue;
        _limit = new WorkLimit(context.Adapter.Type == PhysicalDeviceType.DiscreteGpu ? 2e11 : 2e10);
        _clock = Timestamps.AreKnown(context.Adapter, family) ? new CommandClock(context, family, Slots, CommandsOfSubmission, _limit) : null;
        _staging = new StagingRing(context);
        CommandPoolCreateInfo pool = new()
        {
            SType = StructureType.CommandPoolCreateInfo,
            Flags = CommandPoolCreateFlags.ResetCommandBufferBit,
            QueueFamilyIndex = family,
        };
        CommandPool poolHandle;
        _vk.CreateCommandPool(context.Device, &pool, null, &poolHandle).Require("prepare commands", context.Name);
        _pool = poolHandle;
        CommandBufferAllocateInfo allocate = new()
        {
            SType = StructureType.CommandBufferAllocateInfo,
            CommandPool = _pool,
            Level = CommandBufferLevel.Primary,
            CommandBufferCount = Slots,
        };
        fixed (CommandBuffer* first = _buffers)
        {
            _vk.AllocateCommandBuffers(context.Device, &allocate, first).Require("prepare commands", context.Name);
        }

        SemaphoreTypeCreateInfo type = new() { SType = StructureType.SemaphoreTypeCreateInfo, SemaphoreType = SemaphoreType.Timeline };
        SemaphoreCreateInfo semaphore = new() { SType = StructureType.SemaphoreCreateInfo, PNext = &type };
        Silk.NET.Vulkan.Semaphore timeline;
        _vk.CreateSemaphore(context.Device, &semaphore, null, &timeline).Require("prepare commands", context.Name);
        _timeline = timeline;
    }

    /// <summary>How often somebody waited for the device.</summary>
    public long Waits => Interlocked.Read(ref _waits);

    /// <summary>Bytes that the host has read of what the device computed.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Barriers that were recorded.</summary>
    public long Barriers { get; private set; }

    /// <summary>Dispatches, copies and fills that were recorded.</summary>
    public long Commands { get; private set; }

    private CommandBuffer Current => _buffers[(int)(_submitted % Slots)];

    /// <summary>
    /// Begins an operation: its commands follow each other without those of another stream between them, and what it stages stays until
    /// they are done. Dispose what is returned.
    /// </summary>
    /// <exception cref="VulkanDeviceLostException">The device is lost.</exception>
    public Operation Begin()
    {
        _gate.Enter();
        try
        {
            if (_depth == 0)
            {
                if (_lost is not null)
                {
                    throw new VulkanDeviceLostException(_lost);
                }

                if (_recorded >= CommandsOfSubmission)
                {
                    Submit();
                }

                _stagedBefore = _staging.Head;
            }

            _depth++;
            return new Operation(this);
        }
        catch
        {
            _gate.Exit();
            throw;
        }
    }

    /// <summary>Records a dispatch. Call inside an operation.</summary>
    /// <param name="kernel">The shader.</param>
    /// <param name="constants">Its push constants: addresses first.</param>
    /// <param name="groups">Workgroups; none is allowed and does nothing.</param>
    /// <param name="reads">What it reads and others may write.</param>
    /// <param name="writes">What it writes.</param>
    public void Dispatch<T>(ShaderKernel kernel, in T constants, WorkGroups groups, ReadOnlySpan<MemoryRange> reads, ReadOnlySpan<MemoryRange> writes)
        where T : unmanaged
    {
        if (groups.X == 0 || groups.Y == 0 || groups.Z == 0)
        {
            return;
        }

        Prepare(reads, writes);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in constants));
        if (_held is null)
        {
            Dispatch(kernel, bytes, groups);
        }
        else
        {
            Hold(kernel, bytes.ToArray(), groups);
        }
    }

    /// <summary>Multiplications of one submission; see <see cref="WorkLimit"/>.</summary>
    public double MostWork => _limit.Most;

    /// <summary>Counts work that was recorded, and lets the device begin where it is enough for one submission. Call inside an operation.</summary>
    /// <param name="multiplications">How many there are.</param>
    public void Spend(double multiplications)
    {
        _work += multiplications;
        if (_work >= MostWork)
        {
            Submit();
        }
    }

    /// <summary>Makes what was written so far visible to every later command, for bytes that stay as they are and that no command names.</summary>
    public void Settle()
    {
        lock (_gate)
        {
            _hazards.Settle();
        }
    }

    /// <summary>Records a copy. Call inside an operation.</summary>
    public void Copy(MemorySlice source, ulong sourceOffset, MemorySlice target, ulong targetOffset, ulong bytes)
    {
        if (bytes > 0)
        {
            Prepare([new MemoryRange(source.Address + sourceOffset, bytes)], [new MemoryRange(target.Address + targetOffset, bytes)]);
            BufferCopy region = new(source.Offset + sourceOffset, target.Offset + targetOffset, bytes);
            if (_held is null)
            {
                Copy(source, target, region);
            }
            else
            {
                Hold(source, target, region);
            }
        }
    }

    /// <summary>Records zeros for a whole slice. Call inside an operation.</summary>
    public void Clear(MemorySlice slice)
    {
        Prepare([], [new MemoryRange(slice.Address, slice.Bytes)]);
        if (_held is null)
        {
            Fill(slice);
        }
        else
        {
            Hold(slice);
        }
    }

    /// <summary>Copies bytes to where commands of this operation can read them. Call inside an operation.</summary>
    /// <param name="data">The bytes.</param>
    /// <returns>Where they are, until the operation's commands are done.</returns>
    public MemorySlice Stage(ReadOnlySpan<byte> data)
    {
        MemorySlice slice;
        if (data.Length > StagingRing.LargestPiece)
        {
            slice = _context.Pool(MemoryKind.Upload).Take((ulong)data.Length);
            Retire(MemoryKind.Upload, slice);
        }
        else if (!_staging.TryTake(data.Length, out slice))
        {
            _staging.Reclaim(Completed());
            if (!_staging.TryTake(data.Length, out slice))
            {
                Await(Submit());
                if (!_staging.TryTake(data.Length, out slice))
                {
                    throw new InvalidOperationException("one operation stages more than the ring holds");
                }
            }
        }

        data.CopyTo(new Span<byte>(slice.Mapped, data.Length));
        return slice;
    }

    /// <summary>Gives memory back when the commands so far, and those of the operation at hand, are done. Call inside an operation.</summary>
    public void Retire(MemoryKind kind, MemorySlice slice) => _retired.Add((_submitted + 1, kind, slice));

    /// <summary>Bytes of a kind of memory that are in use.</summary>
    public long UsedBytes(MemoryKind kind)
    {
        lock (_gate)
        {
            return (long)_context.Pool(kind).Used;
        }
    }

    /// <summary>Bytes of a kind of memory that may still be taken.</summary>
    public long FreeBytes(MemoryKind kind)
    {
        lock (_gate)
        {
            MemoryPool pool = _context.Pool(kind);
            return (long)(_context.FreeBytes(pool.Heap) + pool.Reserved - pool.Used);
        }
    }

    /// <summary>
    /// Gives memory back at once: commands that are recorded from now on may use it, after those before. What was imported goes back to its
    /// owner, when no command reads it any more.
    /// </summary>
    public void Release(MemoryKind kind, MemorySlice slice)
    {
        lock (_gate)
        {
            if (!_context.IsDestroyed)
            {
                if (slice.Block.IsImported)
                {
                    Await(Submit());
                }

                _context.Pool(kind).Return(slice);
            }
        }
    }

    /// <summary>Lets the device begin with what was recorded.</summary>
    /// <returns>The number to wait for.</returns>
    public ulong Submit()
    {
        lock (_gate)
        {
            if (_recorded == 0)
            {
                return _submitted;
            }

            // What the device wrote is for the host to see once the semaphore says so.
            MemoryBarrier seen = new()
            {
                SType = StructureType.MemoryBarrier,
                SrcAccessMask = AccessFlags.ShaderWriteBit | AccessFlags.TransferWriteBit,
                DstAccessMask = AccessFlags.HostReadBit | AccessFlags.HostWriteBit,
            };
            EmitHeld();
            CommandBuffer buffer = Current;
            _clock?.End(buffer, _work);
            _vk.CmdPipelineBarrier(
                buffer, PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit, PipelineStageFlags.HostBit, 0, 1, &seen, 0, null, 0, null);
            Check(_vk.EndCommandBuffer(buffer), "record commands");
            ulong value = _submitted + 1;
            Silk.NET.Vulkan.Semaphore timeline = _timeline;
            TimelineSemaphoreSubmitInfo values = new()
            {
                SType = StructureType.TimelineSemaphoreSubmitInfo,
                SignalSemaphoreValueCount = 1,
                PSignalSemaphoreValues = &value,
            };
            SubmitInfo submit = new()
            {
                SType = StructureType.SubmitInfo,
                PNext = &values,
                CommandBufferCount = 1,
                PCommandBuffers = &buffer,
                SignalSemaphoreCount = 1,
                PSignalSemaphores = &timeline,
            };
            Check(_vk.QueueSubmit(_queue, 1, &submit, default), "submit commands");
            _submissionOfSlot[(int)(_submitted % Slots)] = value;
            _submitted = value;
            _recorded = 0;
            _work = 0;
            _staging.Mark(value, _depth == 0 ? _staging.Head : _stagedBefore);
            if (_depth > 0)
            {
                // What the operation at hand gave back may still be read by its commands to come.
                for (int i = 0; i < _retired.Count; i++)
                {
                    if (_retired[i].Submission == value)
                    {
                        _retired[i] = _retired[i] with { Submission = value + 1 };
                    }
                }
            }

            return value;
        }
    }

    /// <summary>Waits for a submission on behalf of the host.</summary>
    public void WaitFor(ulong submission)
    {
        Interlocked.Increment(ref _waits);
        Await(submission);
    }

    /// <summary>Counts bytes that the host reads.</summary>
    public void CountRead(long bytes) => Interlocked.Add(ref _bytesRead, bytes);

    /// <summary>Waits for everything so far.</summary>
    public void WaitForAll() => WaitFor(Submit());

    public void Dispose()
    {
        _clock?.Dispose();
        _vk.DestroySemaphore(_context.Device, _timeline, null);
        _vk.DestroyCommandPool(_context.Device, _pool, null);
    }

    private void Await(ulong submission)
    {
        if (submission > Completed())
        {
            Silk.NET.Vulkan.Semaphore timeline = _timeline;
            SemaphoreWaitInfo wait = new() { SType = StructureType.SemaphoreWaitInfo, SemaphoreCount = 1, PSemaphores = &timeline, PValues = &submission };
            Check(_vk.WaitSemaphores(_context.Device, &wait, ulong.MaxValue), "wait for commands");
        }

        lock (_gate)
        {
            ulong completed = Completed();
            _staging.Reclaim(completed);
            int kept = 0;
            for (int i = 0; i < _retired.Count; i++)
            {
                (ulong end, MemoryKind kind, MemorySlice slice) = _retired[i];
                if (end <= completed)
                {
                    _context.Pool(kind).Return(slice);
                }
                else
                {
                    _retired[kept++] = _retired[i];
                }
            }

            _retired.RemoveRange(kept, _retired.Count - kept);
        }
    }

    private void Prepare(ReadOnlySpan<MemoryRange> reads, ReadOnlySpan<MemoryRange> writes)
    {
        if (_recorded == 0)
        {
            Open();
        }

        if (_hazards.Note(reads, writes))
        {
            EmitHeld();
            MemoryBarrier barrier = new()
            {
                SType = StructureType.MemoryBarrier,
                SrcAccessMask = AccessFlags.ShaderWriteBit | AccessFlags.TransferWriteBit,
                DstAccessMask = AccessFlags.ShaderReadBit | AccessFlags.ShaderWriteBit | AccessFlags.TransferReadBit | AccessFlags.TransferWriteBit,
            };
            const PipelineStageFlags Stages = PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit;
            _vk.CmdPipelineBarrier(Current, Stages, Stages, 0, 1, &barrier, 0, null, 0, null);
            Barriers++;
        }

        _recorded++;
        Commands++;
    }

    /// <summary>Records what was held back since the last barrier, the last command first.</summary>
    private void EmitHeld()
    {
        for (int i = (_held?.Count ?? 0) - 1; i >= 0; i--)
        {
            _held![i]();
        }

        _held?.Clear();
    }

    private void Hold(ShaderKernel kernel, byte[] constants, WorkGroups groups) => _held!.Add(() => Dispatch(kernel, constants, groups));

    private void Hold(MemorySlice source, MemorySlice target, BufferCopy region) => _held!.Add(() => Copy(source, target, region));

    private void Hold(MemorySlice slice) => _held!.Add(() => Fill(slice));

    private void Dispatch(ShaderKernel kernel, ReadOnlySpan<byte> constants, WorkGroups groups)
    {
        if (_boundPipeline != kernel.Pipeline.Handle)
        {
            _vk.CmdBindPipeline(Current, PipelineBindPoint.Compute, kernel.Pipeline);
            _boundPipeline = kernel.Pipeline.Handle;
        }

        fixed (byte* data = constants)
        {
            _vk.CmdPushConstants(Current, kernel.Layout, ShaderStageFlags.ComputeBit, 0, (uint)constants.Length, data);
        }

        _vk.CmdDispatch(Current, groups.X, groups.Y, groups.Z);
        _clock?.Note(Current, kernel.Name);
    }

    private void Copy(MemorySlice source, MemorySlice target, BufferCopy region)
    {
        _vk.CmdCopyBuffer(Current, source.Block.Buffer, target.Block.Buffer, 1, &region);
        _clock?.Note(Current, "copy");
    }

    private void Fill(MemorySlice slice)
    {
        _vk.CmdFillBuffer(Current, slice.Block.Buffer, slice.Offset, slice.Bytes, 0);
        _clock?.Note(Current, "clear");
    }

    private void Open()
    {
        ulong lastUse = _submissionOfSlot[(int)(_submitted % Slots)];
        if (lastUse > Completed())
        {
            Await(lastUse);
        }

        CommandBufferBeginInfo begin = new() { SType = StructureType.CommandBufferBeginInfo, Flags = CommandBufferUsageFlags.OneTimeSubmitBit };
        Check(_vk.BeginCommandBuffer(Current, &begin), "record commands");
        _boundPipeline = 0;
        _clock?.Begin(Current, (int)(_submitted % Slots));
    }

    private ulong Completed()
    {
        ulong value;
        Check(_vk.GetSemaphoreCounterValue(_context.Device, _timeline, &value), "tell how far it is");
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Check(Result result, string what)
    {
        if (result != Result.Success)
        {
            try
            {
                result.Require(what, _context.Name);
            }
            catch (VulkanDeviceLostException e)
            {
                _lost = e.Message;
                throw;
            }
        }
    }

    /// <summary>An operation that is being recorded.</summary>
    public readonly ref struct Operation(CommandRecorder recorder)
    {
        /// <summary>Ends it.</summary>
        public void Dispose()
        {
            recorder._depth--;
            recorder._gate.Exit();
        }
    }
}
