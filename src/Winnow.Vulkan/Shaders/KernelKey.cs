using System.Runtime.CompilerServices;

namespace Winnow.Vulkan.Shaders;

/// <summary>A shader and its specialization constants, in the order of their ids.</summary>
internal readonly struct KernelKey : IEquatable<KernelKey>
{
    /// <summary>The most constants of a shader.</summary>
    public const int MostConstants = 12;

    private readonly Constants _constants;

    public KernelKey(string name, ReadOnlySpan<uint> constants)
    {
        Name = name;
        Count = constants.Length;
        constants.CopyTo(_constants);
    }

    public string Name { get; }

    public int Count { get; }

    /// <summary>The constant of an id.</summary>
    public uint this[int id] => _constants[id];

    public bool Equals(KernelKey other)
    {
        ReadOnlySpan<uint> mine = _constants;
        return Name == other.Name && Count == other.Count && mine.SequenceEqual(other._constants);
    }

    public override bool Equals(object? obj) => obj is KernelKey other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Name);
        for (int i = 0; i < Count; i++)
        {
            hash.Add(_constants[i]);
        }

        return hash.ToHashCode();
    }

    [InlineArray(MostConstants)]
    private struct Constants
    {
        private uint _first;
    }
}
