using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Records;

namespace Winnow.Compute.Cpu.MatMul.Jobs;

/// <summary>Encodes activation rows into the formats that the weights of a call want: a parallel region where there are many tokens.</summary>
internal unsafe struct ActivationJob
{
    /// <summary>Tokens of a task: those of a tile.</summary>
    public const int TaskTokens = PanelLayout.TileTokens;

    public float* Rows;

    /// <summary>Elements from one row to the next.</summary>
    public long RowStride;

    public int Inputs;
    public int Tokens;

    /// <summary>Tokens for which the targets have room; those past <see cref="Tokens"/> become zeros.</summary>
    public int PaddedTokens;

    /// <summary>Where the records of each <see cref="ActivationFormat"/> go, [record][padded token]; null where it is not wanted.</summary>
    public fixed long Targets[ActivationFormatExtensions.Count];

    /// <summary>The body of the region: one group of tokens.</summary>
    public static void Work(void* state, int task)
    {
        ActivationJob* job = (ActivationJob*)state;
        int end = Math.Min((task + 1) * TaskTokens, job->PaddedTokens);
        for (int token = task * TaskTokens; token < end; token++)
        {
            for (int format = 0; format < ActivationFormatExtensions.Count; format++)
            {
                if (job->Targets[format] != 0)
                {
                    job->Encode((ActivationFormat)format, token);
                }
            }
        }
    }

    private readonly void Encode(ActivationFormat format, int token)
    {
        int bytes = format.RecordBytes();
        long stride = (long)bytes * PaddedTokens;
        byte* target = (byte*)Targets[(int)format] + ((long)token * bytes);
        if (token >= Tokens)
        {
            for (int records = format.Records(Inputs); records > 0; records--, target += stride)
            {
                new Span<byte>(target, bytes).Clear();
            }

            return;
        }

        float* row = Rows + (token * RowStride);
        switch (format)
        {
            case ActivationFormat.Float: FloatRecord.Encode(row, Inputs, target, stride); break;
            case ActivationFormat.Int8Per32: Int8Per32Record.Encode(row, Inputs, target, stride); break;
            case ActivationFormat.Int8Per256: Int8Per256Record.Encode(row, Inputs, target, stride); break;
            case ActivationFormat.Int16Per32: Int16Per32Record.Encode(row, Inputs, target, stride); break;
        }
    }
}
