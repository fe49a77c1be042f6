namespace Winnow.Vulkan.Commands;

/// <summary>How freely commands that do not touch each other's bytes may be done. Results do not depend on it; if they do, a barrier is missing.</summary>
internal enum CommandOrder
{
    /// <summary>As the device likes, with barriers where bytes are touched again.</summary>
    Free,

    /// <summary>Each waits for all before it.</summary>
    OneByOne,

    /// <summary>As the device likes, and recorded the last first between two barriers.</summary>
    Reversed,
}
