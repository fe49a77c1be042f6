namespace Winnow.Compute.Cpu.Experts;

/// <summary>
/// Has the experts of a pass read from a mapped file together, before the first of them is touched, where the process waits for the disk
/// at all. The system would read far beyond each of them, which throws others out where memory is short.
/// </summary>
/// <remarks>Where all of them are in memory, asking would cost as much as a tenth of a token: then only the count of waits is looked at.</remarks>
internal sealed unsafe class ExpertPaging
{
    /// <summary>So many mixtures ask after the last wait: those of some tokens.</summary>
    private const int CallsPerWait = 256;

    private long _waits = -1;
    private int _left;

    /// <summary>Asks for the weights of experts that rows were given to.</summary>
    public void ReadAhead(ExpertRouting routing, ReadOnlySpan<ExpertList> matrices)
    {
        long waits = ScratchFile.CountDiskWaits();
        if (waits != _waits)
        {
            _waits = waits;
            _left = CallsPerWait;
        }

        if (_left == 0)
        {
            return;
        }

        _left--;
        for (int e = 0; e < matrices[0].Count; e++)
        {
            if (!routing.Rows(e).IsEmpty)
            {
                foreach (ExpertList matrix in matrices)
                {
                    CpuWeight weight = (CpuWeight)matrix[e];
                    PageAdvice.Give(weight.Data, weight.RowBytes * weight.Outputs, PageAdvice.WillNeed);
                }
            }
        }
    }
}
