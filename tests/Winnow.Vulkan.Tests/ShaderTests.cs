using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Winnow.Vulkan.Native;
using Winnow.Vulkan.Shaders;

namespace Winnow.Vulkan.Tests;

public sealed partial class ShaderTests
{
    [Fact]
    public void Checked_in_shaders_were_compiled_from_the_sources_beside_them()
    {
        string folder = SourceFolder();
        string[] recorded = File.ReadAllLines(Path.Combine(folder, "manifest.txt"));
        string[] current =
        [
            .. Directory.EnumerateFiles(folder, "*.comp").OrderBy(Path.GetFileNameWithoutExtension, StringComparer.Ordinal)
                .Select(path => $"{Hash(folder, path)} {Path.GetFileNameWithoutExtension(path)}"),
        ];
        Assert.Equal(current, recorded);
        Assert.Equal(recorded.Select(line => line.Split(' ')[1]).Order(StringComparer.Ordinal), ShaderLibrary.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_pipeline_cache_that_is_damaged_or_of_another_driver_is_not_believed()
    {
        using VulkanDevice device = TestDevice.Open();
        VulkanAdapter adapter = device.Context.Adapter;
        byte[] data = new byte[100];
        BitConverter.TryWriteBytes(data, 32);
        BitConverter.TryWriteBytes(data.AsSpan(4), 1);
        BitConverter.TryWriteBytes(data.AsSpan(8), adapter.VendorId);
        BitConverter.TryWriteBytes(data.AsSpan(12), adapter.DeviceId);
        adapter.PipelineCacheId.TryWriteBytes(data.AsSpan(16));
        byte[] file = [.. SHA256.HashData(data), .. data];
        Assert.True(PipelineCacheFile.IsValid(file, adapter));
        Assert.False(PipelineCacheFile.IsValid(file.AsSpan(0, file.Length - 1), adapter));
        Assert.False(PipelineCacheFile.IsValid([], adapter));
        for (int i = 0; i < file.Length; i += 7)
        {
            byte[] damaged = [.. file];
            damaged[i] ^= 1;
            Assert.False(PipelineCacheFile.IsValid(damaged, adapter));
        }

        data[16] ^= 1;
        Assert.False(PipelineCacheFile.IsValid([.. SHA256.HashData(data), .. data], adapter));
    }

    private static string Hash(string folder, string path)
    {
        StringBuilder text = new();
        Append(text, folder, path, []);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Append(StringBuilder text, string folder, string path, HashSet<string> seen)
    {
        foreach (string line in File.ReadLines(path))
        {
            Match include = Include().Match(line);
            if (!include.Success)
            {
                text.Append(line).Append('\n');
            }
            else if (seen.Add(include.Groups[1].Value))
            {
                Append(text, folder, Path.Combine(folder, "include", include.Groups[1].Value), seen);
            }
        }
    }

    private static string SourceFolder()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "shaders", "manifest.txt")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder ?? throw new InvalidOperationException("the tests do not run inside the repository"), "shaders");
    }

    [GeneratedRegex("^\\s*#include \"(.+)\"")]
    private static partial Regex Include();
}
