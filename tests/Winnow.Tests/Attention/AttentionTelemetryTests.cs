using System.Diagnostics.Metrics;
using Winnow.Attention;
using Winnow.Attention.Delta;
using Winnow.Cli.Output;
using Winnow.Generation;

namespace Winnow.Tests.Attention;

/// <summary>What counters say, and that nobody pays for them who does not listen.</summary>
public class AttentionTelemetryTests
{
    [Fact]
    public void Counters_and_statistics_tell_for_each_layer_what_was_read_selected_and_refreshed()
    {
        // Other tests run beside this one: only what this thread counts is looked at.
        int thread = Environment.CurrentManagedThreadId;
        Dictionary<(string Counter, int Layer), long> seen = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == AttentionStatistics.MeterName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
            {
                (string, int) key = (instrument.Name, (int)tags[0].Value!);
                seen[key] = seen.GetValueOrDefault(key) + value;
            }
        });
        listener.Start();
        using AttentionRig rig = new(
            new AttentionOptions { Decode = new DeltaAttention { Page = 8, Pages = 3, Recent = 1, SelectingLayers = [1], From = 0 } }, layers: 3);
        rig.Prompt(100);
        rig.Step();
        rig.Step();
        rig.Step();

        // 101, 102 and 103 rows for two KV heads; two pages of 8 and the last page's 5, 6 and 7 rows.
        long[] rows = [2 * (101 + 102 + 103), 2 * (101 + 102 + 103), 2 * ((3 * 16) + 5 + 6 + 7)];
        int[] selections = [0, 0, 3];
        int[] refreshes = [0, 3, 0];
        for (int layer = 0; layer < 3; layer++)
        {
            Assert.Equal(rows[layer], rig.Statistics.AttendedRowsOf(layer));
            Assert.Equal((double)rows[layer] / rows[0], rig.Statistics.AttendedFractionOf(layer));
            Assert.Equal(selections[layer], rig.Statistics.SelectionsOf(layer));
            Assert.Equal(refreshes[layer], rig.Statistics.RefreshesOf(layer));
            Assert.Equal(rows[layer], seen[("winnow.attention.attended_rows", layer)]);
            Assert.Equal(selections[layer], seen.GetValueOrDefault(("winnow.attention.selections", layer)));
            Assert.Equal(refreshes[layer], seen.GetValueOrDefault(("winnow.attention.refreshes", layer)));
        }

        string line = StatisticsText.Attention(AttentionOptions.Parse("delta"), rig.Statistics);
        Assert.EndsWith("73.9 % of rows read in 3 steps; by layer, with refreshes: 0: 100 %, 1: 100 % (3), 2: 22 %", line, StringComparison.Ordinal);
    }
}
