using System.Runtime.InteropServices;

namespace Winnow.Vulkan.Native;

/// <summary>Strings as C has them, in an array of pointers, until they are disposed.</summary>
internal sealed unsafe class Utf8Texts : IDisposable
{
    public Utf8Texts(string[] texts)
    {
        Count = texts.Length;
        Pointers = (byte**)NativeMemory.Alloc((nuint)Math.Max(Count, 1), (nuint)sizeof(byte*));
        for (int i = 0; i < Count; i++)
        {
            Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>Where each begins.</summary>
    public byte** Pointers { get; }

    public void Dispose()
    {
        for (int i = 0; i < Count; i++)
        {
            Marshal.FreeCoTaskMem((nint)Pointers[i]);
        }

        NativeMemory.Free(Pointers);
    }
}
