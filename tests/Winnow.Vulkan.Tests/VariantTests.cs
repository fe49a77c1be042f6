using Winnow.Compute;
using Winnow.Quantization;
using Winnow.Tensors;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Shaders;

namespace Winnow.Vulkan.Tests;

/// <summary>How shaders for devices with more features are tried, and how the limit of a submission is learned. llvmpipe has no matrix cores.</summary>
public sealed class VariantTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("winnow-trial").FullName, "device.trial");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_outcome_of_a_trial_is_believed_later(bool isRight)
    {
        using (TrialRecord first = TrialRecord.Open(_path, "shaders"))
        {
            Assert.Null(first.Found);
            first.Begin();
            first.End(isRight);
        }

        using TrialRecord second = TrialRecord.Open(_path, "shaders");
        Assert.Equal(isRight, second.Found);
    }

    [Fact]
    public void A_trial_that_took_its_process_down_counts_as_wrong()
    {
        using (TrialRecord first = TrialRecord.Open(_path, "shaders"))
        {
            first.Begin();
        }

        using TrialRecord second = TrialRecord.Open(_path, "shaders");
        Assert.False(second.Found);
    }

    [Fact]
    public void Other_shaders_are_tried_anew_and_so_is_what_nobody_wrote()
    {
        File.WriteAllText(_path, "shaders wrong");
        using (TrialRecord other = TrialRecord.Open(_path, "newer"))
        {
            Assert.Null(other.Found);
        }

        File.WriteAllBytes(_path, [.. Enumerable.Range(0, 1000).Select(i => (byte)i)]);
        using TrialRecord damaged = TrialRecord.Open(_path, "shaders");
        Assert.Null(damaged.Found);
    }

    [Fact]
    public void Without_a_file_or_beside_another_process_a_trial_is_made_and_not_remembered()
    {
        using TrialRecord none = TrialRecord.Open(null, "shaders");
        none.Begin();
        none.End(isRight: true);
        using TrialRecord first = TrialRecord.Open(_path, "shaders");
        using TrialRecord second = TrialRecord.Open(_path, "shaders");
        Assert.Null(second.Found);
        second.Begin();
    }

    [Fact]
    public void The_trial_compares_a_device_with_the_processor()
    {
        // The plain shaders of the device at hand stand for those with fragments: they differ far less than is allowed.
        using VulkanDevice device = TestDevice.Open();
        Assert.True(VariantTrial.FragmentsPass(device));
    }

    [Fact]
    public void Subgroups_add_to_the_bits_of_shared_memory()
    {
        using VulkanDevice device = TestDevice.Open();
        Assert.SkipUnless(device.Context.Adapter.HasSubgroups, "the device has no subgroups, or WINNOW_VULKAN_WITHOUT says so");
        Assert.True(device.Context.Variants.UsesSubgroups);
        Assert.True(VariantTrial.SubgroupsPass(device, device.Context.Variants));
    }

    [Fact]
    public void The_trial_of_bytes_passes_where_they_are_right()
    {
        using VulkanDevice device = TestDevice.Open();
        Assert.SkipUnless(device.Context.Adapter.HasIntegerDots, "the device has no products of bytes, or WINNOW_VULKAN_WITHOUT says so");
        bool before = device.Context.Variants.UsesIntegers;
        Assert.True(VariantTrial.IntegersPass(device, device.Context.Variants));
        device.Context.Variants.UsesIntegers = before;
    }

    public static TheoryData<TensorType> QuantizedTypes =>
        [.. BlockTypes.All.Select(row => row.Type).Where(type => BlockCodec.CanEncode(type) && VulkanWeight.IsSupported(type) && type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))];

    [Theory]
    [MemberData(nameof(QuantizedTypes))]
    public void Products_of_bytes_are_near_those_of_floats_and_do_not_depend_on_neighbours(TensorType type)
    {
        using VulkanDevice device = TestDevice.Open();
        Assert.SkipUnless(device.Context.Adapter.HasIntegerDots, "the device has no products of bytes, or WINNOW_VULKAN_WITHOUT says so");
        const int Inputs = 512;
        const int Outputs = 37;
        Random random = new(5);
        float[] values = [.. Enumerable.Range(0, Inputs * Outputs).Select(_ => random.NextSingle() - 0.5f)];
        byte[] data = new byte[type.SizeBytes(values.Length)];
        BlockCodec.Encode(type, values, data);
        float[] rows = [.. Enumerable.Range(0, 5 * Inputs).Select(_ => (2 * random.NextSingle()) - 1)];
        float[] plain = Run(usesIntegers: false, rows);
        float[] bytes = Run(usesIntegers: true, rows);

        // Rounding to 1/127 of the largest of 32 values about 1: half a step is 0.004, weights are about 0.3, signs are random.
        double bound = 0.004 * 0.3 * Math.Sqrt(Inputs) * 2;
        Assert.All(plain.Zip(bytes), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, bound));
        Assert.NotEqual(plain, bytes);
        Assert.Equal(bytes[(2 * Outputs)..(3 * Outputs)], Run(usesIntegers: true, rows[(2 * Inputs)..(3 * Inputs)]));

        unsafe float[] Run(bool usesIntegers, float[] inputs)
        {
            bool before = device.Context.Variants.UsesIntegers;
            device.Context.Variants.UsesIntegers = usesIntegers;
            using ComputeStream stream = device.CreateStream();
            int count = inputs.Length / Inputs;
            Matrix input = device.AllocateMatrix(count, Inputs);
            Matrix output = device.AllocateMatrix(count, Outputs);
            fixed (byte* first = data)
            {
                using Weight weight = device.LoadWeight("weight", type, Outputs, Inputs, (nint)first);
                stream.Write(inputs, input);
                stream.MatMul(weight, input, output, steps: count);
                float[] result = new float[count * Outputs];
                stream.Read(output, result);
                device.Context.Variants.UsesIntegers = before;
                input.Buffer.Dispose();
                output.Buffer.Dispose();
                return result;
            }
        }
    }

    [Fact]
    public void The_limit_of_a_submission_follows_the_device()
    {
        WorkLimit limit = new(100);
        limit.Learn(multiplications: 1, seconds: 10);
        Assert.Equal(100, limit.Most);
        limit.Learn(100, seconds: 0.001);
        Assert.Equal(200, limit.Most);
        limit.Learn(200, seconds: 0.05);
        Assert.Equal(400, limit.Most);
        limit.Learn(400, seconds: 0.4);
        Assert.Equal(100, limit.Most, precision: 6);
        limit.Learn(100, seconds: 1000);
        Assert.Equal(100 / 16.0, limit.Most);
        limit.Learn(100, seconds: 0);
        Assert.Equal(100 / 16.0, limit.Most);
    }
}
