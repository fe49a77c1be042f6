using Winnow.Compute;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan;

/// <summary>
/// Cosines and sines of positions, made by the host in blocks when they are first needed: the sine of Vulkan promises 11 bits, and
/// only near zero. Thread-safe.
/// </summary>
/// <remarks>A position has a cosine for each pair, then a sine for each.</remarks>
internal sealed class RopeTables(VulkanContext context) : IDisposable
{
    private const int BlockPositions = 512;

    private readonly Dictionary<(RopeFrequencies Frequencies, int Block), VulkanBuffer> _blocks = [];
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <summary>Where the cosines of each position lie.</summary>
    /// <param name="frequencies">The angles.</param>
    /// <param name="positions">Positions, not negative.</param>
    /// <param name="addresses">Receives the addresses, [positions].</param>
    public void Locate(RopeFrequencies frequencies, ReadOnlySpan<int> positions, Span<ulong> addresses)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            int block = -1;
            ulong first = 0;
            for (int i = 0; i < positions.Length; i++)
            {
                if (positions[i] / BlockPositions != block)
                {
                    block = positions[i] / BlockPositions;
                    first = Block(frequencies, block).Address;
                }

                addresses[i] = first + (ulong)(positions[i] % BlockPositions * frequencies.RotaryDimension * sizeof(float));
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (VulkanBuffer block in _blocks.Values)
            {
                block.Dispose();
            }

            _blocks.Clear();
        }
    }

    private VulkanBuffer Block(RopeFrequencies frequencies, int block)
    {
        if (!_blocks.TryGetValue((frequencies, block), out VulkanBuffer? buffer))
        {
            ReadOnlySpan<float> inverse = frequencies.InverseFrequencies;
            float[] values = new float[BlockPositions * frequencies.RotaryDimension];
            for (int i = 0; i < BlockPositions; i++)
            {
                Span<float> row = values.AsSpan(i * frequencies.RotaryDimension, frequencies.RotaryDimension);
                for (int pair = 0; pair < inverse.Length; pair++)
                {
                    // The angle is an f32 product, as in the models' own code; its sine is exact.
                    (double sine, double cosine) = Math.SinCos((float)((block * BlockPositions) + i) * inverse[pair]);
                    row[pair] = (float)(cosine * frequencies.Magnitude);
                    row[inverse.Length + pair] = (float)(sine * frequencies.Magnitude);
                }
            }

            buffer = new VulkanBuffer(context, (long)values.Length * sizeof(float), clears: false);
            buffer.Write(0, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
            context.Commands.Settle();
            _blocks.Add((frequencies, block), buffer);
        }

        return buffer;
    }
}
