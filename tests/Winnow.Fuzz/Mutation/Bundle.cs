using System.Buffers.Binary;
using System.Text;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Mutation;

/// <summary>Several files in one input: for each its name and bytes, with their lengths in front.</summary>
internal static class Bundle
{
    private const int MostFiles = 8;

    /// <summary>Puts files together.</summary>
    public static byte[] Pack(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using MemoryStream stream = new();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach ((string name, byte[] bytes) in files)
        {
            foreach (byte[] part in (byte[][])[Encoding.UTF8.GetBytes(name), bytes])
            {
                BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
                stream.Write(length);
                stream.Write(part);
            }
        }

        return stream.ToArray();
    }

    /// <summary>Takes files apart; what is no bundle has fewer, or none.</summary>
    public static List<(string Name, byte[] Bytes)> Unpack(ReadOnlySpan<byte> input)
    {
        List<(string, byte[])> files = [];
        while (files.Count < MostFiles && TryTake(ref input, out ReadOnlySpan<byte> name) && TryTake(ref input, out ReadOnlySpan<byte> bytes))
        {
            files.Add((Path.GetFileName(Encoding.UTF8.GetString(name).Replace('\0', '_')), bytes.ToArray()));
        }

        return files;
    }

    /// <summary>Changes one of the files, sometimes several; sometimes leaves one out, or changes two for each other.</summary>
    /// <param name="seed">The files.</param>
    /// <param name="change">Changes the bytes of a file of a name.</param>
    /// <param name="random">What decides.</param>
    public static byte[] Mutate(IReadOnlyList<(string Name, byte[] Bytes)> seed, Func<string, byte[], byte[]> change, InputRandom random)
    {
        List<(string Name, byte[] Bytes)> files = [.. seed];
        for (int i = random.Few(2); i > 0; i--)
        {
            int at = random.Next(files.Count);
            files[at] = (files[at].Name, change(files[at].Name, files[at].Bytes));
        }

        if (files.Count > 1 && random.OneIn(24))
        {
            int other = random.Next(files.Count);
            (files[0], files[other]) = ((files[0].Name, files[other].Bytes), (files[other].Name, files[0].Bytes));
        }
        else if (files.Count > 1 && random.OneIn(24))
        {
            files.RemoveAt(random.Next(files.Count));
        }

        return Pack(files);
    }

    private static bool TryTake(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> part)
    {
        part = default;
        if (input.Length < sizeof(int))
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(input);
        if (length < 0 || length > input.Length - sizeof(int))
        {
            return false;
        }

        part = input.Slice(sizeof(int), length);
        input = input[(sizeof(int) + length)..];
        return true;
    }
}
