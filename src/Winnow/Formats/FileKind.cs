using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Winnow.Formats;

/// <summary>Recognises a file by its first bytes, so that a refusal can say what the file is instead.</summary>
internal static class FileKind
{
    private const int HeadBytes = 256;

    /// <summary>The refusal of a file that is not of the kind that was asked for.</summary>
    /// <param name="file">The file that was opened.</param>
    /// <param name="expected">The kind that was asked for: "a GGUF file".</param>
    public static ModelFormatException Refuse(MappedFile file, string expected) =>
        new(file.Path, $"is {Describe(file)}, but {expected} is needed");

    private static string Describe(MappedFile file)
    {
        ReadOnlySpan<byte> head = file.Bytes(0, (int)Math.Min(file.Length, HeadBytes));
        if (head.StartsWith("GGUF"u8))
        {
            return "a GGUF file";
        }

        if (LooksLikeSafetensors(head))
        {
            return "a safetensors file";
        }

        if (head.StartsWith("version https://git-lfs"u8))
        {
            return "a Git LFS pointer: the file itself was not downloaded";
        }

        if (head.StartsWith("lmgg"u8) || head.StartsWith("fmgg"u8) || head.StartsWith("tjgg"u8) || head.StartsWith("algg"u8))
        {
            return "a GGML file of the time before GGUF";
        }

        if (head.StartsWith("PK\x03\x04"u8))
        {
            return head.IndexOf("data.pkl"u8) >= 0
                ? "a PyTorch checkpoint (convert it to safetensors)"
                : "a zip archive or PyTorch checkpoint";
        }

        if (head.Length > 1 && head[0] == 0x80 && head[1] is >= 2 and <= 5)
        {
            return "a Python pickle (an old PyTorch checkpoint; convert it to safetensors)";
        }

        if (head.Length > 1 && head[0] == 0x1F && head[1] == 0x8B)
        {
            return "a gzip archive";
        }

        return IsText(head, isCut: file.Length > head.Length)
            ? DescribeText(head)
            : $"of an unknown kind (it starts with {Convert.ToHexString(head[..Math.Min(8, head.Length)])})";
    }

    private static bool LooksLikeSafetensors(ReadOnlySpan<byte> head) =>
        head.Length > 9 && head[8] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(head) is > 1 and <= SafetensorsHeader.MaxBytes;

    private static string DescribeText(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> text = head.TrimStart(" \t\r\n"u8);
        return text.StartsWith("<"u8) ? "an HTML or XML page (a failed download?)"
            : text.StartsWith("{"u8) || text.StartsWith("["u8) ? "a JSON text"
            : "a text file";
    }

    private static bool IsText(ReadOnlySpan<byte> head, bool isCut)
    {
        // The head may end inside a character of up to four bytes.
        int end = head.Length;
        while (isCut && end > head.Length - 4 && !Utf8.IsValid(head[..end]))
        {
            end--;
        }

        if (!Utf8.IsValid(head[..end]))
        {
            return false;
        }

        foreach (char c in Encoding.UTF8.GetString(head[..end]))
        {
            if (char.IsControl(c) && c is not ('\t' or '\r' or '\n' or '\f'))
            {
                return false;
            }
        }

        return true;
    }
}
