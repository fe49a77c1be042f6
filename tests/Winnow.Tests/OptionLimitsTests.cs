using System.Globalization;
using System.Reflection;
using Winnow.Attention;
using Winnow.Attention.A2ats;
using Winnow.Attention.Baselines;
using Winnow.Attention.Delta;
using Winnow.Attention.Recycled;
using Winnow.Attention.TokenSparse;
using Winnow.Cli;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Lab.Calibration;
using Winnow.Lab.Evaluation;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Retrieval;
using Winnow.Sampling;
using Winnow.Scheduling;
using Winnow.Templates;
using Winnow.Tests.Cli;

namespace Winnow.Tests;

/// <summary>Every number of every option record has a range, and whoever leaves it is told so when he sets it, in C# and in text alike.</summary>
public class OptionLimitsTests
{
    private const int Any = int.MaxValue;

    /// <summary>Record, property, least, most, and the specification that sets it.</summary>
    public static TheoryData<Type, string, double, double, string?> Limits => new()
    {
        { typeof(RecycledAttention), "K", 1, Any, "recycled:k" },
        { typeof(RecycledAttention), "Stride", 1, Any, "recycled:stride" },
        { typeof(RecycledAttention), "Check", 1, Any, "recycled:check" },
        { typeof(RecycledAttention), "Threshold", -2, 2, "recycled:threshold" },
        { typeof(RecycledAttention), "Pool", 1, 4095, "recycled:pool" },
        { typeof(RecycledAttention), "From", 0, Any, "recycled:from" },
        { typeof(DeltaAttention), "Page", 1, 65_536, "delta:page" },
        { typeof(DeltaAttention), "Pages", 1, Any, "delta:pages" },
        { typeof(DeltaAttention), "Recent", 1, Any, "delta:pages=2147483647,recent" },
        { typeof(DeltaAttention), "Warmup", 0, 4095, "delta:warmup" },
        { typeof(DeltaAttention), "SelectingLayers", 0, 4095, "delta:select" },
        { typeof(DeltaAttention), "From", 0, Any, "delta:from" },
        { typeof(A2atsAttention), "Rho", 0, 1, "a2ats:rho" },
        { typeof(A2atsAttention), "Budget", 0, Any, "a2ats:budget" },
        { typeof(A2atsAttention), "Window", 1, 1 << 30, "a2ats:window" },
        { typeof(A2atsAttention), "Far", 0, Any, "a2ats:far" },
        { typeof(A2atsAttention), "Sink", 0, 1 << 30, "a2ats:sink" },
        { typeof(A2atsAttention), "Centroids", 2, 65_536, "a2ats:centroids" },
        { typeof(A2atsAttention), "ResidentBytes", 0, Any, null },
        { typeof(TokenSparseAttention), "Coverage", 0, 1, "token-sparse:tau" },
        { typeof(TokenSparseAttention), "Window", 1, 65_536, "token-sparse:window" },
        { typeof(TokenSparseAttention), "Pool", 1, 4095, "token-sparse:pool" },
        { typeof(TokenSparseAttention), "Minimum", 0, Any, "token-sparse:min" },
        { typeof(TokenSparseAttention), "MinimumPart", 0, 1, "token-sparse:part" },
        { typeof(TokenSparseAttention), "Layers", 0, 4095, "token-sparse:layers" },
        { typeof(TokenSparseAttention), "From", 0, Any, "token-sparse:from" },
        { typeof(StreamingAttention), "Sinks", 0, Any, "streaming:sinks" },
        { typeof(StreamingAttention), "Window", 1, Any, "streaming:window" },
        { typeof(SnapKvAttention), "Budget", 2, Any, "snapkv:window=1,budget" },
        { typeof(SnapKvAttention), "Window", 1, 4096, "snapkv:budget=5000,window" },
        { typeof(SnapKvAttention), "Pool", 1, 4095, "snapkv:pool" },
        { typeof(RandomAttention), "Budget", 1, Any, "random:budget" },
        { typeof(RandomAttention), "Seed", 0, Any, "random:seed" },
        { typeof(SearchOptions), "Budget", 1e-6, Any, "s3:budget" },
        { typeof(SearchOptions), "Bm25", 0, 1, "s3:bm25" },
        { typeof(SearchOptions), "Edges", 0, 1, "s3:edges" },
        { typeof(SearchOptions), "Layers", 0, 4095, "s3:layers" },
        { typeof(IndexOptions), "ChunkTokens", 64, 65_536, "s3:chunk" },
        { typeof(IndexOptions), "PruneAbove", 1e-6, 1, null },
        { typeof(CalibrationOptions), "MaxTokens", 1, Any, null },
        { typeof(CalibrationOptions), "Centroids", 2, 65_536, null },
        { typeof(S3Training), "Expansion", 1, 1024, null },
        { typeof(S3Training), "Active", 1, 512, null },
        { typeof(S3Training), "Steps", 1, 1_000_000, null },
        { typeof(EngineOptions), "Threads", 0, 4096, null },
        { typeof(CpuDeviceOptions), "Threads", 0, 4096, null },
        { typeof(QuantizerOptions), "Threads", 0, 4096, null },
        { typeof(SyntheticOptions), "Threads", 0, 4096, null },
        { typeof(SessionOptions), "ContextLength", 1, Any, null },
        { typeof(SessionOptions), "KvResidentBytes", 0, Any, null },
        { typeof(GenerationOptions), "MaxTokens", 1, Any, null },
        { typeof(GenerationOptions), "KeptTokens", 0, Any, null },
        { typeof(SchedulerOptions), "MaxConcurrency", 1, 1024, null },
        { typeof(SchedulerOptions), "QueueLimit", 0, Any, null },
        { typeof(SchedulerOptions), "KvBudgetBytes", 1, Any, null },
        { typeof(SchedulerOptions), "PrefixCacheBytes", 0, Any, null },
        { typeof(SchedulerOptions), "SpillBytes", 0, Any, null },
        { typeof(SchedulerOptions), "MaxAnswerTokens", 1, Any, null },
        { typeof(EvaluationCaseFilter), "Limit", 0, Any, null },
        { typeof(ChatTemplateLimits), "MaxSteps", 1, Any, null },
        { typeof(ChatTemplateLimits), "MaxTextLength", 1, Any, null },
        { typeof(ChatTemplateLimits), "MaxCallDepth", 1, 10_000, null },
        { typeof(SamplingOptions), "Temperature", 0, 1000, null },
        { typeof(SamplingOptions), "DynamicTemperatureRange", 0, 1000, null },
        { typeof(SamplingOptions), "DynamicTemperatureExponent", 0, 100, null },
        { typeof(SamplingOptions), "TopK", 0, Any, null },
        { typeof(SamplingOptions), "TopP", 0, 1, null },
        { typeof(SamplingOptions), "MinP", 0, 1, null },
        { typeof(SamplingOptions), "TypicalP", 0, 1, null },
        { typeof(SamplingOptions), "TopNSigma", -1, 1000, null },
        { typeof(SamplingOptions), "XtcProbability", 0, 1, null },
        { typeof(SamplingOptions), "XtcThreshold", 0, 1, null },
        { typeof(SamplingOptions), "MinKeep", 0, Any, null },
        { typeof(SamplingOptions), "RepeatLastN", 0, 1 << 20, null },
        { typeof(SamplingOptions), "RepeatPenalty", 0.01, 100, null },
        { typeof(SamplingOptions), "FrequencyPenalty", -100, 100, null },
        { typeof(SamplingOptions), "PresencePenalty", -100, 100, null },
        { typeof(SamplingOptions), "DryMultiplier", 0, 100, null },
        { typeof(SamplingOptions), "DryBase", 1, 100, null },
        { typeof(SamplingOptions), "DryAllowedLength", 1, 1 << 20, null },
        { typeof(SamplingOptions), "DryPenaltyLastN", 0, 1 << 20, null },
        { typeof(SamplingOptions), "MirostatTau", 0, 100, null },
        { typeof(SamplingOptions), "MirostatEta", 0, 1, null },
        { typeof(SamplingOptions), "TopLogProbabilities", 0, 100, null },
    };

    /// <summary>Numbers without a range of this kind: seeds, 0 or 2, and 0 or at least 16.</summary>
    private static (Type, string)[] Unlimited =>
    [
        (typeof(CalibrationOptions), "Seed"), (typeof(SyntheticOptions), "Seed"), (typeof(SamplingOptions), "Seed"), (typeof(SamplingOptions), "Mirostat"),
        (typeof(GenerationOptions), "RepetitionLimit"),
    ];

    [Theory]
    [MemberData(nameof(Limits), DisableDiscoveryEnumeration = true)]
    public void Only_values_within_the_limits_can_be_set(Type record, string property, double least, double most, string? specification)
    {
        Type number = Number(record.GetProperty(property)!)!;
        bool isInteger = number != typeof(float) && number != typeof(double);
        double step = isInteger ? 1 : Math.Abs(most) * 1e-5;
        bool isOdd = property == "Pool";
        foreach (double allowed in (double[])[least, least + step, most])
        {
            if (!isOdd || allowed % 2 == 1)
            {
                Set(record, property, allowed);
                if (specification is not null)
                {
                    AttentionOptions options = AttentionOptions.Parse($"{specification}={Text(allowed)}");
                    Assert.Equal(options.ToString(), AttentionOptions.Parse(options.ToString()).ToString());
                }
            }
        }

        string range = most == Any && isInteger ? $"{Text(least)} or more" : $"{Text(least)} to {Text(most)}";
        double[] beside = isInteger ? [4] : [double.NaN, double.PositiveInfinity, double.NegativeInfinity];
        foreach (double refused in (double[])[least - step, most + step, .. isInteger && !isOdd ? [] : beside])
        {
            // Beyond the type there is nothing that C# could set.
            if (!isInteger || refused <= int.MaxValue)
            {
                ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => Set(record, property, refused));
                Assert.Equal(property, error.ParamName);
                Assert.Contains(isInteger ? $"{property} is {Text(refused)}; allowed: " : $"{property} is ", error.Message, StringComparison.Ordinal);
                Assert.Contains(range, error.Message, StringComparison.Ordinal);
            }

            if (specification is not null)
            {
                string message = Assert.Throws<InvalidOptionException>(() => AttentionOptions.Parse($"{specification}={Text(refused)}")).Message;
                Assert.Contains($"{specification[(specification.LastIndexOfAny([':', ',']) + 1)..]}={Text(refused)}", message, StringComparison.Ordinal);
                Assert.Contains(range, message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void No_number_of_an_option_record_is_left_out()
    {
        IEnumerable<(Type Type, string Name)> numbers =
            from type in typeof(Engine).Assembly.GetTypes()
            where type.IsPublic || type.IsAssignableTo(typeof(PrefillAttention)) || type.IsAssignableTo(typeof(DecodeAttention))
            where type.GetMethod("<Clone>$") is not null && !type.IsAbstract
                && (type.Name.EndsWith("Attention", StringComparison.Ordinal) || type.Name.EndsWith("Options", StringComparison.Ordinal)
                    || type == typeof(S3Training) || type == typeof(ChatTemplateLimits) || type == typeof(EvaluationCaseFilter))
            from property in type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            where property.CanWrite && Number(property) is not null
            select (type, property.Name);
        IEnumerable<(Type, string)> tested = Limits.Select(row => row.Data).Select(row => (row.Item1, row.Item2));
        Assert.Empty(numbers.Except(tested).Except(Unlimited).Select(number => $"{number.Item1.Name}.{number.Item2}"));
    }

    [Theory]
    [InlineData("snapkv:window=10,budget=10")]
    [InlineData("delta:pages=3,recent=4")]
    [InlineData("a2ats:rho=0.1,budget=5")]
    public void Two_options_that_do_not_go_together_are_the_same_error_in_text_and_in_a_session(string specification)
    {
        DecodeAttention options = specification[..2] switch
        {
            "sn" => new SnapKvAttention { Window = 10, Budget = 10 },
            "de" => new DeltaAttention { Recent = 4, Pages = 3 },
            _ => new A2atsAttention { Budget = 5, Rho = 0.1 },
        };
        using Engine engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 1 });
        string text = Assert.Throws<InvalidOptionException>(() => AttentionOptions.Parse(specification)).Message;
        Assert.Equal(text, Assert.Throws<InvalidOptionException>(
            () => engine.CreateSession(new SessionOptions { Attention = new AttentionOptions { Decode = options } })).Message);
    }

    [Fact]
    public void A_budget_of_pages_as_large_as_numbers_go_is_not_a_budget_of_one() =>
        Assert.Equal(134_217_728, Assert.IsType<DeltaAttention>(AttentionOptions.Parse("delta:budget=2147483647").Decode).Pages);

    [Fact]
    public void Few_pages_leave_half_of_them_to_the_search() =>
        Assert.Equal((8, 2, 1), (new DeltaAttention().RecentPages, new DeltaAttention { Pages = 4 }.RecentPages, new DeltaAttention { Pages = 1 }.RecentPages));

    [Fact]
    public void A_value_out_of_range_is_a_wrong_command_line()
    {
        WinnowProcess process = WinnowProcess.Run(["run", "-p", "x", "--attention", "delta:page=0"]);
        Assert.Equal((2, "winnow: attention 'delta': page=0 must be an integer, 1 to 65536"), (process.ExitCode, process.ErrorLine));
    }

    private static string Text(double value) => value.ToString("0.################", CultureInfo.InvariantCulture);

    /// <summary>The type of a number, or of the numbers of a list; null for anything else.</summary>
    private static Type? Number(PropertyInfo property)
    {
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type == typeof(IReadOnlyList<int>) && property.DeclaringType!.Name is not ("GenerationOptions" or "EvaluationCaseFilter") ? typeof(int)
            : type.IsPrimitive && type != typeof(bool) ? type : null;
    }

    private static void Set(Type record, string name, double value)
    {
        PropertyInfo property = record.GetProperty(name)!;
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        object boxed = type == typeof(IReadOnlyList<int>) ? new[] { (int)value } : Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
        property.SetValue(Activator.CreateInstance(record), boxed, BindingFlags.DoNotWrapExceptions, null, null, CultureInfo.InvariantCulture);
    }
}
