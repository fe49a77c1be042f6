using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Winnow.Cache;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Sampling;
using Winnow.Templates;
using Winnow.Tokenization;

namespace Winnow.Generation;

/// <summary>A loaded model: weights, tokenizer, chat template and the device they run on. Immutable; shared by threads and sessions.</summary>
public sealed class Engine : IDisposable
{
    private readonly Model _model;

    private Engine(string path, IReadOnlyList<DeviceLayers> placement, Model model, ModelText text)
    {
        Placement = placement;
        _model = model;
        Lifetime = new Lifetime(typeof(Engine), Free);
        if (text.Tokenizer?.VocabularySize > Model.VocabularySize)
        {
            throw new ModelFormatException(
                path, $"the tokenizer has {text.Tokenizer.VocabularySize} tokens, but the model has embeddings of only {Model.VocabularySize}");
        }

        Tokenizer = text.Tokenizer?.Padded(Model.VocabularySize) ?? Tokenizer.WithoutVocabulary(Model.VocabularySize, path);
        GrammarVocabulary = new Lazy<GrammarVocabulary>(() => new GrammarVocabulary(
            Tokenizer.VocabularySize, id => Tokenizer.TokenBytes(id), Tokenizer.IsEndOfGeneration, Tokenizer.IsControl));
        ChatTemplate = text.ChatTemplate;
        ChatTemplateError = text.ChatTemplateError;
    }

    /// <summary>What the model is.</summary>
    public ModelInfo Model => _model.Info;

    /// <summary>How text becomes tokens. Of a model without a vocabulary it refuses every text.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The model's own chat template; null where its file has none, or one that cannot be used.</summary>
    public ChatTemplate? ChatTemplate { get; }

    /// <summary>Why the model's chat template cannot be used; null where it can, or where there is none.</summary>
    public ChatTemplateException? ChatTemplateError { get; }

    /// <summary>Which layers lie on which device, in order.</summary>
    public IReadOnlyList<DeviceLayers> Placement { get; }

    /// <summary>Threads that compute.</summary>
    public int Threads => Placement.Max(part => part.Device.Threads);

    /// <summary>What was calibrated for the model.</summary>
    internal ModelCalibration Calibration => _model.Calibration;

    /// <summary>What computes: of several devices, the one of the last layers and the output head.</summary>
    internal Device Device => Placement[^1].Device;

    /// <summary>The tokens as grammars see them, made for the first of them.</summary>
    internal Lazy<GrammarVocabulary> GrammarVocabulary { get; set; }

    internal ModelConfig Config => _model.Config;

    internal Transformer Transformer => _model.Transformer;

    /// <summary>Where each layer is computed.</summary>
    internal LayerDevices Layers => _model.Devices;

    /// <summary>Entered by whatever computes with the model or allocates on its device.</summary>
    internal Lifetime Lifetime { get; }

    /// <summary>Where asynchronous methods compute.</summary>
    internal ComputeThreads ComputeThreads { get; } = new();

    /// <summary>Loads a model. Weights stay in the mapped file: this takes milliseconds, and processes share the memory.</summary>
    /// <remarks>
    /// A mapped file must not be cut or overwritten in place, which ends the process; to rename another one over it is harmless.
    /// Each prompt begins with a look at the file, so that most such accidents end as a <see cref="ModelFormatException"/>;
    /// <see cref="EngineOptions.MapsWeights"/> rules them out.
    /// </remarks>
    /// <param name="path">A GGUF file (the first one of a split set), or a Hugging Face directory.</param>
    /// <param name="options">Device and threads.</param>
    /// <param name="progress">Told the fraction that is loaded.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <exception cref="WinnowException">The file is missing, damaged, or of an unsupported kind or architecture, or it does not fit the device; the message says which.</exception>
    /// <exception cref="ArgumentException">The model does not support the expected session; the message says why.</exception>
    public static Engine Load(
        string path, EngineOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new EngineOptions();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // Beside the weights: of a small model most of either is compiling what reads it.
        Task<ModelText> text = Task.Run(ReadText, CancellationToken.None);
        IReadOnlyList<DeviceLayers> placement = [];
        Model? model = null;
        try
        {
            model = Models.Model.Load(path, Place, options.CalibrationPath, progress, options.MapsWeights, stop.Token);
            return new Engine(path, placement, model, text.GetAwaiter().GetResult());
        }
        catch
        {
            model?.Dispose();
            Dispose(placement);
            // What is wrong with the text has stopped the weights: it is what the caller has to know.
            text.GetAwaiter().GetResult();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }

        ModelText ReadText()
        {
            try
            {
                return ModelText.Open(path);
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }

        LayerDevices Place(ModelMemory memory)
        {
            placement = Generation.Placement.Choose(options, memory);
            return LayerDevices.Of(placement);
        }
    }

    /// <summary>Loads a model on a thread of its own, as <see cref="Load"/> does on the caller's.</summary>
    /// <inheritdoc cref="Load"/>
    public static async Task<Engine> LoadAsync(
        string path, EngineOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using ComputeThreads threads = new();
        return await threads.Run(() => Load(path, options, progress, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Starts a conversation. Sessions of one engine run concurrently.</summary>
    /// <exception cref="ArgumentException">The model does not support the options; the message names the one.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public Session CreateSession(SessionOptions? options = null) =>
        Lifetime.Run(_ => new Session(this, options ?? new SessionOptions()));

    /// <summary>
    /// What attention methods do for want of a calibration of this model, a line for each of them with the command that makes one;
    /// empty where they have what they need. Worth telling whoever chose the methods.
    /// </summary>
    /// <param name="attention">The methods, such as <see cref="Session.Attention"/>.</param>
    public IReadOnlyList<string> NotesFor(AttentionOptions attention)
    {
        ArgumentNullException.ThrowIfNull(attention);
        return attention.Notes(Calibration);
    }

    /// <summary>Renders a conversation with the model's chat template and tokenizes it: what a session computes for it.</summary>
    /// <remarks>Control tokens that are spelled out in a message stay text; only the template's own become tokens.</remarks>
    /// <param name="messages">The conversation.</param>
    /// <param name="tools">What the model may call; null for nothing. A template may not know of tools: see <see cref="ChatTemplate.UsesTools"/>.</param>
    /// <param name="variables">Further variables of the template, such as <c>enable_thinking</c>; null for none.</param>
    /// <param name="cancellationToken">Gives up on a long conversation.</param>
    /// <exception cref="WinnowException">The model has no chat template, or it refuses this conversation.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public IReadOnlyList<int> EncodeChat(
        IReadOnlyList<ChatMessage> messages,
        JsonArray? tools = null,
        IReadOnlyDictionary<string, JsonNode?>? variables = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ChatTemplate template = ChatTemplate ?? throw ModelText.NoTemplate(Model.Name, ChatTemplateError);
        return ChatPrompt.Encode(template, Tokenizer, messages, tools, variables, cancellationToken);
    }

    /// <summary>Computes the embedding of a text: the mean of its tokens' last hidden states, of length 1.</summary>
    /// <param name="text">The text; control tokens spelled out in it stay text.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <returns>[hidden size].</returns>
    /// <exception cref="ContextOverflowException">The text is longer than the model's context.</exception>
    public async ValueTask<float[]> EmbedAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        RequireRoom(text);
        int[] tokens = Tokenizer.Encode(text, addSpecial: true, cancellationToken: cancellationToken);
        if (tokens.Length == 0)
        {
            throw new ArgumentException("the text has no tokens", nameof(text));
        }

        if (tokens.Length > Model.ContextLength)
        {
            throw new ContextOverflowException(tokens.Length, Model.ContextLength);
        }

        return await ComputeThreads.Run(() => Lifetime.Run(stop => Embed(tokens, stop), cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Refuses a text that is too long for the model whatever its tokens are, before they are made.</summary>
    /// <exception cref="ContextOverflowException">The text has more characters than so many tokens can have.</exception>
    public void RequireRoom(string text)
    {
        int least = Tokenizer.LeastTokens(text);
        if (least > Model.ContextLength)
        {
            throw new ContextOverflowException(least, Model.ContextLength);
        }
    }

    /// <summary>Creates what reads tokens: with full attention, F16 keys and values in memory, unless said otherwise.</summary>
    internal TokenReader CreateReader(
        int contextLength,
        AttentionOptions? attention = null,
        KvTypes? kvType = null,
        KvPlacement? placement = null,
        int? chunk = null) =>
        new(_model, contextLength, attention, kvType, placement, chunk);

    /// <summary>Lets sessions compute together: one pass for a token of each, prompts in slices between.</summary>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    internal SessionBatch CreateBatch(SessionBatchOptions? options = null) =>
        Lifetime.Run(_ => new SessionBatch(this, options ?? new SessionBatchOptions()));

    /// <summary>Creates buffers for passes of several sequences.</summary>
    internal Workspace CreateWorkspace() =>
        new(_model.Devices, _model.Config, ForwardState.ChunkFor(_model.Config, _model.Devices.PreferredChunk));

    /// <summary>Creates what chooses the tokens of one answer.</summary>
    internal Sampler CreateSampler(GenerationOptions options)
    {
        SamplingOptions sampling = options.Sampling;
        DrySequenceBreakers? breakers = sampling.DryMultiplier == 0 ? null : DrySequenceBreakers.Create(
            sampling.DrySequenceBreakers, Tokenizer.VocabularySize, id => Tokenizer.TokenBytes(id).ToArray(), text => Tokenizer.Encode(text));
        ILogitsConstraint? constraint = options.Grammar is { } grammar ? new GrammarConstraint(grammar, GrammarVocabulary.Value) : null;
        return new Sampler(
            sampling, breakers, constraint is not null && options.GrammarStart is { } start ? new DelayedConstraint(Tokenizer, start, constraint) : constraint);
    }

    /// <summary>
    /// Frees the weights and the device's threads. Computations of sessions and indexes that are running stop at the next layer
    /// with an <see cref="ObjectDisposedException"/> and are waited for, unless this is called from inside of one.
    /// </summary>
    public void Dispose() => Lifetime.Dispose();

    private float[] Embed(int[] tokens, CancellationToken cancellationToken)
    {
        using TokenReader reader = CreateReader(tokens.Length);
        float[] mean = new float[Model.HiddenSize];
        reader.ReadPooled(tokens, mean, cancellationToken);
        TensorPrimitives.Divide(mean, TensorPrimitives.Norm(mean), mean);
        return mean;
    }

    private void Free()
    {
        _model.Dispose();
        Dispose(Placement);
        ComputeThreads.Dispose();
    }

    private static void Dispose(IReadOnlyList<DeviceLayers> placement)
    {
        foreach (DeviceLayers part in placement)
        {
            part.Device.Dispose();
        }
    }
}
