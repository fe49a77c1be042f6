using System.IO.Compression;
using System.Text;
using Winnow.Formats;

namespace Winnow.Tests.Formats;

/// <summary>What a user passes by mistake is named as what it is.</summary>
public sealed class FileKindTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_file_is_named()
    {
        Assert.Contains("absent.gguf: no such file", GgufRefusal(_folder.PathOf("absent.gguf")));
        Assert.Contains("absent.safetensors: no such file", SafetensorsRefusal(_folder.PathOf("absent.safetensors")));
        Assert.Contains("absent.gguf: no such file", GgufRefusal(_folder.PathOf("no/such/folder/absent.gguf")));
    }

    [Fact]
    public void A_folder_is_no_GGUF_file() => Assert.Contains("is a folder, but a GGUF file is needed", GgufRefusal(_folder.Root));

    [Fact]
    public void A_folder_without_safetensors_is_refused()
    {
        Assert.Contains("is a folder without config.json", SafetensorsRefusal(_folder.Root));
        _folder.Write("config.json", "{}"u8.ToArray());
        Assert.Contains("holds 0 safetensors files, but neither model.safetensors.index.json nor model.safetensors", SafetensorsRefusal(_folder.Root));
    }

    [Fact]
    public void An_empty_file_is_refused()
    {
        string path = _folder.Write("empty", []);
        Assert.Contains("is empty, but a GGUF file is needed", GgufRefusal(path));
        Assert.Contains("is empty, but a safetensors file is needed", SafetensorsRefusal(path));
    }

    [Fact]
    public void A_pipe_is_refused_instead_of_waited_for()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "this system has no device files");
        Assert.Contains("is empty", GgufRefusal("/dev/zero"));
        string link = _folder.PathOf("link.gguf");
        File.CreateSymbolicLink(link, "/dev/zero");
        Assert.Contains("is empty", GgufRefusal(link));
    }

    [Fact]
    public void A_link_opens_what_it_points_to()
    {
        _folder.Write("blob", GgufImage.WithEverything().ToArray());
        string link = _folder.PathOf("link.gguf");
        File.CreateSymbolicLink(link, "blob");
        using (GgufFile file = GgufFile.Open(link))
        {
            Assert.Equal(3, file.Tensors.Count);
        }

        File.Delete(_folder.PathOf("blob"));
        Assert.Contains("no such file", GgufRefusal(link));
        File.Delete(link);
        File.CreateSymbolicLink(link, "link.gguf");
        Assert.Contains("link.gguf", GgufRefusal(link));
    }

    [Theory]
    [InlineData("Once upon a time, é", "is a text file")]
    [InlineData("  <!DOCTYPE html><html>", "is an HTML or XML page")]
    [InlineData("{\"architectures\": [\"LlamaForCausalLM\"]}", "is a JSON text")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0", "is a Git LFS pointer")]
    [InlineData("lmgg\u0001\0\0\0", "is a GGML file of the time before GGUF")]
    [InlineData("GG", "is a text file")]
    [InlineData("\0\u0001\u0002", "is of an unknown kind (it starts with 000102)")]
    public void Another_kind_of_file_is_named(string content, string expected)
    {
        string path = _folder.Write("other", Encoding.UTF8.GetBytes(content));
        Assert.Contains(expected, GgufRefusal(path));
        Assert.Contains(expected, SafetensorsRefusal(path));
    }

    [Fact]
    public void A_long_text_cut_inside_a_character_is_still_a_text()
    {
        string path = _folder.Write("other", Encoding.UTF8.GetBytes("a" + new string('é', 1000)));
        Assert.Contains("is a text file", GgufRefusal(path));
    }

    [Fact]
    public void A_PyTorch_checkpoint_is_named()
    {
        using (ZipArchive archive = ZipFile.Open(_folder.PathOf("pytorch_model.bin"), ZipArchiveMode.Create))
        {
            archive.CreateEntry("archive/data.pkl");
        }

        Assert.Contains("is a PyTorch checkpoint", GgufRefusal(_folder.PathOf("pytorch_model.bin")));
        Assert.Contains("is a Python pickle", SafetensorsRefusal(_folder.Write("old.pt", [0x80, 2, 0x8A, 0x0A])));
    }

    [Fact]
    public void The_two_formats_know_each_other()
    {
        Assert.Contains("is a GGUF file, but a safetensors file is needed", SafetensorsRefusal(_folder.Write("a", GgufImage.WithEverything().ToArray())));
        Assert.Contains("is a safetensors file, but a GGUF file is needed", GgufRefusal(_folder.Write("b", SafetensorsImage.WithEverything())));
    }

    private static string GgufRefusal(string path) => Assert.Throws<ModelFormatException>(() => GgufFile.Open(path).Dispose()).Message;

    private static string SafetensorsRefusal(string path) => Assert.Throws<ModelFormatException>(() => SafetensorsFile.Open(path).Dispose()).Message;
}
