using System.CommandLine;
using Winnow.Cli.Help;
using Winnow.Sampling;

namespace Winnow.Cli.Options;

/// <summary>The sampler chain on the command line, with llama.cpp's names and defaults.</summary>
internal sealed class SamplingCliOptions
{
    private static readonly SamplingOptions Defaults = new();

    private readonly Option<float> _temperature = Number("--temp", "--temperature", "Temperature; 0 always takes the most likely token.", Defaults.Temperature);

    private readonly Option<int> _topK = Number("--top-k", "Keep the K most likely tokens; 0: all.", Defaults.TopK);

    private readonly Option<float> _topP = Number("--top-p", "Keep the most likely tokens that hold this probability together; 1: all.", Defaults.TopP);

    private readonly Option<float> _minP = Number("--min-p", "Keep tokens at least this likely, relative to the most likely one; 0: all.", Defaults.MinP);

    private readonly Option<float> _typicalP = Number("--typical", "Keep locally typical tokens that hold this probability together; 1: all.", Defaults.TypicalP);

    private readonly Option<float> _topNSigma = Number("--top-nsigma", "Keep tokens within this many standard deviations of the largest logit; -1: all.", Defaults.TopNSigma);

    private readonly Option<float> _xtcProbability = Number("--xtc-probability", "Chance to exclude the top choices; 0: never.", Defaults.XtcProbability);

    private readonly Option<float> _xtcThreshold = Number("--xtc-threshold", "Probability that a top choice must have.", Defaults.XtcThreshold);

    private readonly Option<int> _repeatLastN = Number("--repeat-last-n", "Tokens that the penalties look back at.", Defaults.RepeatLastN);

    private readonly Option<float> _repeatPenalty = Number("--repeat-penalty", "Penalty of repeated tokens; 1: none.", Defaults.RepeatPenalty);

    private readonly Option<float> _presencePenalty = Number("--presence-penalty", "Penalty of tokens that occurred.", Defaults.PresencePenalty);

    private readonly Option<float> _frequencyPenalty = Number("--frequency-penalty", "Penalty per occurrence of a token.", Defaults.FrequencyPenalty);

    private readonly Option<float> _dryMultiplier = Number("--dry-multiplier", "Strength of the penalty on repeated sequences; 0: off.", Defaults.DryMultiplier);

    private readonly Option<float> _dryBase = Number("--dry-base", "Growth of that penalty per repeated token.", Defaults.DryBase);

    private readonly Option<int> _dryAllowedLength = Number("--dry-allowed-length", "Length of repetition that costs nothing.", Defaults.DryAllowedLength);

    private readonly Option<int> _mirostat = Number("--mirostat", "2: Mirostat 2 instead of the filters; 0: off.", Defaults.Mirostat);

    private readonly Option<float> _mirostatTau = Number("--mirostat-ent", "Mirostat's target surprise.", Defaults.MirostatTau);

    private readonly Option<float> _mirostatEta = Number("--mirostat-lr", "Mirostat's learning rate.", Defaults.MirostatEta);

    private readonly Option<long> _seed = Number("--seed", "-s", "Same seed, same answer; -1: a new one each time.", Defaults.Seed);

    public SamplingCliOptions AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [_temperature, _topK, _topP, _minP, _typicalP, _topNSigma, _xtcProbability, _xtcThreshold, _repeatLastN, _repeatPenalty,
             _presencePenalty, _frequencyPenalty, _dryMultiplier, _dryBase, _dryAllowedLength, _mirostat, _mirostatTau, _mirostatEta, _seed])
        {
            command.Add(option.Under(HelpTopics.Sampling));
        }

        return this;
    }

    /// <summary>The chain asked for; a value out of range is an error that names option and range.</summary>
    public SamplingOptions Read(ParseResult parsed) => UserInput.Read(() => new SamplingOptions
    {
        Temperature = parsed.GetValue(_temperature),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        MinP = parsed.GetValue(_minP),
        TypicalP = parsed.GetValue(_typicalP),
        TopNSigma = parsed.GetValue(_topNSigma),
        XtcProbability = parsed.GetValue(_xtcProbability),
        XtcThreshold = parsed.GetValue(_xtcThreshold),
        RepeatLastN = parsed.GetValue(_repeatLastN),
        RepeatPenalty = parsed.GetValue(_repeatPenalty),
        PresencePenalty = parsed.GetValue(_presencePenalty),
        FrequencyPenalty = parsed.GetValue(_frequencyPenalty),
        DryMultiplier = parsed.GetValue(_dryMultiplier),
        DryBase = parsed.GetValue(_dryBase),
        DryAllowedLength = parsed.GetValue(_dryAllowedLength),
        Mirostat = parsed.GetValue(_mirostat),
        MirostatTau = parsed.GetValue(_mirostatTau),
        MirostatEta = parsed.GetValue(_mirostatEta),
        Seed = parsed.GetValue(_seed),
    });

    private static Option<T> Number<T>(string name, string description, T defaultValue) => Number(name, null, description, defaultValue);

    private static Option<T> Number<T>(string name, string? alias, string description, T defaultValue) =>
        new(name, alias is null ? [] : [alias]) { Description = description, DefaultValueFactory = _ => defaultValue, HelpName = "N" };
}
