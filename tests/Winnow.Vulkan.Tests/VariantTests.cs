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
