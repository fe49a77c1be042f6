namespace Winnow.Tests.Rooms;

/// <summary>A type that another one takes.</summary>
/// <param name="From">The type that takes, with its namespace.</param>
/// <param name="To">The type that is taken.</param>
/// <param name="Assembly">Where that one is declared.</param>
/// <param name="IsInternal">Whether it, or the member that is taken, is invisible to strangers.</param>
/// <param name="Place">File and line.</param>
internal sealed record TypeReference(string From, string To, string Assembly, bool IsInternal, string Place)
{
    /// <summary>The folder below the project that a type lives in; empty for the project's own folder.</summary>
    public static string RoomOf(string type)
    {
        string[] parts = type.Split('.');
        return parts.Length > 2 ? parts[1] : "";
    }
}
