using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Winnow.Extensions.AI;
using Winnow.Generation;

namespace Winnow.Apps.Tests;

/// <summary>A model whose template opens thoughts: the bundled one with another template. It does not know how to end them: the budget does.</summary>
public sealed class ReasoningTests : IDisposable
{
    private const string Template =
        "{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}{% if add_generation_prompt %}assistant:<think>"
        + "{% if enable_thinking is false %}\n\n</think>{% endif %}{% endif %}";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"winnow-think-{Guid.NewGuid():N}.gguf");
    private readonly Engine _engine;
    private readonly WinnowChatClient _client;

    public ReasoningTests()
    {
        File.WriteAllBytes(_path, WithTemplate(File.ReadAllBytes(LabEngine.ModelPath)));
        _engine = Engine.Load(_path, new EngineOptions { Threads = 2 });
        _client = new WinnowChatClient(_engine);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Writes another template over that of a model's file, which is as long: the rest of the file stays where it is.</summary>
    private static byte[] WithTemplate(byte[] model)
    {
        ReadOnlySpan<byte> key = "tokenizer.chat_template"u8;
        Span<byte> value = model.AsSpan(model.AsSpan().IndexOf(key) + key.Length);
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(value[sizeof(int)..]);
        Encoding.UTF8.GetBytes((Template + "{#").PadRight(length - 2) + "#}").CopyTo(value[(sizeof(int) + sizeof(long))..]);
        return model;
    }

    public void Dispose()
    {
        _client.Dispose();
        _engine.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public async Task Thoughts_come_apart_from_the_answer_end_with_their_budget_and_are_counted()
    {
        ChatOptions options = new ChatOptions
        {
            MaxOutputTokens = 40,
            Temperature = 0,
            RawRepresentationFactory = _ => new GenerationOptions { IgnoreEndOfGeneration = true },
        }.WithReasoningBudget(10);
        List<ChatResponseUpdate> updates = await _client.GetStreamingResponseAsync("Where is the mill?", options, Stop).ToListAsync(Stop);
        ChatResponse response = updates.ToChatResponse();
        TextReasoningContent[] thoughts = [.. response.Messages[0].Contents.OfType<TextReasoningContent>()];
        Assert.NotEmpty(Assert.Single(thoughts).Text);
        Assert.NotEmpty(response.Text);
        Assert.DoesNotContain("think>", response.Text + thoughts[0].Text, StringComparison.Ordinal);
        int closing = _engine.Tokenizer.Encode("</think>", parseSpecial: true).Length;
        Assert.InRange(response.Usage!.ReasoningTokenCount!.Value, 10, 10 + closing);

        // A part of the thoughts comes before they end.
        Assert.True(updates.Count(update => update.Contents.Any(content => content is TextReasoningContent)) > 3);

        options.Reasoning = new ReasoningOptions { Output = ReasoningOutput.None };
        ChatResponse silent = await _client.GetResponseAsync("Where is the mill?", options, Stop);
        Assert.Empty(silent.Messages[0].Contents.OfType<TextReasoningContent>());
        Assert.Equal(response.Text, silent.Text);
    }

    [Fact]
    public async Task Without_effort_the_template_is_told_not_to_think()
    {
        ChatOptions options = new()
        {
            MaxOutputTokens = 8,
            Temperature = 0,
            Reasoning = new ReasoningOptions { Effort = ReasoningEffort.None },
            RawRepresentationFactory = _ => new GenerationOptions { IgnoreEndOfGeneration = true },
        };
        ChatResponse response = await _client.GetResponseAsync("Where is the mill?", options, Stop);
        Assert.Empty(response.Messages[0].Contents.OfType<TextReasoningContent>());
        Assert.Equal(0, response.Usage!.ReasoningTokenCount);
        Assert.NotEmpty(response.Text);
    }

    [Fact]
    public async Task A_schema_binds_the_answer_and_not_the_thoughts()
    {
        ChatOptions options = new ChatOptions { MaxOutputTokens = 120, Temperature = 0, ResponseFormat = ChatResponseFormat.ForJsonSchema<bool>() }.WithReasoningBudget(6);
        ChatResponse response = await _client.GetResponseAsync("Is the mill open?", options, Stop);
        Assert.NotEmpty(Assert.Single(response.Messages[0].Contents.OfType<TextReasoningContent>()).Text);
        Assert.Contains(JsonDocument.Parse(response.Text).RootElement.ValueKind, (JsonValueKind[])[JsonValueKind.True, JsonValueKind.False, JsonValueKind.Object]);
    }

    [Fact]
    public async Task Thoughts_of_earlier_turns_reach_the_template_and_an_endless_one_is_cut()
    {
        ChatOptions options = new() { MaxOutputTokens = 6, Temperature = 0 };
        ChatResponse cut = await _client.GetResponseAsync("Where is the mill?", options, Stop);
        Assert.Equal("", cut.Text);
        Assert.Equal(ChatFinishReason.Length, cut.FinishReason);
        Assert.Equal(6, cut.Usage!.ReasoningTokenCount);
        Assert.NotNull(await _client.GetResponseAsync([new(ChatRole.User, "a"), .. cut.Messages, new(ChatRole.User, "b")], options, Stop));
    }
}
