namespace Winnow.Cache;

/// <summary>Where keys and values lie.</summary>
public enum KvTier
{
    /// <summary>In the device's memory.</summary>
    Memory,

    /// <summary>In a scratch file that is mapped into memory, of which a part is resident.</summary>
    Disk,
}
