namespace Winnow.Compute.Cpu.MatMul.Records;

/// <summary>How kernels want activations.</summary>
internal enum ActivationFormat
{
    /// <summary>f32 rows as the caller has them.</summary>
    Rows,

    /// <summary>f32, cut into records of 128 inputs.</summary>
    Float,

    /// <summary>int8 with a scale for each 32 inputs, in records of 256: for weights with a scale per 32.</summary>
    Int8Per32,

    /// <summary>int8 with a scale for each 256 inputs, in records of 256: for K-quants.</summary>
    Int8Per256,

    /// <summary>int16 with a scale for each 32 inputs, in records of 256: for weights of eight bits.</summary>
    Int16Per32,
}

/// <summary>The geometry of each <see cref="ActivationFormat"/>.</summary>
internal static class ActivationFormatExtensions
{
    /// <summary>How many formats there are.</summary>
    public const int Count = 5;

    /// <summary>Inputs of a record; the last record of a row is filled up with zeros.</summary>
    public static int RecordLength(this ActivationFormat format) => format == ActivationFormat.Float ? FloatRecord.Length : 256;

    /// <summary>Bytes of a record, a multiple of a cache line.</summary>
    public static int RecordBytes(this ActivationFormat format) => format switch
    {
        ActivationFormat.Float => FloatRecord.Bytes,
        ActivationFormat.Int8Per32 => Int8Per32Record.Bytes,
        ActivationFormat.Int8Per256 => Int8Per256Record.Bytes,
        ActivationFormat.Int16Per32 => Int16Per32Record.Bytes,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "rows are not encoded"),
    };

    /// <summary>Records of a row.</summary>
    public static int Records(this ActivationFormat format, int inputs) => (inputs + format.RecordLength() - 1) / format.RecordLength();
}
