using Winnow.Tests.Cli;
using Winnow.Tests.Compute.Cpu;
using Winnow.Tests.Formats;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Compute;

/// <summary>The engine on a system that it knows nothing of: no calls but those of .NET, in processes of their own.</summary>
public sealed class PortableSystemTests
{
    private static readonly (string, string) Portable = ("WINNOW_PORTABLE", "1");

    [Theory]
    [InlineData("--kv-tier", "device")]
    [InlineData("--kv-tier", "disk")]
    [InlineData("--no-mmap", "-v")]
    public void The_answer_is_the_same(string option, string value)
    {
        string[] arguments = ["run", "-p", "Once upon a time", "-n", "12", "--temp", "0", option, value];
        WinnowProcess expected = WinnowProcess.Run(arguments);
        WinnowProcess portable = WinnowProcess.Run(arguments, "", Portable);
        Assert.True(portable.ExitCode == 0, portable.Errors);
        Assert.NotEqual("", expected.Output);
        Assert.Equal(expected.Output, portable.Output);
    }

    [Fact]
    public async Task Files_locks_and_memory_pass_their_tests()
    {
        Assert.SkipUnless(SystemCalls.Unix || SystemCalls.Windows, "this is the child process");
        string[] filter = [.. new[] { typeof(ScratchFileTests), typeof(CpuBufferTests), typeof(FileLockTests), typeof(WriterTests) }.SelectMany(type => new[] { "-class", type.FullName! })];
        Assert.InRange(await TestProcess.Run([Portable], filter), 20, int.MaxValue);
    }
}
