using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>Memory of several blocks. The pages of one layer follow each other, so that a layer is read, and let go of, in long pieces.</summary>
internal sealed class KvSlab : IDisposable
{
    private readonly DeviceBuffer[] _buffers;
    private readonly int[] _bufferOfLayer;
    private readonly long[] _layerOffsets;
    private readonly IReadOnlyList<long> _pageBytes;

    /// <param name="buffers">The memory, one for each device; all of it belongs to the slab.</param>
    /// <param name="bufferOfLayer">Which of them each layer lies in.</param>
    /// <param name="file">The file that the memory is mapped from, or null.</param>
    /// <param name="pageBytes">Bytes of a page of each layer.</param>
    /// <param name="blocks">How many blocks there are.</param>
    public KvSlab(DeviceBuffer[] buffers, int[] bufferOfLayer, ScratchFile? file, IReadOnlyList<long> pageBytes, int blocks)
    {
        _buffers = buffers;
        _bufferOfLayer = bufferOfLayer;
        File = file;
        Blocks = blocks;
        _pageBytes = pageBytes;
        _layerOffsets = new long[pageBytes.Count];
        long[] ends = new long[buffers.Length];
        for (int i = 0; i < _layerOffsets.Length; i++)
        {
            _layerOffsets[i] = ends[bufferOfLayer[i]];
            ends[bufferOfLayer[i]] += blocks * pageBytes[i];
        }
    }

    /// <summary>The file that the memory is mapped from; null where it is none.</summary>
    public ScratchFile? File { get; }

    /// <summary>How many blocks there are.</summary>
    public int Blocks { get; }

    /// <summary>Where the page of a layer lies.</summary>
    public KvPage Page(int layer, int block) => new(_buffers[_bufferOfLayer[layer]], _layerOffsets[layer] + (block * _pageBytes[layer]));

    /// <summary>The bytes of a layer in the file: where they begin, and how many there are.</summary>
    public (long Offset, long Length) Layer(int layer) => (_layerOffsets[layer], Blocks * _pageBytes[layer]);

    /// <summary>Frees the memory.</summary>
    public void Dispose() => Array.ForEach(_buffers, buffer => buffer.Dispose());
}
