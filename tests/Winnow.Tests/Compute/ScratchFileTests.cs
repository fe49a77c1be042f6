using System.Runtime.CompilerServices;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Compute;

public sealed unsafe class ScratchFileTests : IDisposable
{
    private const int Size = 1 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bytes_outlive_their_release_from_memory()
    {
        using ScratchFile file = new(_folder.Root, Size);
        for (int i = 0; i < Size; i++)
        {
            Assert.Equal(0, file.Data[i]);
            file.Data[i] = (byte)(i * 7);
        }

        file.StartWriting(0, Size);
        file.Release(0, Size);
        Assert.True(file.MeasureResidentBytes() is null or 0);
        file.Prefetch(5000, 10_000);
        for (int i = 0; i < Size; i++)
        {
            Assert.Equal((byte)(i * 7), file.Data[i]);
        }

        Assert.True(file.MeasureResidentBytes() is null or > Size / 2);
    }

    /// <summary>The system may let go of up to 2 MiB more on each side, in units of at most 2 MiB.</summary>
    [Fact]
    public void Release_lets_go_of_the_range_and_keeps_in_memory_what_lies_far_outside()
    {
        const int Large = 24 << 20;
        const int Unit = 2 << 20;
        using ScratchFile file = new(_folder.Root, Large);
        Span<byte> bytes = new(file.Data, Large);
        bytes.Fill(9);
        Assert.SkipUnless(file.MeasureResidentBytes() is Large, "this system does not count resident bytes, or has no memory to spare");
        file.Release(10 * Unit / 2, 2 * Unit);
        Assert.InRange(file.MeasureResidentBytes()!.Value, Large - (6 * Unit), Large - (2 * Unit));
        Assert.False(bytes.ContainsAnyExcept((byte)9));
    }

    [Fact]
    public void A_buffer_that_nobody_disposed_gives_its_file_back()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mappings are listed in /proc");
        Abandon();
        for (int i = 0; i < 10 && IsMapped(); i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(IsMapped());

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Abandon()
        {
            _ = new CpuBuffer(new ScratchFile(_folder.Root, Size));
            Assert.True(IsMapped());
        }

        bool IsMapped() => File.ReadLines("/proc/self/maps").Any(line => line.Contains(_folder.Root, StringComparison.Ordinal));
    }

    [Fact]
    public void Memory_that_the_system_does_not_have_is_an_error_that_says_how_much_was_needed()
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        Assert.Contains($"{1L << 60:N0} bytes", Assert.Throws<WinnowException>(() => device.Allocate(1L << 60)).Message, StringComparison.Ordinal);
    }

    /// <summary>Nobody can open what has no name, and a killed process leaves nothing.</summary>
    [Fact]
    public void The_file_has_no_name_while_it_is_in_use()
    {
        Assert.SkipUnless(SystemCalls.Unix, "Windows deletes the file with its last handle");
        using ScratchFile file = new(_folder.Root, Size);
        Assert.Empty(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void A_file_that_a_killed_process_left_is_deleted_by_the_next_and_one_in_use_is_not()
    {
        string abandoned = _folder.PathOf("winnow-abandoned.scratch");
        string used = _folder.PathOf("winnow-used.scratch");
        string other = _folder.PathOf("notes.scratch");
        File.WriteAllText(abandoned, "");
        File.WriteAllText(other, "");
        using FileStream holder = new(used, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        using ScratchFile file = new(_folder.Root, Size);
        Assert.False(File.Exists(abandoned));
        Assert.True(File.Exists(used));
        Assert.True(File.Exists(other));
    }

    [Fact]
    public void Two_files_are_never_the_same()
    {
        using ScratchFile first = new(_folder.Root, Size);
        using ScratchFile second = new(_folder.Root, Size);
        first.Data[5] = 1;
        Assert.Equal(0, second.Data[5]);
    }

    [Theory]
    [InlineData(long.MaxValue / 2, "free")]
    [InlineData(Size, "")]
    public void A_disk_without_room_and_a_folder_that_does_not_exist_are_named_in_the_error(long sizeBytes, string reason)
    {
        string folder = reason.Length > 0 ? _folder.Root : _folder.PathOf("absent");
        WinnowException error = Assert.Throws<WinnowException>(() => new ScratchFile(folder, sizeBytes));
        Assert.Contains(folder, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }
}
