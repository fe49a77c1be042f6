using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Compute.Host;

namespace Winnow.Tests.Attention.A2ats;

public class ConstantRotationTests
{
    private const int Dimension = 16;

    /// <summary>q R_b kᵀ does not depend on where the two stand: the device rotates them to p + b and p.</summary>
    [Theory]
    [InlineData(false, 16, 0)]
    [InlineData(false, 16, 7000)]
    [InlineData(true, 16, 300)]
    [InlineData(false, 8, 300)]
    [InlineData(true, 4, 51)]
    public void The_score_of_a_far_key_is_that_of_the_constant_distance_at_any_position(bool interleaved, int rotary, int position)
    {
        const int Far = 2048;
        RopeFrequencies rope = Rope(interleaved, rotary, magnitude: 1);
        float[] query = SyntheticHeads.Rows(1, Dimension, seed: 1);
        float[] key = SyntheticHeads.Rows(1, Dimension, seed: 2);
        double expected = SyntheticHeads.Dot(RotateOnDevice(rope, query, position + Far), RotateOnDevice(rope, key, position));
        new ConstantRotation(rope, Far).Rotate(query);
        Assert.Equal(expected, SyntheticHeads.Dot(query, key), 2e-3);
    }

    [Theory]
    [InlineData(false, 16)]
    [InlineData(true, 16)]
    [InlineData(false, 6)]
    public void Undoing_gives_back_what_the_device_rotated_scaled_or_not(bool interleaved, int rotary)
    {
        RopeFrequencies rope = Rope(interleaved, rotary, magnitude: 1.2f);
        float[] key = SyntheticHeads.Rows(1, Dimension, seed: 3);
        float[] rotated = RotateOnDevice(rope, key, 1234);
        new ConstantRotation(rope, 1234).Undo(rotated);
        for (int i = 0; i < Dimension; i++)
        {
            Assert.Equal(key[i], rotated[i], 1e-4f);
        }
    }

    [Fact]
    public void A_layer_without_positions_leaves_queries_alone()
    {
        float[] query = [1, 2, 3, 4];
        new ConstantRotation(null, 2048).Rotate(query);
        Assert.Equal([1, 2, 3, 4], query);
    }

    private static RopeFrequencies Rope(bool interleaved, int rotary, float magnitude) =>
        new([.. Enumerable.Range(0, rotary / 2).Select(i => MathF.Pow(10_000, -2f * i / rotary))], interleaved, magnitude);

    private static float[] RotateOnDevice(RopeFrequencies rope, float[] head, int position)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using ComputeStream stream = device.CreateStream();
        Matrix matrix = device.AllocateMatrix(1, Dimension);
        using DeviceBuffer buffer = matrix.Buffer;
        stream.Write(head, matrix);
        stream.Rope(matrix, Dimension, rope, [position]);
        float[] rotated = new float[Dimension];
        stream.Read(matrix, rotated);
        return rotated;
    }
}
