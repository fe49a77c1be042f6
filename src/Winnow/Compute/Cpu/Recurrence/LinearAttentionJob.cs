using System.Runtime.CompilerServices;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Recurrence;

/// <summary>Linear attention: a task is all tokens of <see cref="TaskVectors"/> vectors of a head's values, whose part of the state stays in the cache.</summary>
/// <remarks>Each column of the state is computed in the same order, whichever task it belongs to.</remarks>
internal unsafe struct LinearAttentionJob
{
    public const int TaskVectors = 4;

    public float* Query;
    public float* Key;
    public float* Value;
    public float* Decay;

    /// <summary>Null for 1.</summary>
    public float* Rate;

    /// <summary>Null for 0.</summary>
    public float* Skip;
    public float* Before;
    public float* After;
    public float* Output;
    public long QueryStride;
    public long KeyStride;
    public long ValueStride;
    public long DecayStride;
    public long RateStride;
    public long BeforeStride;
    public long AfterStride;
    public long OutputStride;
    public int Tokens;
    public int Heads;
    public int KeyHeads;
    public int KeyDimension;
    public int ValueDimension;
    public bool TilesKeyHeads;
    public bool IsDelta;
    public bool FadesChannels;

    /// <summary>Columns of a head in a task.</summary>
    public int TaskColumns;

    public readonly int TasksPerHead => (ValueDimension + TaskColumns - 1) / TaskColumns;

    public static void Work<S, V>(void* state, int task)
        where S : struct, ISimd<V>
        where V : struct
    {
        ref readonly LinearAttentionJob job = ref *(LinearAttentionJob*)state;
        int head = task / job.TasksPerHead;
        int column = task % job.TasksPerHead * job.TaskColumns;
        int end = Math.Min(column + job.TaskColumns, job.ValueDimension);
        for (int t = 0; t < job.Tokens; t++)
        {
            Token token = job.At(head, t);
            int i = column;
            for (; i <= end - (TaskVectors * S.Width); i += TaskVectors * S.Width)
            {
                job.FourVectors<S, V>(token, i);
            }

            for (; i <= end - S.Width; i += S.Width)
            {
                job.OneVector<S, V>(token, i);
            }

            for (; i < end; i++)
            {
                job.OneColumn(token, i);
            }
        }
    }

    private readonly Token At(int head, int t)
    {
        int keyHead = TilesKeyHeads ? head % KeyHeads : head / (Heads / KeyHeads);
        long row = (long)head * KeyDimension;
        return new Token
        {
            Query = Query + (t * QueryStride) + ((long)keyHead * KeyDimension),
            Key = Key + (t * KeyStride) + ((long)keyHead * KeyDimension),
            Value = Value + (t * ValueStride) + ((long)head * ValueDimension),
            Output = Output + (t * OutputStride) + ((long)head * ValueDimension),
            Decay = Decay + (t * DecayStride) + (FadesChannels ? row : head),
            Rate = Rate is null ? 1 : Rate[(t * RateStride) + head],
            Skip = Skip is null ? 0 : Skip[head],

            // The first token reads what was there before the pass.
            Source = t == 0 ? Before + (row * BeforeStride) : After + (row * AfterStride),
            SourceStride = t == 0 ? BeforeStride : AfterStride,
            Target = After + (row * AfterStride),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly float DecayOf(in Token token, int k) => token.Decay[FadesChannels ? k : 0];

    private readonly void FourVectors<S, V>(in Token token, int i)
        where S : struct, ISimd<V>
        where V : struct
    {
        V v0 = S.Load(token.Value + i);
        V v1 = S.Load(token.Value + i + S.Width);
        V v2 = S.Load(token.Value + i + (2 * S.Width));
        V v3 = S.Load(token.Value + i + (3 * S.Width));
        V o0 = S.Multiply(v0, S.Broadcast(token.Skip));
        V o1 = S.Multiply(v1, S.Broadcast(token.Skip));
        V o2 = S.Multiply(v2, S.Broadcast(token.Skip));
        V o3 = S.Multiply(v3, S.Broadcast(token.Skip));
        if (IsDelta)
        {
            V held0 = S.Zero, held1 = S.Zero, held2 = S.Zero, held3 = S.Zero;
            float* row = token.Source + i;
            for (int k = 0; k < KeyDimension; k++, row += token.SourceStride)
            {
                V key = S.Broadcast(token.Key[k] * DecayOf(token, k));
                held0 = S.MultiplyAdd(key, S.Load(row), held0);
                held1 = S.MultiplyAdd(key, S.Load(row + S.Width), held1);
                held2 = S.MultiplyAdd(key, S.Load(row + (2 * S.Width)), held2);
                held3 = S.MultiplyAdd(key, S.Load(row + (3 * S.Width)), held3);
            }

            v0 = S.Subtract(v0, held0);
            v1 = S.Subtract(v1, held1);
            v2 = S.Subtract(v2, held2);
            v3 = S.Subtract(v3, held3);
        }

        V rate = S.Broadcast(token.Rate);
        v0 = S.Multiply(v0, rate);
        v1 = S.Multiply(v1, rate);
        v2 = S.Multiply(v2, rate);
        v3 = S.Multiply(v3, rate);
        float* source = token.Source + i;
        float* target = token.Target + i;
        for (int k = 0; k < KeyDimension; k++, source += token.SourceStride, target += AfterStride)
        {
            V decay = S.Broadcast(DecayOf(token, k));
            V key = S.Broadcast(token.Key[k]);
            V query = S.Broadcast(token.Query[k]);
            V s0 = S.MultiplyAdd(key, v0, S.Multiply(decay, S.Load(source)));
            V s1 = S.MultiplyAdd(key, v1, S.Multiply(decay, S.Load(source + S.Width)));
            V s2 = S.MultiplyAdd(key, v2, S.Multiply(decay, S.Load(source + (2 * S.Width))));
            V s3 = S.MultiplyAdd(key, v3, S.Multiply(decay, S.Load(source + (3 * S.Width))));
            S.Store(s0, target);
            S.Store(s1, target + S.Width);
            S.Store(s2, target + (2 * S.Width));
            S.Store(s3, target + (3 * S.Width));
            o0 = S.MultiplyAdd(query, s0, o0);
            o1 = S.MultiplyAdd(query, s1, o1);
            o2 = S.MultiplyAdd(query, s2, o2);
            o3 = S.MultiplyAdd(query, s3, o3);
        }

        S.Store(o0, token.Output + i);
        S.Store(o1, token.Output + i + S.Width);
        S.Store(o2, token.Output + i + (2 * S.Width));
        S.Store(o3, token.Output + i + (3 * S.Width));
    }

    private readonly void OneVector<S, V>(in Token token, int i)
        where S : struct, ISimd<V>
        where V : struct
    {
        V value = S.Load(token.Value + i);
        V output = S.Multiply(value, S.Broadcast(token.Skip));
        if (IsDelta)
        {
            V held = S.Zero;
            float* row = token.Source + i;
            for (int k = 0; k < KeyDimension; k++, row += token.SourceStride)
            {
                held = S.MultiplyAdd(S.Broadcast(token.Key[k] * DecayOf(token, k)), S.Load(row), held);
            }

            value = S.Subtract(value, held);
        }

        value = S.Multiply(value, S.Broadcast(token.Rate));
        float* source = token.Source + i;
        float* target = token.Target + i;
        for (int k = 0; k < KeyDimension; k++, source += token.SourceStride, target += AfterStride)
        {
            V s = S.MultiplyAdd(S.Broadcast(token.Key[k]), value, S.Multiply(S.Broadcast(DecayOf(token, k)), S.Load(source)));
            S.Store(s, target);
            output = S.MultiplyAdd(S.Broadcast(token.Query[k]), s, output);
        }

        S.Store(output, token.Output + i);
    }

    private readonly void OneColumn(in Token token, int i)
    {
        float value = token.Value[i];
        float output = value * token.Skip;
        if (IsDelta)
        {
            float held = 0;
            for (int k = 0; k < KeyDimension; k++)
            {
                held += token.Key[k] * DecayOf(token, k) * token.Source[(k * token.SourceStride) + i];
            }

            value -= held;
        }

        value *= token.Rate;
        for (int k = 0; k < KeyDimension; k++)
        {
            float s = (DecayOf(token, k) * token.Source[(k * token.SourceStride) + i]) + (token.Key[k] * value);
            token.Target[(k * AfterStride) + i] = s;
            output += token.Query[k] * s;
        }

        token.Output[i] = output;
    }

    /// <summary>A token as a head sees it.</summary>
    private ref struct Token
    {
        public float* Query;
        public float* Key;
        public float* Value;
        public float* Output;
        public float* Decay;
        public float* Source;
        public float* Target;
        public long SourceStride;
        public float Rate;
        public float Skip;
    }
}
