using System.Runtime.InteropServices;

namespace Winnow.Vulkan.Native;

/// <summary>A string as C has it, until it is disposed.</summary>
internal readonly unsafe struct Utf8Text(string text) : IDisposable
{
    /// <summary>The bytes, ended by a zero.</summary>
    public byte* Pointer { get; } = (byte*)Marshal.StringToCoTaskMemUTF8(text);

    public void Dispose() => Marshal.FreeCoTaskMem((nint)Pointer);
}
