using Winnow.Cache;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Models.Weights;

namespace Winnow.Models;

/// <summary>How many bytes the layers of a model take on the device that they lie on, told from its file before anything is loaded.</summary>
internal sealed class ModelMemory
{
    private readonly ModelConfig _config;
    private readonly long[] _weightsBefore;
    private readonly long _embedding;
    private readonly long _output;
    private readonly bool _isTied;

    public ModelMemory(ITensorFile file, ModelConfig config)
    {
        _config = config;
        TensorNaming names = new(file, config.Architecture);
        string embedding = names.Weight(TensorRole.Embedding, 0);
        string output = names.Weight(TensorRole.Output, 0);
        _isTied = config.IsTied ?? !file.Tensors.ContainsKey(output);
        _embedding = file.Tensors.TryGetValue(embedding, out TensorEntry? table) ? table.SizeBytes : 0;
        _output = _isTied ? _embedding : 0;
        long[] layers = new long[config.Layers.Count];
        foreach (TensorEntry tensor in file.Tensors.Values.Where(tensor => !TensorNaming.IsConstant(tensor.Name)))
        {
            if (TensorNaming.LayerOf(tensor.Name) is { } layer && layer < layers.Length)
            {
                layers[layer] += tensor.SizeBytes;
            }
            else if (tensor.Name != embedding && !(_isTied && tensor.Name == output))
            {
                _output += tensor.SizeBytes;
            }
        }

        _weightsBefore = new long[layers.Length + 1];
        for (int i = 0; i < layers.Length; i++)
        {
            _weightsBefore[i + 1] = _weightsBefore[i] + layers[i];
        }
    }

    /// <summary>How many layers there are.</summary>
    public int Layers => _config.Layers.Count;

    /// <summary>Tokens that the model was made for.</summary>
    public int ContextLength => _config.ContextLength;

    /// <summary>Bytes of the weights of layers [first, end): with the embeddings if the first is among them, with the output head if the last is.</summary>
    public long Weights(int first, int end)
    {
        bool hasFirst = first == 0;
        bool hasLast = end == Layers;
        long shared = hasFirst && hasLast && _isTied ? _embedding : 0;
        return _weightsBefore[end] - _weightsBefore[first] + (hasFirst ? _embedding : 0) + (hasLast ? _output : 0) - shared;
    }

    /// <summary>Bytes of the keys and values of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="types">How they are stored.</param>
    /// <param name="tokens">Tokens of the context.</param>
    public long KeysAndValues(int layer, KvTypes types, int tokens) =>
        ((long)tokens + KvLayout.PageTokens - 1) / KvLayout.PageTokens * _config.KvLayoutOf(layer, types.Key, types.Value).PageBytes;

    /// <summary>Bytes of what computing takes on a device beside weights, keys and values: rows on their way, scores, rotations.</summary>
    /// <param name="chunk">Tokens of a prompt that are wanted at once.</param>
    /// <param name="tokens">Tokens of the context.</param>
    public long Scratch(int chunk, int tokens)
    {
        long rows = ForwardState.ChunkFor(_config, Math.Min(chunk, tokens)) * ForwardState.BytesOfRow(_config);
        long scores = 2L * _config.QueryHeads * tokens * sizeof(float);
        long rotations = (long)_config.HeadDimension * tokens * sizeof(float);
        return rows + scores + rotations + ((long)_config.VocabularySize * sizeof(float));
    }
}
