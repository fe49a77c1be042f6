namespace Winnow.Compute.Cpu.Recurrence;

/// <summary>Times of tokens and decays of states, in double precision: a task is one token. There are few of them: one a head.</summary>
internal unsafe struct TimeStepJob
{
    public float* Step;
    public float* Bias;

    /// <summary>Null where no decay is asked for.</summary>
    public float* Rate;
    public float* Decay;
    public long StepStride;
    public long DecayStride;
    public int Columns;
    public float Least;
    public float Most;

    public static void Work(void* state, int token)
    {
        ref readonly TimeStepJob job = ref *(TimeStepJob*)state;
        float* step = job.Step + (token * job.StepStride);
        float* decay = job.Decay + (token * job.DecayStride);
        for (int i = 0; i < job.Columns; i++)
        {
            double x = (double)step[i] + job.Bias[i];
            double time = Math.Clamp(Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))), job.Least, job.Most);
            step[i] = (float)time;
            if (job.Rate is not null)
            {
                decay[i] = (float)Math.Exp(time * job.Rate[i]);
            }
        }
    }
}
