using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Winnow.Generation;
using Winnow.Scheduling;
using TemplateMessage = Winnow.Templates.ChatMessage;

namespace Winnow.Extensions.AI;

/// <summary>A model in this process as an <see cref="IChatClient"/>. Thread-safe: calls compute together, and what their conversations have in common is computed once.</summary>
/// <remarks>
/// <para>A call sends the whole conversation, as with any client without memory; what was computed for its beginning is found again. Or the client
/// remembers: <see cref="CreateConversation"/> gives an id for <see cref="ChatOptions.ConversationId"/>, and calls send new messages only.</para>
/// <para>Every member of <see cref="ChatOptions"/> is honoured, or refused by a <see cref="NotSupportedException"/> that names it. Each update's
/// <see cref="ChatResponseUpdate.RawRepresentation"/> is its <see cref="GeneratedToken"/>, with log-probabilities where they are asked for.</para>
/// </remarks>
public sealed class WinnowChatClient : IChatClient, IAsyncDisposable
{
    private const string Provider = "winnow";

    private readonly RequestReader _reader;
    private readonly ConversationStore _conversations;
    private readonly ILogger _logger;
    private readonly bool _ownsScheduler;
    private readonly bool _ownsEngine;

    /// <summary>Creates a client with a scheduler of its own.</summary>
    /// <param name="engine">The model; it must have a chat template, and outlive the client.</param>
    /// <param name="options">How calls share it.</param>
    /// <param name="logger">Told of calls.</param>
    public WinnowChatClient(Engine engine, WinnowChatClientOptions? options = null, ILogger<WinnowChatClient>? logger = null)
        : this(new Scheduler(engine, (options ??= new WinnowChatClientOptions()).Scheduler), options, logger)
    {
        _ownsScheduler = true;
    }

    /// <summary>Creates a client of a scheduler that others use too.</summary>
    /// <param name="scheduler">It must outlive the client.</param>
    /// <param name="options">How the model is called.</param>
    /// <param name="logger">Told of calls.</param>
    public WinnowChatClient(Scheduler scheduler, WinnowChatClientOptions? options = null, ILogger<WinnowChatClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(scheduler);
        options ??= new WinnowChatClientOptions();
        Scheduler = scheduler;
        ModelId = options.ModelId ?? scheduler.Engine.Model.Name;
        Metadata = new ChatClientMetadata(Provider, null, ModelId);
        _reader = new RequestReader(scheduler.Engine, ModelId);
        _conversations = new ConversationStore(options.MaxConversations);
        _logger = logger ?? NullLogger<WinnowChatClient>.Instance;
        Telemetry.Add(this);
    }

    private WinnowChatClient(Engine engine, WinnowChatClientOptions? options)
        : this(engine, options, logger: null)
    {
        _ownsEngine = true;
    }

    /// <summary>What computes the calls.</summary>
    public Scheduler Scheduler { get; }

    /// <summary>What the model is called.</summary>
    public string ModelId { get; }

    private ChatClientMetadata Metadata { get; }

    /// <summary>Loads a model and creates a client that owns it.</summary>
    /// <param name="path">A GGUF file, or a Hugging Face directory.</param>
    /// <param name="engineOptions">Device and threads.</param>
    /// <param name="options">How calls share the model.</param>
    /// <param name="progress">Told the fraction that is loaded.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <exception cref="WinnowException">The model cannot be loaded; the message says why.</exception>
    public static async Task<WinnowChatClient> LoadAsync(
        string path,
        EngineOptions? engineOptions = null,
        WinnowChatClientOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Engine engine = await Engine.LoadAsync(path, engineOptions, progress, cancellationToken).ConfigureAwait(false);
        try
        {
            return new WinnowChatClient(engine, options);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <summary>Begins a conversation whose messages the client remembers.</summary>
    /// <returns>The id for <see cref="ChatOptions.ConversationId"/>.</returns>
    public string CreateConversation() => _conversations.Create();

    /// <summary>Forgets a conversation.</summary>
    /// <returns>Whether there was one.</returns>
    public bool DeleteConversation(string conversationId) => _conversations.Remove(conversationId);

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ChatResponseUpdate> updates = await GetStreamingResponseAsync(messages, options, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        ChatResponse response = updates.ToChatResponse();
        response.AdditionalProperties ??= updates[^1].AdditionalProperties;
        return response;
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A member of the options asks for what there is not; the message names it.</exception>
    /// <exception cref="ArgumentException">A value of the options is out of its range, or there are no messages.</exception>
    /// <exception cref="UnsupportedContentException">A message holds an image or a sound.</exception>
    /// <exception cref="ContextOverflowException">The conversation does not fit into the context, and the options do not say what to do then.</exception>
    /// <exception cref="SchedulerFullException">Too many calls are waiting.</exception>
    /// <exception cref="InvalidOperationException">The conversation id is not known, or the conversation is being answered.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        List<TemplateMessage> added = MessageReader.Read(messages);
        if (added.Count == 0)
        {
            throw new ArgumentException("there are no messages to answer", nameof(messages));
        }

        string? conversation = options?.ConversationId;
        IReadOnlyList<TemplateMessage> before = conversation is null ? [] : _conversations.Begin(conversation);
        TemplateMessage? answered = null;
        using Call call = new(this);
        try
        {
            ChatRequest request = _reader.Read(this, [.. before, .. added], options);
            foreach (string unknown in request.UnknownProperties)
            {
                _logger.UnknownProperty(unknown);
            }

            ScheduledReply reply = Scheduler.Submit(request.Request, cancellationToken);
            ResponseWriter writer = new(ModelId, conversation, request);
            await foreach (GeneratedToken token in reply.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                call.Count();
                if (token.FinishReason is null && writer.Write(token) is { } update)
                {
                    yield return update;
                }
                else if (token.FinishReason is not null)
                {
                    writer.WriteLast(token);
                }
            }

            ChatResponseUpdate last = writer.End(reply.Statistics!);
            answered = writer.Message;
            call.End(reply, writer.FinishReason);
            yield return last;
        }
        finally
        {
            if (conversation is not null)
            {
                _conversations.End(conversation, answered is null ? null : [.. added, answered]);
            }
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? Metadata
            : serviceType == typeof(Engine) ? Scheduler.Engine
            : serviceType == typeof(Scheduler) ? Scheduler
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Ends the calls, and frees what the client has made itself.</summary>
    public void Dispose()
    {
        Telemetry.Remove(this);
        if (_ownsScheduler)
        {
            Scheduler.Dispose();
        }

        if (_ownsEngine)
        {
            Scheduler.Engine.Dispose();
        }
    }

    /// <summary>Lets the calls end, for <see cref="SchedulerOptions.DrainTime"/> at most, and frees what the client has made itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_ownsScheduler)
        {
            await Scheduler.DisposeAsync().ConfigureAwait(false);
        }

        Dispose();
    }

    /// <summary>A call as logs and telemetry see it.</summary>
    private sealed class Call : IDisposable
    {
        private readonly WinnowChatClient _client;
        private readonly Activity? _activity;
        private readonly long _start = Stopwatch.GetTimestamp();
        private TimeSpan _first;
        private int _tokens;
        private bool _isWhole;

        public Call(WinnowChatClient client)
        {
            _client = client;
            _activity = Telemetry.Start(client.ModelId);
        }

        public void Count()
        {
            if (++_tokens == 1)
            {
                _first = Stopwatch.GetElapsedTime(_start);
            }
        }

        public void End(ScheduledReply reply, ChatFinishReason reason)
        {
            _isWhole = true;
            GenerationStatistics took = reply.Statistics!;
            TimeSpan time = Stopwatch.GetElapsedTime(_start);
            Telemetry.Record(_client.ModelId, took, _first, time, null);
            Telemetry.Describe(_activity, took, reason);
            _client._logger.Answered(
                _client.ModelId, took.PromptTokens, took.CachedTokens, took.GeneratedTokens, reason.Value, reply.Queued.TotalMilliseconds, _first.TotalMilliseconds, time.TotalMilliseconds);
            if (took.PromptMethodSkipped)
            {
                _client._logger.PromptMethodSkipped();
            }

            if (took.ShiftedTokens > 0 || took.DroppedMessages > 0)
            {
                _client._logger.ContextWasFull(took.DroppedMessages, took.ShiftedTokens);
            }
        }

        public void Dispose()
        {
            if (!_isWhole)
            {
                TimeSpan time = Stopwatch.GetElapsedTime(_start);
                Telemetry.Record(_client.ModelId, null, _first, time, "incomplete");
                _activity?.SetStatus(ActivityStatusCode.Error);
                _client._logger.Incomplete(_client.ModelId, _tokens, time.TotalMilliseconds);
            }

            _activity?.Dispose();
        }
    }
}
