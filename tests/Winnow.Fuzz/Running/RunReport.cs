using System.Text.Json.Serialization;

namespace Winnow.Fuzz.Running;

/// <summary>What a run over one surface found and cost.</summary>
internal sealed record RunReport
{
    /// <summary>The surface.</summary>
    public required string Surface { get; init; }

    /// <summary>Chooses the inputs.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Inputs that were tried.</summary>
    public long Inputs { get; set; }

    /// <summary>Those that were accepted and used, or failed in use.</summary>
    public long PastHeader { get; set; }

    /// <summary>Time by the clock.</summary>
    public double Seconds { get; set; }

    /// <summary>Time of a processor.</summary>
    public double ProcessorSeconds { get; set; }

    /// <summary>The most managed memory that an input allocated.</summary>
    public long MostAllocatedBytes { get; set; }

    /// <summary>The most physical memory that the process had.</summary>
    public long PeakResidentBytes { get; set; }

    /// <summary>The slowest input's time of a processor.</summary>
    public double SlowestMs { get; set; }

    /// <summary>The slowest input.</summary>
    public long SlowestInput { get; set; }

    /// <summary>What failed, one for each place.</summary>
    public List<Failure> Failures { get; init; } = [];

    /// <summary>The share of <see cref="PastHeader"/>.</summary>
    [JsonIgnore]
    public double PastHeaderPercent => Inputs == 0 ? 0 : 100.0 * PastHeader / Inputs;

    /// <summary>Adds what another process did of the same run.</summary>
    public void Add(RunReport other)
    {
        Inputs += other.Inputs;
        PastHeader += other.PastHeader;
        Seconds += other.Seconds;
        ProcessorSeconds += other.ProcessorSeconds;
        MostAllocatedBytes = Math.Max(MostAllocatedBytes, other.MostAllocatedBytes);
        PeakResidentBytes = Math.Max(PeakResidentBytes, other.PeakResidentBytes);
        if (other.SlowestMs > SlowestMs)
        {
            (SlowestMs, SlowestInput) = (other.SlowestMs, other.SlowestInput);
        }

        foreach (Failure failure in other.Failures.Where(failure => Failures.TrueForAll(known => known.Signature != failure.Signature)))
        {
            Failures.Add(failure);
        }
    }
}
