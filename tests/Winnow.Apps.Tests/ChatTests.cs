using Winnow.Conversations;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Templates;

namespace Winnow.Apps.Tests;

public sealed class ChatTests(LabEngine lab) : IClassFixture<LabEngine>, IDisposable
{
    private static readonly GenerationOptions Short = new() { MaxTokens = 8, Sampling = SamplingOptions.Greedy };
    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-chat").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_chat_keeps_its_messages_and_computes_what_is_new()
    {
        using Chat chat = new(lab.Engine, "Be brief.");
        string first = await chat.AskAsync("Hello", Short, Stop).ToTextAsync(Stop);
        Assert.Equal(["system", "user", "assistant"], chat.Messages.Select(message => message.Role));
        Assert.Equal(first, chat.Messages[^1].Content);
        string second = string.Concat(chat.Ask("And now?", Short, Stop).Select(token => token.Text));
        Assert.InRange(chat.Session.LastGeneration!.CachedTokens, 10, int.MaxValue);

        using Session alone = lab.Engine.CreateSession();
        Assert.Equal(second, await alone.GenerateAsync([.. chat.Messages.SkipLast(1)], Short, Stop).ToTextAsync(Stop));

        Assert.True(chat.Withdraw());
        Assert.Equal(3, chat.Messages.Count);
        Assert.Equal(second, await chat.AskAsync("And now?", Short, Stop).ToTextAsync(Stop));
        chat.Clear();
        Assert.Equal(["Be brief."], chat.Messages.Select(message => message.Content));
        Assert.False(chat.Withdraw());
    }

    [Fact]
    public async Task A_question_that_fails_is_withdrawn_and_an_answer_that_is_stopped_stays_as_far_as_it_came()
    {
        using Chat chat = new(lab.Engine, options: new SessionOptions { ContextLength = 64 });
        chat.Attach(Texts.Sentences(1, 40));
        await Assert.ThrowsAsync<ContextOverflowException>(() => chat.AskAsync("?", Short, Stop).ToTextAsync(Stop));
        Assert.Empty(chat.Messages);
        chat.Clear();
        string text = "";
        await foreach (GeneratedToken token in chat.AskAsync("Hello", Short, Stop))
        {
            text += token.Text;
            if (text.Length > 0)
            {
                break;
            }
        }

        Assert.Equal([("user", "Hello"), ("assistant", text)], chat.Messages.Select(message => (message.Role, message.Content)));
        using CancellationTokenSource before = new();
        await before.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => chat.AskAsync("More", Short, before.Token).ToTextAsync(Stop));
        Assert.Equal(2, chat.Messages.Count);
    }

    [Fact]
    public async Task A_saved_chat_goes_on_without_computing_again()
    {
        string path = Path.Combine(_folder, "chat.json");
        using Chat chat = new(lab.Engine, "Be brief.");
        await chat.AskAsync("Hello", Short, Stop).ToTextAsync(Stop);
        chat.Save(path);
        string expected = await chat.AskAsync("Again", Short, Stop).ToTextAsync(Stop);
        using Chat other = new(lab.Engine);
        Assert.Null(other.Load(path));
        Assert.Equal(expected, await other.AskAsync("Again", Short, Stop).ToTextAsync(Stop));
        Assert.InRange(other.Session.LastGeneration!.CachedTokens, 10, int.MaxValue);
        File.Delete(path + ".kv");
        Assert.Contains("not there", other.Load(path), StringComparison.Ordinal);
        Assert.Equal(3, other.Messages.Count);
        File.WriteAllText(path, "{}");
        Assert.Throws<WinnowException>(() => other.Load(path));
        Assert.Throws<WinnowException>(() => other.Load(path + ".nowhere"));
        Assert.Equal(3, other.Messages.Count);
    }

    [Fact]
    public async Task A_full_context_is_an_error_or_drops_the_oldest_messages_or_is_shifted_as_the_user_chooses()
    {
        SessionOptions small = new() { ContextLength = 160 };
        using Chat refusing = new(lab.Engine, "Be brief.", small);
        ContextOverflowException? error = null;
        for (int turn = 0; turn < 12 && error is null; turn++)
        {
            error = (ContextOverflowException?)await Record.ExceptionAsync(() => refusing.AskAsync(Texts.Sentences(turn, 2), Short, Stop).ToTextAsync(Stop));
        }

        Assert.Equal(160, error!.ContextLength);
        Assert.InRange(error.PromptTokens, 160, 240);

        using Chat dropping = new(lab.Engine, "Be brief.", small);
        int dropped = 0;
        for (int turn = 0; turn < 12; turn++)
        {
            await dropping.AskAsync(Texts.Sentences(turn, 2), Short with { FullContext = FullContextPolicy.DropOldestMessages }, Stop).ToTextAsync(Stop);
            int now = dropping.Session.LastGeneration!.DroppedMessages;
            Assert.True(now % 2 == 0, "a question goes with its answer");
            dropped += now;
        }

        Assert.InRange(dropped, 2, 22);
        Assert.Equal(1 + 24 - dropped, dropping.Messages.Count);
        Assert.Equal("Be brief.", dropping.Messages[0].Content);
        Assert.Equal(Texts.Sentences(11, 2), dropping.Messages[^2].Content);

        using Chat shifting = new(lab.Engine, "Be brief.", small);
        int shifted = 0;
        for (int turn = 0; turn < 12; turn++)
        {
            await shifting.AskAsync(Texts.Sentences(turn, 2), Short with { FullContext = FullContextPolicy.Shift }, Stop).ToTextAsync(Stop);
            shifted += shifting.Session.LastGeneration!.ShiftedTokens;
            IReadOnlyList<int> start = lab.Engine.EncodeChat([new("system", "Be brief."), new("user", "x")], cancellationToken: Stop);
            Assert.Equal(start.Take(8), shifting.Session.Tokens.Take(8));
        }

        Assert.InRange(shifted, 50, 2000);
    }

    [Fact]
    public async Task Questions_are_answered_from_documents_with_passages_to_cite()
    {
        using Chat chat = new(lab.Engine);
        chat.AddDocument(Document.FromText("harbour.txt", Texts.Sentences(1, 30) + "\n\nThe signal code of the harbour lantern is 4711.\n\n" + Texts.Sentences(2, 30)), cancellationToken: Stop);
        chat.AddDocument(Document.FromText("mill.txt", Texts.Sentences(3, 20)), cancellationToken: Stop);
        string answer = await chat.AskAsync("What is the signal code of the harbour lantern?", Short with { MaxTokens = 24 }, Stop).ToTextAsync(Stop);
        Assert.NotEmpty(answer);
        Assert.Contains(chat.Evidence, span => span.Document == "harbour.txt" && span.Text.Contains("4711", StringComparison.Ordinal));
        Assert.Equal("What is the signal code of the harbour lantern?", chat.Messages[0].Content);
        chat.RemoveDocuments();
        Assert.Null(chat.Documents);
        await chat.AskAsync("Hello", Short, Stop).ToTextAsync(Stop);
        Assert.Empty(chat.Evidence);
    }

    [Fact]
    public async Task The_natural_calls_compile_and_work()
    {
        using Engine engine = await Engine.LoadAsync(LabEngine.ModelPath, progress: new Progress<double>(), cancellationToken: Stop);
        using Session session = engine.CreateSession();
        string answer = await session.GenerateAsync([new("user", "hi")], Short, Stop).ToTextAsync(Stop);
        Assert.Equal(answer, string.Concat(session.Generate([new("user", "hi")], Short, Stop).Select(token => token.Text)));
        int[] ids = [.. session.Generate("hi", Short, Stop).Select(token => token.Id)];
        Assert.Equal(ids, session.Generate(engine.Tokenizer.Encode("hi", addSpecial: true), Short, Stop).Select(token => token.Id));
        await Assert.ThrowsAsync<ArgumentNullException>(() => session.GenerateAsync((string)null!, Short, Stop).ToTextAsync(Stop));
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Engine.LoadAsync(LabEngine.ModelPath, cancellationToken: cancelled.Token));
        await Assert.ThrowsAnyAsync<WinnowException>(() => Engine.LoadAsync(LabEngine.ModelPath + ".nowhere", cancellationToken: Stop));
    }

    [Fact]
    public void Tokens_come_with_their_log_probabilities_and_the_session_keeps_the_logits_as_they_are()
    {
        using Session session = lab.Engine.CreateSession();
        GenerationOptions options = Short with
        {
            Sampling = new SamplingOptions { Temperature = 0, RepeatPenalty = 1.5f, LogProbabilities = true, TopLogProbabilities = 3, LogitBias = new Dictionary<int, float> { [300] = -5 } },
        };
        int[] prompt = lab.Engine.Tokenizer.Encode("The harbour lies in the", addSpecial: true);
        GeneratedToken first = session.Generate(prompt, options, Stop).First();
        using Session fresh = lab.Engine.CreateSession();
        fresh.Prefill(prompt, cancellationToken: Stop);
        float[] logits = fresh.Diagnostics.Logits.ToArray();
        Assert.Equal(logits, session.Diagnostics.Logits.ToArray());
        double sum = logits.Sum(logit => Math.Exp(logit));
        Assert.Equal(Math.Log(Math.Exp(logits[first.Id]) / sum), first.LogProbability!.Value, 4);
        Assert.Equal(
            logits.Select((logit, id) => (logit, id)).OrderByDescending(pair => pair.logit).Take(3).Select(pair => pair.id),
            first.TopLogProbabilities!.Select(one => one.Token));
        Assert.Null(session.Generate(prompt, Short, Stop).First().LogProbability);
    }

    [Fact]
    public void Options_say_what_they_allow_when_they_are_set()
    {
        Assert.Equal("MaxTokens", Assert.Throws<ArgumentOutOfRangeException>(() => new GenerationOptions { MaxTokens = 0 }).ParamName);
        Assert.Equal("KeptTokens", Assert.Throws<ArgumentOutOfRangeException>(() => new GenerationOptions { KeptTokens = -1 }).ParamName);
        Assert.Equal("FullContext", Assert.Throws<ArgumentOutOfRangeException>(() => new GenerationOptions { FullContext = (FullContextPolicy)9 }).ParamName);
        Assert.Equal("StopStrings", Assert.Throws<ArgumentOutOfRangeException>(() => new GenerationOptions { StopStrings = [""] }).ParamName);
        Assert.Equal("Sampling", Assert.Throws<ArgumentNullException>(() => new GenerationOptions { Sampling = null! }).ParamName);
        Assert.Equal("TopLogProbabilities", Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { TopLogProbabilities = -1 }).ParamName);
        Assert.Equal("KvType", Assert.Throws<ArgumentOutOfRangeException>(() => new SessionOptions { KvType = Tensors.TensorType.Q4_K }).ParamName);
        Assert.Equal("user", new ChatMessage("User", "") { Name = "a" }.Role);
        Assert.Equal(["assistant", "critic"], [(new ChatMessage("user", "") with { Role = "Assistant" }).Role, new ChatMessage("critic", "").Role]);
        Assert.Equal("Content", Assert.Throws<ArgumentNullException>(() => new ChatMessage("user", null!)).ParamName);
    }
}
