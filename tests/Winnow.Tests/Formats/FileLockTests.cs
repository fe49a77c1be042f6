using Winnow.Formats;
using Winnow.Lab.Conversion;
using Winnow.Lab.Quantization;
using Winnow.Tensors;
using Winnow.Tests.InstructionSets;
using Winnow.Tests.Models;

namespace Winnow.Tests.Formats;

/// <summary>Who writes a file: one writer at a time, never over its own input, and nothing left of those that died.</summary>
public sealed class FileLockTests : IDisposable
{
    private const string FolderVariable = "WINNOW_TEST_FOLDER";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_writer_of_a_target_is_refused_until_the_first_has_ended()
    {
        string path = _folder.PathOf("a.bin");
        using (ReplacingFile first = new(path, 4))
        {
            WinnowException refusal = Assert.Throws<WinnowException>(() => new ReplacingFile(path, 4));
            Assert.Contains("a.bin: cannot be written: another process", refusal.Message, StringComparison.Ordinal);
            new ReplacingFile(_folder.PathOf("b.bin"), 4).Dispose();
            first.Write(0, [1, 2, 3, 4]);
            first.Commit();
            using ReplacingFile next = new(path, 4);
        }

        Assert.Equal(["a.bin"], _folder.Names());
    }

    [Fact]
    public void The_names_of_a_folder_are_put_on_the_disk()
    {
        Assert.SkipUnless(SystemCalls.Unix, "Windows writes names down itself");
        Assert.True(DirectorySync.TryFlush(_folder.Root));
        Assert.False(DirectorySync.TryFlush(_folder.PathOf("nowhere")));
    }

    [Fact]
    public async Task A_process_that_exits_in_the_middle_leaves_no_file_behind()
    {
        Assert.Equal(1, await TestProcess.Run([(FolderVariable, _folder.Root)], "-explicit", "on", "-method", $"*{nameof(Leave_a_file_in_the_middle)}"));
        Assert.Equal(["begun"], _folder.Names());
    }

    /// <summary>What the test before runs in a process of its own.</summary>
    [Fact(Explicit = true)]
    public void Leave_a_file_in_the_middle()
    {
        string folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        ReplacingFile file = new(Path.Combine(folder, "a.bin"), 4);
        file.Write(0, [1]);
        Assert.Equal(2, Directory.GetFiles(folder).Length);
        File.WriteAllText(Path.Combine(folder, "begun"), "");
    }

    [Fact]
    public void Writers_that_wait_come_one_after_the_other_and_each_file_is_whole()
    {
        string path = _folder.PathOf("a.bin");
        int inside = 0;
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            using FileLock held = FileLock.Take(path, TimeSpan.FromMinutes(1));
            Assert.Equal(1, Interlocked.Increment(ref inside));
            using ReplacingFile file = new(path, 2, held);
            file.Write(0, [(byte)i, (byte)i]);
            file.Commit();
            Interlocked.Decrement(ref inside);
        });
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal(bytes[0], bytes[1]);
        Assert.Equal(["a.bin"], _folder.Names());
    }

    [Fact]
    public void What_a_writer_that_was_killed_left_behind_goes_with_the_next_one()
    {
        string path = _folder.PathOf("a.bin");
        _folder.Write(Path.GetFileName(FileLock.NameBeside(path, "tmp")), new byte[100]);
        _folder.Write(Path.GetFileName(FileLock.NameBeside(path, "lock")), []);
        using (ReplacingFile file = new(path, 1))
        {
            file.Write(0, [7]);
            file.Commit();
        }

        Assert.Equal(["a.bin"], _folder.Names());
        Assert.Equal([7], File.ReadAllBytes(path));
    }

    [Fact]
    public void A_link_that_somebody_laid_in_place_of_the_temporary_file_is_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege");
        string victim = _folder.Write("victim", [1, 2, 3]);
        string path = _folder.PathOf("a.bin");
        File.CreateSymbolicLink(FileLock.NameBeside(path, "tmp"), victim);
        using (ReplacingFile file = new(path, 1))
        {
            file.Commit();
        }

        Assert.Equal([1, 2, 3], File.ReadAllBytes(victim));
        Assert.Equal(["a.bin", "victim"], _folder.Names());
    }

    [Fact]
    public void A_file_is_itself_by_every_name_and_no_other_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "makes links by the shell");
        string file = _folder.Write("a.bin", [1, 2, 3]);
        string other = _folder.PathOf("other.bin");
        File.Copy(file, other);
        File.SetLastWriteTimeUtc(other, File.GetLastWriteTimeUtc(file));
        File.CreateSymbolicLink(_folder.PathOf("link"), file);
        Directory.CreateSymbolicLink(_folder.PathOf("folder"), _folder.Root);
        HardLink(file, _folder.PathOf("hard"));
        foreach (string name in (string[])["a.bin", "link", "folder/a.bin", "folder/link", "hard", "folder/hard", "./folder/../folder/hard"])
        {
            Assert.True(SameFile.Is(_folder.PathOf(name), file), name);
            Assert.False(SameFile.Is(_folder.PathOf(name), other), name);
        }

        Assert.False(SameFile.Is(file, _folder.PathOf("absent")));
        using (File.OpenRead(file))
        {
            Assert.True(SameFile.Is(_folder.PathOf("hard"), file));
        }
    }

    [Theory]
    [InlineData("m.gguf")]
    [InlineData("link.gguf")]
    [InlineData("hard.gguf")]
    [InlineData("folder/m.gguf")]
    public void Quantizing_onto_the_input_is_refused_and_leaves_it(string output)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "makes links by the shell");
        string path = _folder.PathOf("m.gguf");
        using (GgufWriter writer = new(path, new GgufMetadata(path)))
        {
            writer.Declare("a", TensorType.F32, 64);
            writer.Write("a", new byte[256]);
            writer.Complete();
        }

        File.CreateSymbolicLink(_folder.PathOf("link.gguf"), "m.gguf");
        Directory.CreateSymbolicLink(_folder.PathOf("folder"), _folder.Root);
        HardLink(path, _folder.PathOf("hard.gguf"));
        byte[] before = File.ReadAllBytes(path);
        WinnowException refusal = Assert.Throws<WinnowException>(() => ModelQuantizer.Quantize(path, _folder.PathOf(output), QuantizationMix.F16));
        Assert.Contains("it is the input", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    public void Converting_onto_a_file_of_the_folder_is_refused_and_leaves_it(string output)
    {
        foreach (string source in Directory.GetFiles(TinyModels.Path("llama")))
        {
            _folder.Write(Path.GetFileName(source), File.ReadAllBytes(source));
        }

        byte[] before = File.ReadAllBytes(_folder.PathOf(output));
        Assert.Throws<WinnowException>(() => HuggingFaceConverter.Convert(_folder.Root, _folder.PathOf(output)));
        Assert.Equal(before, File.ReadAllBytes(_folder.PathOf(output)));
    }

    private static void HardLink(string target, string name)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start("ln", [target, name]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
