using System.Globalization;
using System.Runtime.InteropServices;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Tensors;

namespace Winnow.Lab.Quantization;

/// <summary>
/// How much the inputs of each weight matrix carry: the mean square of every activation that meets it, over a text. A quantizer spends its
/// bits where they are large. Read and written in llama.cpp's format, a GGUF file of <c>NAME.in_sum2</c> and <c>NAME.counts</c>.
/// </summary>
public sealed class ImportanceMatrix
{
    private const string Sums = ".in_sum2";
    private const string Counts = ".counts";

    private readonly SortedDictionary<string, ImportanceSums> _sums = new(StringComparer.Ordinal);
    private readonly string _path;
    private int _experts = 1;

    private ImportanceMatrix(string path) => _path = path;

    /// <summary>The matrices that it knows of, by the names of their tensors.</summary>
    public IReadOnlyCollection<string> Names => _sums.Keys;

    /// <summary>How many chunks of text it was made of.</summary>
    public int Chunks { get; private set; }

    /// <summary>Tokens of a chunk.</summary>
    public int ChunkTokens { get; private set; }

    /// <summary>What the texts are called.</summary>
    public IReadOnlyList<string> Datasets { get; private set; } = [];

    /// <summary>Reads a text with a model and adds up the squares of what its products take in.</summary>
    /// <param name="engine">The model, on the processor.</param>
    /// <param name="tokens">The text; what is left behind the last whole chunk is not read.</param>
    /// <param name="chunkTokens">Tokens of a chunk: each is read by itself, with the begin-of-text token in front where the model wants it.</param>
    /// <param name="dataset">What the text is called.</param>
    /// <param name="progress">Told the number of chunks after each.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <exception cref="ArgumentException">There is not one whole chunk.</exception>
    /// <exception cref="WinnowException">A layer is on another device, or tensors have no names of GGUF.</exception>
    public static ImportanceMatrix Collect(
        Engine engine,
        IReadOnlyList<int> tokens,
        int chunkTokens = 512,
        string dataset = "",
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkTokens, 2);
        if (tokens.Count < chunkTokens)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{tokens.Count} tokens are less than a chunk of {chunkTokens}"), nameof(tokens));
        }

        CpuDevice[] devices = [.. engine.Placement.Select(part => part.Device as CpuDevice
            ?? throw new WinnowException($"an importance matrix is collected on the processor, but device {part.Device.Name} has layers"))];
        ImportanceMatrix matrix = new("") { ChunkTokens = chunkTokens, Datasets = dataset.Length == 0 ? [] : [dataset] };
        matrix._experts = engine.Config.Experts?.Count ?? 1;
        using TokenReader reader = engine.CreateReader(chunkTokens);
        float[] ignored = new float[engine.Config.HiddenSize];
        try
        {
            Array.ForEach(devices, device => device.ProductObserver = matrix.Add);
            for (int first = 0; first + chunkTokens <= tokens.Count; first += chunkTokens)
            {
                int[] chunk = [.. tokens.Skip(first).Take(chunkTokens)];
                chunk[0] = engine.Tokenizer.AddBos ? engine.Tokenizer.BosId!.Value : chunk[0];
                reader.Truncate(0);
                reader.ReadPooled(chunk, ignored, cancellationToken);
                matrix.Chunks++;
                progress?.Report(matrix.Chunks);
            }
        }
        finally
        {
            Array.ForEach(devices, device => device.ProductObserver = null);
        }

        return matrix._sums.Count > 0
            ? matrix
            : throw new WinnowException("the model's tensors have no names of GGUF, which an importance matrix is kept under: convert it first");
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ModelFormatException">It is no importance matrix, or damaged.</exception>
    public static ImportanceMatrix Load(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        if (file.Metadata.GetStringOrNull("general.type") != "imatrix")
        {
            throw new ModelFormatException(
                path, $"is no importance matrix: general.type is '{file.Metadata.GetStringOrNull("general.type")}', not 'imatrix'");
        }

        ImportanceMatrix matrix = new(path)
        {
            Chunks = file.Metadata.GetInt32OrNull("imatrix.chunk_count") ?? 0,
            ChunkTokens = file.Metadata.GetInt32OrNull("imatrix.chunk_size") ?? 0,
            Datasets = file.Metadata.GetArrayOrNull<string>("imatrix.datasets") ?? [],
        };
        foreach (TensorEntry sums in file.Tensors.Values.Where(tensor => tensor.Name.EndsWith(Sums, StringComparison.Ordinal)))
        {
            string name = sums.Name[..^Sums.Length];
            if (!file.Tensors.TryGetValue(name + Counts, out TensorEntry? counts))
            {
                throw new ModelFormatException(path, $"tensor '{sums.Name}' has no '{name}{Counts}' beside it");
            }

            matrix._sums.Add(name, new ImportanceSums(Floats(path, sums), Floats(path, counts)));
        }

        return matrix._sums.Count > 0 ? matrix : throw new ModelFormatException(path, "has no tensors named ….in_sum2");
    }

    /// <summary>Writes a file that llama.cpp reads as well; it appears when it is complete.</summary>
    /// <exception cref="WinnowException">It cannot be written.</exception>
    public void Save(string path)
    {
        GgufMetadata metadata = new(path);
        metadata.Set("general.type", "imatrix");
        metadata.Set("imatrix.datasets", Datasets.ToArray());
        metadata.Set("imatrix.chunk_count", (uint)Chunks);
        metadata.Set("imatrix.chunk_size", (uint)ChunkTokens);
        using GgufWriter writer = new(path, metadata);
        foreach ((string name, ImportanceSums sums) in _sums)
        {
            writer.Declare(name + Sums, TensorType.F32, sums.Matrices, sums.Columns);
            writer.Declare(name + Counts, TensorType.F32, sums.Matrices, 1);
        }

        foreach ((string name, ImportanceSums sums) in _sums)
        {
            writer.Write(name + Sums, MemoryMarshal.AsBytes<float>(sums.SquaresAsFloats()));
            writer.Write(name + Counts, MemoryMarshal.AsBytes<float>(sums.CountsAsFloats()));
        }

        writer.Complete();
    }

    /// <summary>The mean square of each input of a matrix, [matrices, columns]; null where it is not known.</summary>
    internal float[]? Find(string tensor) => _sums.GetValueOrDefault(tensor)?.Means();

    /// <summary>What gives each element of a tensor its importance; null where they are not known.</summary>
    /// <exception cref="ModelFormatException">They are of a matrix of another shape.</exception>
    internal EncodedModelWriter.Producer? WeigherOf(TensorEntry tensor)
    {
        if (Find(tensor.Name) is not { } means)
        {
            return null;
        }

        int columns = (int)tensor.Shape[^1];
        long matrixLength = tensor.Shape.Count > 2 ? tensor.Shape[^1] * tensor.Shape[^2] : tensor.ElementCount;
        long matrices = tensor.ElementCount / matrixLength;
        if (means.LongLength != matrices * columns && means.Length != columns)
        {
            throw new ModelFormatException(
                _path, $"has {means.Length} importances of tensor '{tensor.Name}', which has {matrices} matrices of {columns} columns");
        }

        return (first, values) =>
        {
            for (int i = 0; i < values.Length;)
            {
                long element = first + i;
                int column = (int)(element % columns);
                int matrix = means.Length == columns ? 0 : (int)(element / matrixLength);
                int count = Math.Min(columns - column, values.Length - i);
                means.AsSpan((matrix * columns) + column, count).CopyTo(values[i..]);
                i += count;
            }
        };
    }

    /// <summary>Says in a quantized file where its importances came from, by llama.cpp's keys.</summary>
    internal void Describe(GgufMetadata metadata)
    {
        metadata.Set("quantize.imatrix.file", Path.GetFileName(_path));
        metadata.Set("quantize.imatrix.dataset", Datasets.Count > 0 ? Datasets[0] : "");
        metadata.Set("quantize.imatrix.entries_count", (uint)_sums.Count);
        metadata.Set("quantize.imatrix.chunks_count", (uint)Chunks);
    }

    private static float[] Floats(string path, TensorEntry tensor) => tensor.Type == TensorType.F32
        ? MemoryMarshal.Cast<byte, float>(tensor.Bytes(0, checked((int)tensor.SizeBytes))).ToArray()
        : throw new ModelFormatException(path, $"tensor '{tensor.Name}' is {tensor.Type}, but importances are F32");

    /// <summary>Adds a row that a weight is multiplied with. Behind the tensor's name in brackets is the number of an expert, or a part of a fused tensor.</summary>
    private void Add(string weight, ReadOnlySpan<float> row)
    {
        if (!weight.StartsWith("blk.", StringComparison.Ordinal))
        {
            return;
        }

        int bracket = weight.IndexOf('[', StringComparison.Ordinal);
        string name = bracket < 0 ? weight : weight[..bracket];
        bool isExpert = bracket >= 0 & int.TryParse(weight.AsSpan(bracket + 1).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out int matrix);
        if (!_sums.TryGetValue(name, out ImportanceSums? sums))
        {
            sums = new ImportanceSums(isExpert ? _experts : 1, row.Length);
            _sums.Add(name, sums);
        }

        sums.Add(matrix, row);
    }
}
