namespace Winnow.Compute.Host;

/// <summary>The rotation of a layer at one constant position: q R_b, and its inverse for any other position.</summary>
/// <remarks>Scaled frequencies (llama3, yarn) and partial rotation are those of the layer.</remarks>
internal sealed class ConstantRotation
{
    private readonly RopeFrequencies? _rope;
    private readonly float[] _cosines;
    private readonly float[] _sines;

    /// <param name="rope">The layer's rotation; null where it has none, which makes this the identity.</param>
    /// <param name="position">The position.</param>
    public ConstantRotation(RopeFrequencies? rope, int position)
    {
        _rope = rope;
        int pairs = rope is null ? 0 : rope.InverseFrequencies.Length;
        _cosines = new float[pairs];
        _sines = new float[pairs];
        MoveTo(position);
    }

    /// <summary>Sets another position.</summary>
    public void MoveTo(int position)
    {
        for (int i = 0; i < _cosines.Length; i++)
        {
            (float sine, float cosine) = MathF.SinCos(position * _rope!.InverseFrequencies[i]);
            _cosines[i] = cosine * _rope.Magnitude;
            _sines[i] = sine * _rope.Magnitude;
        }
    }

    /// <summary>Rotates a head in place.</summary>
    /// <param name="head">[headDimension].</param>
    public void Rotate(Span<float> head) => Turn(head, 1, 1);

    /// <summary>Undoes the rotation of a head, its magnitude included, in place.</summary>
    /// <param name="head">[headDimension].</param>
    public void Undo(Span<float> head) => Turn(head, -1, _rope is null ? 1 : 1 / (_rope.Magnitude * _rope.Magnitude));

    private void Turn(Span<float> head, float direction, float factor)
    {
        int pairs = _cosines.Length;
        bool interleaved = _rope is { Interleaved: true };
        for (int i = 0; i < pairs; i++)
        {
            int first = interleaved ? 2 * i : i;
            int second = interleaved ? first + 1 : i + pairs;
            float cosine = _cosines[i] * factor;
            float sine = _sines[i] * direction * factor;
            (head[first], head[second]) = ((head[first] * cosine) - (head[second] * sine), (head[second] * cosine) + (head[first] * sine));
        }
    }
}
