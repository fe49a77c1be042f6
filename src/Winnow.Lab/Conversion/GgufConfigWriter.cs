using Winnow.Compute;
using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Models.Architectures;
using Winnow.Models.Config;

namespace Winnow.Lab.Conversion;

/// <summary>Writes hyper-parameters as GGUF metadata, in llama.cpp's keys.</summary>
internal sealed class GgufConfigWriter
{
    private readonly ModelConfig _config;
    private readonly GgufMetadata _metadata;
    private readonly string _prefix;

    private readonly int _denseLayers;

    private GgufConfigWriter(ModelConfig config, int denseLayers, GgufMetadata metadata)
    {
        _denseLayers = denseLayers;
        _config = config;
        _metadata = metadata;
        _prefix = config.Architecture.GgufName;
    }

    /// <param name="config">The model, as Hugging Face describes it.</param>
    /// <param name="denseLayers">How many layers come before the first with experts.</param>
    /// <param name="name">What to call it where the configuration does not say.</param>
    /// <param name="mix">How its weights will be stored.</param>
    /// <param name="metadata">Where the keys go.</param>
    /// <exception cref="WinnowException">GGUF has no way to say it.</exception>
    public static void Write(ModelConfig config, int denseLayers, string name, QuantizationMix mix, GgufMetadata metadata)
    {
        metadata.Set("general.architecture", config.Architecture.GgufName);
        metadata.Set("general.type", "model");
        metadata.Set("general.name", config.Name ?? name);
        metadata.Set("general.file_type", (uint)mix);
        metadata.Set("general.quantization_version", ModelQuantizer.QuantizationVersion);
        GgufConfigWriter writer = new(config, denseLayers, metadata);
        writer.WriteSizes();
        writer.WriteScales();
        writer.WritePositions();
        writer.WriteWindow();
        config.Architecture.WriteGguf?.Invoke(config, (key, value) => metadata.Set($"{config.Architecture.GgufName}.{key}", value));
    }

    private Architecture Architecture => _config.Architecture;

    private void WriteSizes()
    {
        Set("vocab_size", _config.VocabularySize);
        Set("context_length", _config.ContextLength);
        Set("embedding_length", _config.HiddenSize);
        Set("block_count", _config.Layers.Count);
        SetEach("feed_forward_length", layer => _config.Layers[layer].FeedsForward ? _config.FeedForwardSizeOf(layer) : 0);
        Set("attention.head_count", _config.QueryHeads);
        bool keepsHeads = _config.Latent is not null && Architecture.GgufKeepsLatentHeads;
        if (_config.Attends)
        {
            SetEach("attention.head_count_kv", layer => !_config.Layers[layer].Attends ? 0 : keepsHeads ? _config.QueryHeads : _config.KvHeadsOf(layer));
            Set("attention.key_length", keepsHeads ? _config.Latent!.HeadDimension : _config.HeadDimension);
            Set("attention.value_length", keepsHeads ? _config.Latent!.ValueDimension : _config.ValueDimension ?? _config.HeadDimension);
        }

        Set(Architecture.Norm == NormKind.Rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", _config.NormEpsilon);
        if (_config.Latent is { } latent)
        {
            if (latent.QueryRank > 0)
            {
                Set("attention.q_lora_rank", latent.QueryRank);
            }

            Set("attention.kv_lora_rank", latent.Rank);
            if (!keepsHeads)
            {
                Set("attention.key_length_mla", latent.HeadDimension);
                Set("attention.value_length_mla", latent.ValueDimension);
            }
        }

        if (_config.Experts is { } experts)
        {
            WriteExperts(experts);
        }

        if (_config.Layers.Select(layer => layer.Recurrent).FirstOrDefault(recurrent => recurrent is not null) is { } block)
        {
            WriteRecurrent(block);
        }

        if (_config.IsParallel != Architecture.IsParallel || (Architecture.Norm == NormKind.Layer && _prefix is "gptneox" or "stablelm"))
        {
            _metadata.Set($"{_prefix}.use_parallel_residual", _config.IsParallel);
        }

        if (_config.Activation != Architecture.Activation)
        {
            _metadata.Set($"{_prefix}.hidden_activation", ActivationNames.Of(_config.Activation));
        }
    }

    private void WriteExperts(ExpertConfig experts)
    {
        ExpertRouter router = experts.Router;
        Set("expert_count", experts.Count);
        Set("expert_used_count", router.Used);
        Set("expert_feed_forward_length", experts.FeedForwardSize);
        _metadata.Set($"{_prefix}.expert_weights_norm", router.NormalizesWeights);
        if (experts.SharedSize > 0)
        {
            Set("expert_shared_feed_forward_length", experts.SharedSize);
            Set("expert_shared_count", Math.Max(1, experts.SharedSize / experts.FeedForwardSize));
        }

        if (router.Scoring is RouterScoring.Softmax or RouterScoring.Sigmoid)
        {
            Set("expert_gating_func", router.Scoring == RouterScoring.Softmax ? 1 : 2);
        }

        SetUnless("expert_weights_scale", router.Scale, 1);
        if (router.Groups > 1)
        {
            Set("expert_group_count", router.Groups);
            Set("expert_group_used_count", router.GroupsUsed);
        }

        // llama.cpp needs to be told how many layers come before those with experts.
        if (_denseLayers > 0 || experts.SharedSize > 0)
        {
            Set("leading_dense_block_count", _denseLayers);
        }
    }

    private void WriteRecurrent(RecurrentConfig recurrent)
    {
        switch (recurrent)
        {
            case RecurrentConfig.ShortConvolution convolution:
                Set("shortconv.l_cache", convolution.Kernel);
                break;
            case RecurrentConfig.GatedDelta delta:
                Set("ssm.conv_kernel", delta.Kernel);
                Set("ssm.state_size", delta.Heads.KeyDimension);
                Set("ssm.group_count", delta.Heads.KeyHeads);
                Set("ssm.time_step_rank", delta.Heads.Heads);
                Set("ssm.inner_size", delta.ValueWidth);
                SetUnless("ssm.rate_limit", delta.MostRate, 1);
                WriteAttendingLayers();
                break;
            case RecurrentConfig.StateSpace space:
                Set("ssm.conv_kernel", space.Kernel);
                Set("ssm.inner_size", space.Width);
                Set("ssm.state_size", space.States);
                Set("ssm.time_step_rank", space.Heads);
                Set("ssm.group_count", space.Groups);
                if (space.NormGroups != space.Groups)
                {
                    Set("ssm.norm_group_count", space.NormGroups);
                }

                if (space.NormsBeforeGate)
                {
                    _metadata.Set($"{_prefix}.ssm.norm_before_gate", true);
                }

                SetUnless("ssm.time_step_min", space.LeastStep, 0);
                SetUnless("ssm.time_step_max", space.MostStep, float.PositiveInfinity);
                break;
            case RecurrentConfig.Lightning:
                WriteAttendingLayers();
                WriteResidual("full", layer => layer.Attends);
                WriteResidual("linear", layer => !layer.Attends);
                break;
            case RecurrentConfig.SelectiveStateSpace space:
                Set("ssm.conv_kernel", space.Kernel);
                Set("ssm.inner_size", space.Channels);
                Set("ssm.state_size", space.States);
                Set("ssm.time_step_rank", space.StepRank);
                if (space.SelectionEpsilon is { } epsilon)
                {
                    _metadata.Set($"{_prefix}.ssm.dt_b_c_rms", space.NormsSelection);
                    SetUnless("ssm.dt_b_c_rms_epsilon", epsilon, _config.NormEpsilon);
                }

                break;
        }
    }

    /// <summary>A key of this engine: the factors of residual streams that are normalised themselves.</summary>
    private void WriteResidual(string kind, Func<LayerConfig, bool> isOne)
    {
        ResidualFactors factors = _config.Layers.FirstOrDefault(isOne)?.Residual ?? new ResidualFactors(1, 1, 1, 1);
        _metadata.Set(
            $"{_prefix}.residual_factors.{kind}",
            (float[])[factors.MixerStream, factors.MixerBlock, factors.FeedForwardStream, factors.FeedForwardBlock]);
    }

    /// <summary>Which layers attend: of every so many the last one, or a list of the others.</summary>
    private void WriteAttendingLayers()
    {
        bool[] attends = [.. _config.Layers.Select(layer => layer.Attends)];
        int interval = Array.IndexOf(attends, true) + 1;
        if (interval > 0 && attends.SequenceEqual(HybridLayers.Every(interval, attends.Length)))
        {
            Set("full_attention_interval", interval);
        }
        else
        {
            _metadata.Set($"{_prefix}.attention.recurrent_layers", Array.ConvertAll(attends, attend => !attend));
        }
    }

    private void WriteScales()
    {
        float usual = 1 / MathF.Sqrt(_config.Latent?.HeadDimension ?? _config.HeadDimension);
        if (_config.Attends)
        {
            SetUnless("attention.scale", _config.AttentionScale, usual);
        }

        SetUnless("attention.clamp_kqv", _config.QueryKeyValueLimit, 0);
        SetUnless("attention.value_scale", _config.ValueScale, 1);
        SetUnless("attention.max_alibi_bias", _config.AlibiBias, 0);
        SetUnless("attn_logit_softcapping", _config.AttentionSoftCap, 0);
        SetUnless("final_logit_softcapping", _config.LogitSoftCap, 0);
        SetUnless("embedding_scale", _config.EmbeddingScale, Architecture.ScalesEmbeddings ? MathF.Sqrt(_config.HiddenSize) : 1);
        SetUnless("residual_scale", _config.ResidualScale, 1);
        if (_config.LogitScale != 1 || _prefix is "granite" or "granitemoe" or "command-r" or "cohere2")
        {
            // llama.cpp needs the key in these architectures; it is what logits are divided by, but for Cohere's.
            Set("logit_scale", Architecture.GgufLogitScaleMultiplies ? _config.LogitScale : 1 / _config.LogitScale);
        }

        if (_config.Layers.Select(layer => layer.Temperature).FirstOrDefault(temperature => temperature is not null) is { } temperature)
        {
            Set("attention.temperature_scale", temperature.Scale);
            Set("attention.temperature_length", temperature.Length);
        }
    }

    private void WritePositions()
    {
        bool[] rotates = [.. _config.Layers.Select(layer => layer.Rope is not null)];
        bool[] usual = Architecture.OnlySlidingLayersRotate && _config.Layers.Any(layer => layer.Window > 0)
            ? [.. _config.Layers.Select(layer => layer.Window > 0)]
            : SlidingLayers.Every(Architecture.NoRopeInterval, rotates.Length);
        bool isUsual = !Enumerable.Range(0, rotates.Length).Any(layer => _config.Layers[layer].Attends && rotates[layer] != usual[layer]);
        if (Architecture.HasOptionalRope)
        {
            _metadata.Set($"{_prefix}.rope.scaling.finetuned", rotates.Contains(true));
        }
        else if (Architecture.HasRotation && _config.AlibiBias == 0 && !isUsual && !Architecture.WritesRotatingLayers)
        {
            throw new WinnowException(
                $"GGUF cannot say which layers of this {_prefix} model have no rotary embedding: only the last of every "
                + $"{Architecture.NoRopeInterval} layers can have none");
        }

        if (Architecture.WritesRotatingLayers)
        {
            _metadata.Set($"{_prefix}.rope.layers", rotates);
        }

        if (FullRope() is not { } rope)
        {
            return;
        }

        Set("rope.dimension_count", rope.Dimension);
        Set("rope.freq_base", rope.Base);
        WriteScaling(rope);
    }

    private void WriteScaling(RopeConfig rope)
    {
        switch (rope.Scaling)
        {
            case RopeScaling.Linear linear:
                _metadata.Set($"{_prefix}.rope.scaling.type", "linear");
                Set("rope.scaling.factor", linear.Factor);
                break;
            case RopeScaling.Dynamic dynamic:
                // llama.cpp knows no scaling that depends on the length: it reads contexts up to the original length rightly.
                _metadata.Set($"{_prefix}.rope.scaling.type", "none");
                Set("rope.scaling.dynamic_factor", dynamic.Factor);
                Set("rope.scaling.original_context_length", dynamic.OriginalContext);
                break;
            case RopeScaling.Yarn yarn:
                _metadata.Set($"{_prefix}.rope.scaling.type", "yarn");
                Set("rope.scaling.factor", yarn.Factor);
                Set("rope.scaling.original_context_length", yarn.OriginalContext);
                Set("rope.scaling.yarn_beta_fast", yarn.BetaFast);
                Set("rope.scaling.yarn_beta_slow", yarn.BetaSlow);
                SetUnless("rope.scaling.yarn_ext_factor", yarn.Extrapolation, 1);

                // What llama.cpp multiplies its own magnitude with.
                SetUnless("rope.scaling.attn_factor", yarn.Magnitude / RopeScaling.Yarn.DefaultMagnitude(yarn.Factor), 1);
                if (yarn.RoundsBounds != Architecture.YarnRoundsBounds)
                {
                    _metadata.Set($"{_prefix}.rope.scaling.yarn_truncate", yarn.RoundsBounds);
                }

                break;
            case RopeScaling.LongRope longRope:
                _metadata.Set($"{_prefix}.rope.scaling.type", "longrope");
                Set("rope.scaling.original_context_length", longRope.OriginalContext);
                Set("rope.scaling.attn_factor", longRope.Magnitude);
                SetUnless("rope.scaling.short_attn_factor", longRope.ShortMagnitude, longRope.Magnitude);
                break;
        }
    }

    private void WriteWindow()
    {
        int window = _config.Layers.Max(layer => layer.Window);
        if (window == 0)
        {
            return;
        }

        Set("attention.sliding_window", window);
        bool[] slides = [.. _config.Layers.Select(layer => layer.Window > 0)];
        if (!slides.SequenceEqual(SlidingLayers.Every(Architecture.FullAttentionInterval, slides.Length)))
        {
            _metadata.Set($"{_prefix}.attention.sliding_window_pattern", slides);
        }

        RopeConfig? local = _config.Layers.FirstOrDefault(layer => layer is { Window: > 0, Rope: not null })?.Rope;
        if (local is not null && FullRope() is { } full && local != full)
        {
            Set("rope.freq_base_swa", local.Base);
            if (local.Dimension != full.Dimension)
            {
                Set("rope.dimension_count_swa", local.Dimension);
            }
        }
    }

    /// <summary>The rotary embedding of layers without a window, or of all where each has one.</summary>
    private RopeConfig? FullRope()
    {
        LayerConfig? full = _config.Layers.FirstOrDefault(layer => layer is { Window: 0, Rope: not null });
        return (full ?? _config.Layers.FirstOrDefault(layer => layer.Rope is not null))?.Rope;
    }

    /// <summary>A number that is written once where all layers have the same.</summary>
    private void SetEach(string key, Func<int, int> valueOf)
    {
        uint[] values = [.. Enumerable.Range(0, _config.Layers.Count).Select(layer => (uint)valueOf(layer))];
        if (values.Distinct().Count() == 1)
        {
            _metadata.Set($"{_prefix}.{key}", values[0]);
        }
        else
        {
            _metadata.Set($"{_prefix}.{key}", values);
        }
    }

    private void Set(string key, int value) => _metadata.Set($"{_prefix}.{key}", (uint)value);

    private void Set(string key, float value) => _metadata.Set($"{_prefix}.{key}", value);

    private void SetUnless(string key, float value, float usual)
    {
        if (value != usual)
        {
            Set(key, value);
        }
    }
}
