using System.Globalization;

namespace Winnow.Tests.Templates;

/// <summary>A clock that stands still.</summary>
internal sealed class FixedClock(string time) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() =>
        DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
