using Winnow.Compute.Cpu;

namespace Winnow.Tests.InstructionSets;

/// <summary>Takes every test marked with <see cref="EveryInstructionSetAttribute"/> through the narrower kernels: in a child process for each instruction set.</summary>
/// <remarks>Kernels that choose by what the processor offers, those of the host among them, run on this machine's widest instructions everywhere else.</remarks>
public sealed class DeniedInstructionsTests
{
    private const string ExpectedIsa = "WINNOW_TEST_EXPECTED_ISA";

    private const string WithoutAvx512 = "DOTNET_EnableAVX512";

    /// <summary>What tells 512-bit units from narrower ones.</summary>
    private const string WithoutVnni = "DOTNET_EnableAVXVNNI";

    /// <summary>Whether this is a child process.</summary>
    internal static bool IsChild => Environment.GetEnvironmentVariable(ExpectedIsa) is { Length: > 0 };

    [Theory]
    [InlineData(WithoutVnni, CpuIsa.AvxVnni, CpuIsa.Avx512, false)]
    [InlineData(WithoutAvx512, CpuIsa.Avx512, CpuIsa.AvxVnni, true)]
    [InlineData($"{WithoutAvx512} {WithoutVnni}", CpuIsa.AvxVnni, CpuIsa.Avx2, false)]
    [InlineData("DOTNET_EnableAVX2", CpuIsa.Avx2, CpuIsa.Portable, true)]
    [InlineData("DOTNET_EnableArm64Dp", CpuIsa.ArmDot, CpuIsa.Portable, false)]
    [InlineData("DOTNET_EnableHWIntrinsic", CpuIsa.Portable, CpuIsa.Portable, false)]
    public async Task Marked_tests_pass_in_a_process_that_is_denied_instructions(string variables, CpuIsa denied, CpuIsa widest, bool vectors)
    {
        Assert.SkipWhen(IsChild, "this is the child process");
        Assert.SkipUnless(CpuIsaSupport.IsSupported(denied), $"this processor has no {denied}");
        CpuIsa expected = Enum.GetValues<CpuIsa>().Where(isa => isa <= widest && CpuIsaSupport.IsSupported(isa)).Max();
        (string, string)[] environment = [.. variables.Split(' ').Select(variable => (variable, "0")), (ExpectedIsa, expected.ToString())];
        string[] marked = ["-trait", EveryInstructionSetAttribute.Every];
        Assert.InRange(
            await TestProcess.Run(environment, vectors ? [.. marked, "-trait", EveryInstructionSetAttribute.Vectors] : marked), 10, int.MaxValue);
    }

    [Fact]
    [EveryInstructionSet]
    public void The_process_has_the_instructions_that_it_was_left()
    {
        if (IsChild)
        {
            Assert.Equal(Environment.GetEnvironmentVariable(ExpectedIsa), CpuIsaSupport.Best.ToString());
            Assert.False(CpuIsaSupport.HasWideUnits);
        }
    }
}
