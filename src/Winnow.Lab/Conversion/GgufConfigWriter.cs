using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Models.Config;

namespace Winnow.Lab.Conversion;

/// <summary>Writes hyper-parameters as GGUF metadata, in llama.cpp's keys.</summary>
internal sealed class GgufConfigWriter
{
    private readonly ModelConfig _config;
    private readonly GgufMetadata _metadata;
    private readonly string _prefix;

    private GgufConfigWriter(ModelConfig config, GgufMetadata metadata)
    {
        _config = config;
        _metadata = metadata;
        _prefix = config.Architecture.GgufName;
    }

    /// <param name="config">The model, as Hugging Face describes it.</param>
    /// <param name="name">What to call it where the configuration does not say.</param>
    /// <param name="mix">How its weights will be stored.</param>
    /// <param name="metadata">Where the keys go.</param>
    /// <exception cref="WinnowException">GGUF has no way to say it.</exception>
    public static void Write(ModelConfig config, string name, QuantizationMix mix, GgufMetadata metadata)
    {
        metadata.Set("general.architecture", config.Architecture.GgufName);
        metadata.Set("general.type", "model");
        metadata.Set("general.name", config.Name ?? name);
        metadata.Set("general.file_type", (uint)mix);
        metadata.Set("general.quantization_version", ModelQuantizer.QuantizationVersion);
        GgufConfigWriter writer = new(config, metadata);
        writer.WriteSizes();
        writer.WriteScales();
        writer.WritePositions();
        writer.WriteWindow();
    }

    private void WriteSizes()
    {
        Set("vocab_size", _config.VocabularySize);
        Set("context_length", _config.ContextLength);
        Set("embedding_length", _config.HiddenSize);
        Set("block_count", _config.Layers.Count);
        SetPerLayer("feed_forward_length", _config.FeedForwardSize, layer => layer.FeedsForward);
        Set("attention.head_count", _config.QueryHeads);
        if (_config.Attends)
        {
            SetPerLayer("attention.head_count_kv", _config.KvHeads, layer => layer.Attends);
            Set("attention.key_length", _config.HeadDimension);
            Set("attention.value_length", _config.HeadDimension);
        }

        Set(
            _config.Architecture.Norm == NormKind.Rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon",
            _config.NormEpsilon);
        if (_config.Experts is { } experts)
        {
            Set("expert_count", experts.Count);
            Set("expert_used_count", experts.Used);
            Set("expert_feed_forward_length", experts.FeedForwardSize);
            _metadata.Set($"{_prefix}.expert_weights_norm", experts.NormalizesWeights);
        }

        if (_config.Layers.Select(layer => layer.Recurrent).FirstOrDefault(recurrent => recurrent is not null) is { } block)
        {
            WriteRecurrent(block);
        }

        if (_config.Architecture.Norm == NormKind.Layer)
        {
            _metadata.Set($"{_prefix}.use_parallel_residual", _config.IsParallel);
        }

        if (_config.Activation != _config.Architecture.Activation)
        {
            _metadata.Set($"{_prefix}.hidden_activation", ActivationNames.Of(_config.Activation));
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
        SetUnless("attention.scale", _config.AttentionScale, _config.Attends ? 1 / MathF.Sqrt(_config.HeadDimension) : _config.AttentionScale);
        SetUnless("attn_logit_softcapping", _config.AttentionSoftCap, 0);
        SetUnless("final_logit_softcapping", _config.LogitSoftCap, 0);
        SetUnless("embedding_scale", _config.EmbeddingScale, _config.Architecture.ScalesEmbeddings ? MathF.Sqrt(_config.HiddenSize) : 1);
        SetUnless("residual_scale", _config.ResidualScale, 1);
        if (_config.LogitScale != 1 || _prefix == "granite")
        {
            // llama.cpp needs the key in this architecture; it is what logits are divided by.
            Set("logit_scale", 1 / _config.LogitScale);
        }
    }

    private void WritePositions()
    {
        bool[] rotates = [.. _config.Layers.Where(layer => layer.Attends).Select(layer => layer.Rope is not null)];
        if (_config.Architecture.HasOptionalRope)
        {
            _metadata.Set($"{_prefix}.rope.scaling.finetuned", rotates.Contains(true));
        }
        else if (!rotates.SequenceEqual(SlidingLayers.Every(_config.Architecture.NoRopeInterval, rotates.Length)))
        {
            throw new WinnowException(
                $"GGUF cannot say which layers of this {_prefix} model have no rotary embedding: only the last of every "
                + $"{_config.Architecture.NoRopeInterval} layers can have none");
        }

        if (FullRope() is not { } rope)
        {
            return;
        }

        Set("rope.dimension_count", rope.Dimension);
        Set("rope.freq_base", rope.Base);
        switch (rope.Scaling)
        {
            case RopeScaling.Linear linear:
                _metadata.Set($"{_prefix}.rope.scaling.type", "linear");
                Set("rope.scaling.factor", linear.Factor);
                break;
            case RopeScaling.Yarn yarn:
                _metadata.Set($"{_prefix}.rope.scaling.type", "yarn");
                Set("rope.scaling.factor", yarn.Factor);
                Set("rope.scaling.original_context_length", yarn.OriginalContext);
                Set("rope.scaling.yarn_beta_fast", yarn.BetaFast);
                Set("rope.scaling.yarn_beta_slow", yarn.BetaSlow);
                SetUnless("rope.scaling.yarn_attn_factor", yarn.Magnitude, RopeScaling.Yarn.DefaultMagnitude(yarn.Factor));
                break;
            case RopeScaling.LongRope longRope:
                _metadata.Set($"{_prefix}.rope.scaling.type", "longrope");
                Set("rope.scaling.original_context_length", longRope.OriginalContext);
                Set("rope.scaling.attn_factor", longRope.Magnitude);
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
        if (!slides.SequenceEqual(SlidingLayers.Every(_config.Architecture.FullAttentionInterval, slides.Length)))
        {
            _metadata.Set($"{_prefix}.attention.sliding_window_pattern", slides);
        }

        RopeConfig? local = _config.Layers.FirstOrDefault(layer => layer.Window > 0)?.Rope;
        if (local is not null && local != FullRope())
        {
            Set("rope.freq_base_swa", local.Base);
        }
    }

    /// <summary>The rotary embedding of layers without a window, or of all where each has one.</summary>
    private RopeConfig? FullRope()
    {
        LayerConfig? full = _config.Layers.FirstOrDefault(layer => layer is { Window: 0, Rope: not null });
        return (full ?? _config.Layers.FirstOrDefault(layer => layer.Rope is not null))?.Rope;
    }

    /// <summary>One number, or one for each layer where some lack the block.</summary>
    private void SetPerLayer(string key, int value, Func<LayerConfig, bool> has)
    {
        int[] values = [.. _config.Layers.Select(layer => has(layer) ? value : 0)];
        if (Array.Exists(values, other => other != values[0]))
        {
            _metadata.Set($"{_prefix}.{key}", values);
        }
        else
        {
            Set(key, values[0]);
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
