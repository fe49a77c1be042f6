using System.Diagnostics;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Tests.Compute.Cpu;

/// <summary>Proves the narrower kernels where the runtime really denies the wider instructions: in a child process.</summary>
public class MatMulWithoutInstructionSetsTests
{
    private const string ExpectedIsa = "WINNOW_TEST_EXPECTED_ISA";

    private const string WithoutAvx512 = "DOTNET_EnableAVX512";

    /// <summary>What tells 512-bit units from narrower ones.</summary>
    private const string WithoutVnni = "DOTNET_EnableAVXVNNI";

    [Fact]
    public void The_widest_kernels_of_this_process_multiply_correctly()
    {
        if (Environment.GetEnvironmentVariable(ExpectedIsa) is { Length: > 0 } expected)
        {
            Assert.Equal(Enum.Parse<CpuIsa>(expected), CpuIsaSupport.Best);
            Assert.False(CpuIsaSupport.HasWideUnits);
        }

        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        foreach (TensorType type in MatMulOracle.Types)
        {
            MatMulHarness.Check(device, type, 19, 10 * Math.Max(type.BlockLength(), 16), 1, seed: 1);
            MatMulHarness.Check(device, type, 19, 10 * Math.Max(type.BlockLength(), 16), 6, seed: 2);
        }
    }

    [Theory]
    [InlineData(WithoutVnni, CpuIsa.AvxVnni, CpuIsa.Avx512)]
    [InlineData(WithoutAvx512, CpuIsa.Avx512, CpuIsa.AvxVnni)]
    [InlineData($"{WithoutAvx512} {WithoutVnni}", CpuIsa.AvxVnni, CpuIsa.Avx2)]
    [InlineData("DOTNET_EnableAVX2", CpuIsa.Avx2, CpuIsa.Portable)]
    [InlineData("DOTNET_EnableArm64Dp", CpuIsa.ArmDot, CpuIsa.Portable)]
    [InlineData("DOTNET_EnableHWIntrinsic", CpuIsa.Portable, CpuIsa.Portable)]
    public async Task A_process_that_is_denied_instructions_multiplies_correctly_without_them(string variables, CpuIsa denied, CpuIsa widest)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(ExpectedIsa) is not null, "this is the child process");
        Assert.SkipUnless(CpuIsaSupport.IsSupported(denied), $"this processor has no {denied}");
        CpuIsa expected = Enum.GetValues<CpuIsa>().Where(isa => isa <= widest && CpuIsaSupport.IsSupported(isa)).Max();
        string assembly = typeof(MatMulWithoutInstructionSetsTests).Assembly.Location;
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(assembly);
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(MatMulWithoutInstructionSetsTests).FullName}.{nameof(The_widest_kernels_of_this_process_multiply_correctly)}");
        foreach (string variable in variables.Split(' '))
        {
            start.Environment[variable] = "0";
        }

        start.Environment[ExpectedIsa] = expected.ToString();
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0 && output.Contains("Total: 1"), $"exit code {process.ExitCode}\n{output}\n{await errors}");
    }
}
