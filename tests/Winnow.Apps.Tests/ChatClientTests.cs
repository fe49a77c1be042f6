using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Winnow.Extensions.AI;
using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Scheduling;

namespace Winnow.Apps.Tests;

/// <summary>The chat client: each member of the options, and what responses hold.</summary>
public sealed class ChatClientTests : IClassFixture<LabEngine>, IDisposable
{
    private readonly Engine _engine;
    private readonly WinnowChatClient _client;

    public ChatClientTests(LabEngine lab)
    {
        _engine = lab.Engine;
        _client = new WinnowChatClient(_engine);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static ChatOptions Short => new() { MaxOutputTokens = 10, Temperature = 0 };

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_response_is_what_a_session_answers_with_usage_reason_and_ids()
    {
        ChatOptions options = Short;
        options.Instructions = "Be brief.";
        string before = JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions);
        ChatResponse response = await _client.GetResponseAsync("Where is the harbour?", options, Stop);
        Assert.Equal(before, JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions));
        using Session session = _engine.CreateSession();
        string expected = await session.GenerateAsync([new("system", "Be brief."), new("user", "Where is the harbour?")], new GenerationOptions { MaxTokens = 10, Sampling = SamplingOptions.Greedy }, Stop).ToTextAsync(Stop);
        ChatMessage message = Assert.Single(response.Messages);
        Assert.Equal(expected, message.Text);
        Assert.Equal(ChatRole.Assistant, message.Role);
        Assert.Single(message.Contents.OfType<TextContent>());
        Assert.Equal(session.LastGeneration!.PromptTokens, response.Usage!.InputTokenCount);
        Assert.Equal(session.LastGeneration.GeneratedTokens, response.Usage.OutputTokenCount);
        Assert.Equal(response.Usage.InputTokenCount + response.Usage.OutputTokenCount, response.Usage.TotalTokenCount);
        Assert.Equal(0, response.Usage.CachedInputTokenCount);
        Assert.Equal(0, response.Usage.ReasoningTokenCount);
        Assert.Equal(_engine.Model.Name, response.ModelId);
        Assert.NotNull(response.ResponseId);
        Assert.NotNull(message.MessageId);
        Assert.Null(response.ConversationId);
        Assert.InRange(response.CreatedAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow);

        ChatResponse again = await _client.GetResponseAsync("Where is the harbour?", options, Stop);
        Assert.Equal(expected, again.Text);
        Assert.Equal(again.Usage!.InputTokenCount - 1, again.Usage.CachedInputTokenCount);
    }

    [Fact]
    public async Task A_stream_gives_the_same_text_in_pieces_and_ends_with_usage()
    {
        string whole = (await _client.GetResponseAsync("Count the ships.", Short, Stop)).Text;
        List<ChatResponseUpdate> updates = await _client.GetStreamingResponseAsync("Count the ships.", Short, Stop).ToListAsync(Stop);
        Assert.Equal(whole, string.Concat(updates.Select(update => update.Text)));
        Assert.True(updates.Count > 3);
        Assert.All(updates, update => Assert.Equal(ChatRole.Assistant, update.Role));
        Assert.Single(updates.Select(update => (update.ResponseId, update.MessageId, update.ModelId)).Distinct());
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.NotNull(updates[^1].FinishReason);
        Assert.Single(updates[^1].Contents.OfType<UsageContent>());
        Assert.IsType<GeneratedToken>(updates[0].RawRepresentation);
    }

    [Fact]
    public async Task Finish_reasons_say_why()
    {
        Assert.Equal(ChatFinishReason.Length, (await _client.GetResponseAsync("Go on.", new ChatOptions { MaxOutputTokens = 2, Temperature = 0 }, Stop)).FinishReason);
        string text = (await _client.GetResponseAsync("Count the ships.", Short, Stop)).Text;
        string stop = text.Trim().Split(' ')[1];
        ChatOptions options = Short;
        options.StopSequences = [stop];
        ChatResponse stopped = await _client.GetResponseAsync("Count the ships.", options, Stop);
        Assert.Equal(ChatFinishReason.Stop, stopped.FinishReason);
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
    }

    [Fact]
    public async Task Sampling_members_reach_the_sampler()
    {
        ChatOptions options = new() { MaxOutputTokens = 12, Temperature = 1.2f, TopP = 0.9f, TopK = 50, FrequencyPenalty = 0.5f, PresencePenalty = 0.25f, Seed = 7 };
        options.AdditionalProperties = new() { ["min_p"] = 0.02, ["repeat_penalty"] = 1.1f };
        using Session session = _engine.CreateSession();
        GenerationOptions same = new()
        {
            MaxTokens = 12,
            Sampling = new SamplingOptions { Temperature = 1.2f, TopP = 0.9f, TopK = 50, FrequencyPenalty = 0.5f, PresencePenalty = 0.25f, Seed = 7, MinP = 0.02f, RepeatPenalty = 1.1f },
        };
        string expected = await session.GenerateAsync([new("user", "Tell a story.")], same, Stop).ToTextAsync(Stop);
        Assert.Equal(expected, (await _client.GetResponseAsync("Tell a story.", options, Stop)).Text);
        options.Seed = 8;
        Assert.NotEqual(expected, (await _client.GetResponseAsync("Tell a story.", options, Stop)).Text);

        // The same through the engine's own options.
        ChatOptions raw = new() { RawRepresentationFactory = client => client is WinnowChatClient ? same : null };
        Assert.Equal(expected, (await _client.GetResponseAsync("Tell a story.", raw, Stop)).Text);
    }

    [Fact]
    public async Task Log_probabilities_come_with_the_tokens()
    {
        ChatOptions options = Short;
        options.AdditionalProperties = new() { ["logprobs"] = true, ["top_logprobs"] = 2 };
        List<ChatResponseUpdate> updates = await _client.GetStreamingResponseAsync("Count.", options, Stop).ToListAsync(Stop);
        Assert.All(updates, update =>
        {
            GeneratedToken token = Assert.IsType<GeneratedToken>(update.RawRepresentation);
            Assert.Equal(token.Id, token.TopLogProbabilities![0].Token);
            Assert.Equal(token.LogProbability, token.TopLogProbabilities[0].LogProbability);
        });
    }

    [Fact]
    public async Task A_schema_is_kept_to_and_gives_a_value_of_the_type()
    {
        ChatOptions options = new() { MaxOutputTokens = 200, Temperature = 0, ResponseFormat = ChatResponseFormat.ForJsonSchema<Ship>() };
        ChatResponse response = await _client.GetResponseAsync("The ship Aurora has 3 masts. Describe it.", options, Stop);
        Ship ship = JsonSerializer.Deserialize<Ship>(response.Text, AIJsonUtilities.DefaultOptions)!;
        Assert.NotNull(ship.Name);
        options.ResponseFormat = ChatResponseFormat.Json;
        string json = (await _client.GetResponseAsync("Describe it.", options, Stop)).Text;
        Assert.StartsWith("{", json.TrimStart(), StringComparison.Ordinal);
        ChatOptions grammar = Short;
        grammar.AdditionalProperties = new() { ["grammar"] = "root ::= \"yes\" | \"no\"" };
        Assert.Contains((await _client.GetResponseAsync("Is it late?", grammar, Stop)).Text, (string[])["yes", "no"]);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task What_is_not_supported_is_refused_by_name(string name, Type type, ChatOptions options)
    {
        Exception error = (await Record.ExceptionAsync(() => _client.GetResponseAsync("a", options, Stop)))!;
        Assert.IsAssignableFrom(type, error);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Type, ChatOptions> Refusals() => new()
    {
        { "ToolMode", typeof(NotSupportedException), new ChatOptions { ToolMode = ChatToolMode.RequireAny, Tools = [AIFunctionFactory.Create(Weather)] } },
        { "ToolMode", typeof(NotSupportedException), new ChatOptions { ToolMode = ChatToolMode.RequireSpecific("Weather") } },
        { "HostedWebSearchTool", typeof(NotSupportedException), new ChatOptions { Tools = [new HostedWebSearchTool()] } },
        { "ModelId", typeof(NotSupportedException), new ChatOptions { ModelId = "gpt-9" } },
        { "RawRepresentationFactory", typeof(NotSupportedException), new ChatOptions { RawRepresentationFactory = _ => "text" } },
        { "Temperature", typeof(ArgumentOutOfRangeException), new ChatOptions { Temperature = -1 } },
        { "TopP", typeof(ArgumentOutOfRangeException), new ChatOptions { TopP = 2 } },
        { "TopK", typeof(ArgumentOutOfRangeException), new ChatOptions { TopK = -2 } },
        { "MaxOutputTokens", typeof(ArgumentOutOfRangeException), new ChatOptions { MaxOutputTokens = 0 } },
        { "FrequencyPenalty", typeof(ArgumentOutOfRangeException), new ChatOptions { FrequencyPenalty = 500 } },
        { "StopStrings", typeof(ArgumentOutOfRangeException), new ChatOptions { StopSequences = [""] } },
        { "ConversationId", typeof(InvalidOperationException), new ChatOptions { ConversationId = "unknown" } },
        { "device", typeof(NotSupportedException), new ChatOptions { AdditionalProperties = new() { ["device"] = "cpu" } } },
        { "min_p", typeof(ArgumentException), new ChatOptions { AdditionalProperties = new() { ["min_p"] = "much" } } },
        { "attention", typeof(WinnowException), new ChatOptions { AdditionalProperties = new() { ["attention"] = "magic" } } },
        { "not supported", typeof(NotSupportedException), new ChatOptions { AllowBackgroundResponses = true } },
        { "patternProperties", typeof(WinnowException), new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(JsonDocument.Parse("""{"type":"object","patternProperties":{"a":{}}}""").RootElement) } },
    };

    [Fact]
    public async Task Images_and_sounds_are_refused_by_a_typed_error()
    {
        UnsupportedContentException error = await Assert.ThrowsAsync<UnsupportedContentException>(() => _client.GetResponseAsync(
            [new(ChatRole.User, "a"), new(ChatRole.User, [new TextContent("What is this?"), new DataContent(new byte[] { 1 }, "image/png")])], Short, Stop));
        Assert.Equal((1, "image/png"), (error.MessageIndex, error.Kind));
        error = await Assert.ThrowsAsync<UnsupportedContentException>(() => _client.GetResponseAsync([new(ChatRole.User, [new UriContent("https://a/b.mp3", "audio/mpeg")])], Short, Stop));
        Assert.Equal("audio/mpeg", error.Kind);
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync([], Short, Stop));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _client.GetResponseAsync((IEnumerable<ChatMessage>)null!, Short, Stop));
    }

    [Fact]
    public async Task Tools_and_their_results_reach_the_template()
    {
        ChatOptions options = Short;
        options.Tools = [AIFunctionFactory.Create(Weather)];
        Assert.NotNull(await _client.GetResponseAsync("How is the weather?", options, Stop));
        ChatMessage[] messages =
        [
            new(ChatRole.User, "How is the weather?"),
            new(ChatRole.Assistant, [new FunctionCallContent("call_1", "Weather", new Dictionary<string, object?> { ["town"] = "Riga" })]),
            new(ChatRole.Tool, [new FunctionResultContent("call_1", "It rains.")]),
        ];
        Assert.NotNull(await _client.GetResponseAsync(messages, options, Stop));
    }

    [Fact]
    public async Task A_conversation_is_remembered_and_computed_on_from_where_it_stands()
    {
        ChatOptions options = Short;
        options.ConversationId = _client.CreateConversation();
        ChatResponse first = await _client.GetResponseAsync("Hello", options, Stop);
        Assert.Equal(options.ConversationId, first.ConversationId);
        ChatResponse second = await _client.GetResponseAsync("And now?", options, Stop);
        Assert.InRange(second.Usage!.CachedInputTokenCount!.Value, first.Usage!.InputTokenCount!.Value, second.Usage.InputTokenCount!.Value - 1);
        ChatResponse whole = await _client.GetResponseAsync([new(ChatRole.User, "Hello"), .. first.Messages, new(ChatRole.User, "And now?")], Short, Stop);
        Assert.Equal(whole.Text, second.Text);

        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.GetResponseAsync("More", options, cancelled.Token));
        await using IAsyncEnumerator<ChatResponseUpdate> running = _client.GetStreamingResponseAsync("More", options, Stop).GetAsyncEnumerator(Stop);
        Assert.True(await running.MoveNextAsync());
        Assert.Contains("one answer at a time", (await Assert.ThrowsAsync<InvalidOperationException>(() => _client.GetResponseAsync("Me too", options, Stop))).Message, StringComparison.Ordinal);
        await running.DisposeAsync();
        Assert.True(_client.DeleteConversation(options.ConversationId));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _client.GetResponseAsync("More", options, Stop));
    }

    [Fact]
    public async Task Attention_can_be_chosen_by_type_and_by_name()
    {
        string expected;
        using (Session session = _engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("streaming:sinks=2,window=8") }))
        {
            expected = await session.GenerateAsync([new("user", Texts.Sentences(5, 12))], new GenerationOptions { MaxTokens = 10, Sampling = SamplingOptions.Greedy }, Stop).ToTextAsync(Stop);
        }

        Assert.Equal(expected, (await _client.GetResponseAsync(Texts.Sentences(5, 12), Short.WithAttention(AttentionOptions.Parse("streaming:sinks=2,window=8")), Stop)).Text);
        ChatOptions named = Short;
        named.AdditionalProperties = new() { ["attention"] = "streaming:sinks=2,window=8" };
        Assert.Equal(expected, (await _client.GetResponseAsync(Texts.Sentences(5, 12), named, Stop)).Text);
    }

    [Fact]
    public async Task A_full_context_is_an_error_that_says_so_unless_the_options_drop_messages()
    {
        using WinnowChatClient small = new(_engine, new WinnowChatClientOptions { Scheduler = new SchedulerOptions { Session = new SessionOptions { ContextLength = 128 } } });
        ChatMessage[] messages = [.. Enumerable.Range(0, 9).Select(i => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, Texts.Sentences(i, 3)))];
        Assert.Equal(128, (await Assert.ThrowsAsync<ContextOverflowException>(() => small.GetResponseAsync(messages, Short, Stop))).ContextLength);
        ChatResponse response = await small.GetResponseAsync(messages, Short.WithFullContext(FullContextPolicy.DropOldestMessages), Stop);
        Assert.InRange((int)response.AdditionalProperties!["dropped_messages"]!, 2, 8);
    }

    [Fact]
    public async Task Many_calls_at_once_answer_as_one_after_the_other()
    {
        string[] questions = [.. Enumerable.Range(0, 16).Select(i => Texts.Sentences(i, 2))];
        List<string> expected = [];
        using (WinnowChatClient alone = new(_engine))
        {
            foreach (string question in questions)
            {
                expected.Add((await alone.GetResponseAsync(question, Short, Stop)).Text);
            }
        }

        ChatResponse[] responses = await Task.WhenAll(questions.Select(question => _client.GetResponseAsync(question, Short, Stop)));
        Assert.Equal(expected, responses.Select(response => response.Text));
    }

    [Fact]
    public void Services_are_answered_as_the_contract_says()
    {
        Assert.Throws<ArgumentNullException>(() => _client.GetService(null!));
        Assert.Null(_client.GetService(typeof(IChatClient), "key"));
        Assert.Same(_client, _client.GetService<IChatClient>());
        Assert.Same(_client, _client.GetService<WinnowChatClient>());
        Assert.Same(_engine, _client.GetService<Engine>());
        Assert.NotNull(_client.GetService<Scheduler>());
        Assert.Null(_client.GetService<string>());
        ChatClientMetadata metadata = _client.GetService<ChatClientMetadata>()!;
        Assert.Equal(("winnow", _engine.Model.Name), (metadata.ProviderName, metadata.DefaultModelId));
    }

    [Description("The weather of a town")]
    private static string Weather(string town) => $"It rains in {town}.";

    private sealed record Ship(string Name, bool Masts);
}
