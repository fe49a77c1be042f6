namespace Winnow.Cache;

/// <summary>Where keys and values lie.</summary>
public enum KvTier
{
    /// <summary>In the device's memory; on the processor that is the system's.</summary>
    Device,

    /// <summary>In the system's memory, where the device reads them from.</summary>
    Ram,

    /// <summary>In a scratch file that is mapped into memory, of which a part is resident.</summary>
    Disk,
}
