using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Memory;

/// <summary>Brings bytes to the host: waits for the device.</summary>
internal static unsafe class Readback
{
    private const int LargestPiece = 8 << 20;

    /// <summary>Waits for all commands so far and copies bytes.</summary>
    /// <param name="context">The device.</param>
    /// <param name="source">Where they are.</param>
    /// <param name="offset">The first byte of the source.</param>
    /// <param name="target">As many bytes as to copy.</param>
    public static void Read(VulkanContext context, MemorySlice source, ulong offset, Span<byte> target)
    {
        CommandRecorder commands = context.Commands;
        commands.CountRead(target.Length);
        if (source.Mapped is not null)
        {
            commands.WaitForAll();
            new ReadOnlySpan<byte>(source.Mapped + offset, target.Length).CopyTo(target);
            return;
        }

        while (target.Length > 0)
        {
            Span<byte> piece = target[..Math.Min(target.Length, LargestPiece)];
            MemorySlice room;
            ulong submission;
            using (CommandRecorder.Operation operation = commands.Begin())
            {
                room = context.Pool(MemoryKind.Readback).Take((ulong)piece.Length);
                commands.Copy(source, offset, room, 0, (ulong)piece.Length);
                submission = commands.Submit();
            }

            commands.WaitFor(submission);
            new ReadOnlySpan<byte>(room.Mapped, piece.Length).CopyTo(piece);
            commands.Release(MemoryKind.Readback, room);
            offset += (ulong)piece.Length;
            target = target[piece.Length..];
        }
    }
}
