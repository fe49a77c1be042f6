using System.Buffers.Binary;
using System.Text;

namespace Winnow.Tests.Formats;

/// <summary>The bytes of a safetensors file, put together by hand from the format's description.</summary>
internal static class SafetensorsImage
{
    public static byte[] Of(string json, ReadOnlySpan<byte> data) => Of(Encoding.UTF8.GetBytes(json), data);

    public static byte[] Of(ReadOnlySpan<byte> json, ReadOnlySpan<byte> data)
    {
        byte[] image = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(image, json.Length);
        json.CopyTo(image.AsSpan(8));
        data.CopyTo(image.AsSpan(8 + json.Length));
        return image;
    }

    /// <summary>A file with metadata and a tensor of every dtype, one of them a scalar and one of them without elements.</summary>
    public static byte[] WithEverything() => Of(
        """
        {"__metadata__":{"format":"pt","note":"schön"},
        "f64":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},
        "i64":{"dtype":"I64","shape":[1,2],"data_offsets":[16,32]},
        "f32":{"dtype":"F32","shape":[2,1],"data_offsets":[32,40]},
        "i32":{"dtype":"I32","shape":[2],"data_offsets":[40,48]},
        "f16":{"dtype":"F16","shape":[3],"data_offsets":[48,54]},
        "bf16":{"dtype":"BF16","shape":[],"data_offsets":[54,56]},
        "i16":{"dtype":"I16","shape":[2],"data_offsets":[56,60]},
        "i8":{"dtype":"I8","shape":[2],"data_offsets":[60,62]},
        "u8":{"shape":[3],"data_offsets":[62,65],"dtype":"U8"},
        "bool":{"dtype":"BOOL","shape":[2],"data_offsets":[65,67]},
        "none":{"dtype":"F32","shape":[0,7],"data_offsets":[67,67]}}

        """,
        [
            0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0xE0, 0xBF,
            0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0,
            0, 0, 0xC0, 0x3F, 0, 0, 0, 0xBF,
            0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 1, 0,
            0, 0x3E, 0, 0xB8, 1, 0,
            0xC0, 0x3F,
            0xFD, 0xFF, 0, 1,
            0xFC, 5,
            0xFB, 6, 0,
            0, 1,
        ]);
}
