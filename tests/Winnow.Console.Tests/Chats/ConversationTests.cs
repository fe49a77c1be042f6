using Winnow.Cli;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Sampling;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Console.Tests.Chats;

/// <summary>A model that is loaded once.</summary>
public sealed class BundledEngine : IDisposable
{
    public Engine Engine { get; } = Engine.Load(BundledModel.Find());

    public void Dispose() => Engine.Dispose();
}

/// <summary>What can be done with a conversation besides asking: again, on, back, saved, moved.</summary>
public sealed class ConversationTests(BundledEngine bundled) : IClassFixture<BundledEngine>, IDisposable
{
    private static readonly GenerationOptions Short = new() { Sampling = SamplingOptions.Greedy, MaxTokens = 6 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_answer_goes_on_as_if_it_had_never_been_cut()
    {
        using Conversation whole = New();
        using Conversation parts = New();
        string expected = Text(whole.Ask("Tell me of the sea", Short with { MaxTokens = 18 }));
        string cut = Text(parts.Ask("Tell me of the sea", Short));
        Assert.True(parts.CanContinue);
        string all = cut + Text(parts.Continue(Short)) + Text(parts.Continue(Short));
        Assert.Equal(expected, all);
        Assert.Equal(whole.Messages, parts.Messages);
        Assert.True(parts.Withdraw());
        Assert.False(parts.CanContinue);
        Assert.Throws<WinnowException>(() => parts.Continue().ToList());
    }

    [Fact]
    public void A_stopped_answer_stays_and_can_go_on()
    {
        using Conversation chat = New();
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (GeneratedToken token in chat.Ask("Tell me of the sea", Short, stop.Token))
            {
                stop.Cancel();
            }
        });
        Assert.Equal(2, chat.Messages.Count);
        string begun = chat.Messages[1].Content;
        Assert.NotEmpty(begun);
        string rest = Text(chat.Continue(Short with { MaxTokens = 5 }));
        using Conversation whole = New();
        Assert.Equal(Text(whole.Ask("Tell me of the sea", Short)), begun + rest);
    }

    [Fact]
    public async Task A_question_is_answered_again_in_place_of_the_first_answer()
    {
        using Conversation chat = New("Be brief.");
        chat.Attach("The signal code of the harbour is 51423.");
        string first = Text(chat.Ask("What is the signal code?", Short));
        string asked = chat.Messages[1].Content;
        Assert.Contains("51423", asked, StringComparison.Ordinal);
        Assert.Equal(first, Text(chat.Regenerate(Short)));
        Assert.Equal(first, await chat.RegenerateAsync(Short).ToTextAsync());
        Assert.Equal((3, asked), (chat.Messages.Count, chat.Messages[1].Content));
        Assert.True(chat.Session.LastGeneration!.CachedTokens > 10);

        // What is refused, or stopped before it begins, changes nothing.
        using CancellationTokenSource stopped = new();
        await stopped.CancelAsync();
        Assert.ThrowsAny<OperationCanceledException>(() => Text(chat.Regenerate(Short, stopped.Token)));
        Assert.Equal(first, chat.Messages[2].Content);
        using Conversation none = New();
        Assert.Throws<WinnowException>(() => Text(none.Regenerate()));
    }

    [Fact]
    public void What_does_not_fit_is_known_before_and_a_refusal_loses_nothing()
    {
        using Conversation chat = new(bundled.Engine, options: new SessionOptions { ContextLength = 96 });
        string text = string.Concat(Enumerable.Repeat("The sea was grey and the harbour was quiet. ", 12));
        Assert.True(chat.CountTokens(text) > 96);
        chat.Attach(text);
        Assert.Throws<ContextOverflowException>(() => Text(chat.Ask("Why?", Short)));
        Assert.True(chat.HasAttachment);
        Assert.Empty(chat.Messages);
        chat.Clear();
        Assert.False(chat.HasAttachment);
        int empty = chat.CountTokens();
        Text(chat.Ask("Why?", Short));
        Assert.InRange(chat.CountTokens(), empty + 2, 96);
    }

    [Fact]
    public void Documents_are_saved_with_the_conversation_and_come_back_as_a_copy()
    {
        string path = Path.Combine(_folder.Path, "talk.json");
        using Conversation chat = New();
        chat.AddDocument(Document.FromText("harbour", "Nobody came. The signal code of the harbour is 51423. It rained."));
        chat.AddDocument(Document.FromText("tower", "The docket number of the tower is 90817. The sun shone."));
        string answer = Text(chat.Ask("What is the docket number of the tower?", Short));
        IReadOnlyList<EvidenceSpan> evidence = chat.Documents!.Search("What is the docket number of the tower?");
        chat.Save(path);

        using Conversation other = New();
        Assert.Null(other.Load(path));
        Assert.Equal(["harbour", "tower"], other.Documents!.Documents.Select(document => document.Name));
        Assert.Equal(evidence, other.Documents.Search("What is the docket number of the tower?"));
        Assert.Equal(answer, Text(other.Regenerate(Short)));
        other.RemoveDocument("tower");
        Assert.Throws<WinnowException>(() => other.RemoveDocument("tower"));
        other.AddDocument(Document.FromText("mill", "The mill stood still."));

        // The file is as it was saved until it is saved again.
        using Conversation third = New();
        third.Load(path);
        Assert.Equal(["harbour", "tower"], third.Documents!.Documents.Select(document => document.Name));
        third.RemoveDocument("harbour");
        third.RemoveDocument("tower");
        Assert.Null(third.Documents);
        third.Save(path);
        Assert.False(File.Exists(path + ".documents"));
        Assert.Null(third.Load(path));
    }

    [Fact]
    public void An_index_is_not_saved_over_itself_and_no_other_file_is_written_over()
    {
        string index = Path.Combine(_folder.Path, "talk.json.documents");
        DocumentIndex.Build(bundled.Engine, [Document.FromText("a", "One sentence.")], index).Dispose();
        using Conversation chat = New();
        chat.AddDocument(index);
        Assert.Throws<WinnowException>(() => chat.Save(Path.Combine(_folder.Path, "talk.json")));
        string notes = _folder.Write("notes.txt", "These are mine.");
        Assert.Contains("is there already", Assert.Throws<WinnowException>(() => chat.Save(notes)).Message, StringComparison.Ordinal);
        Assert.Equal("These are mine.", File.ReadAllText(notes));
    }

    [Fact]
    public void A_conversation_moves_to_another_session_and_another_engine()
    {
        using Conversation chat = New();
        chat.AddDocument(Document.FromText("tower", "The docket number of the tower is 90817. The sun shone."));
        string answer = Text(chat.Ask("What is the docket number of the tower?", Short));
        chat.MoveTo(bundled.Engine.CreateSession(new SessionOptions { Attention = AttentionOptions.Parse("delta") }));
        Assert.Equal("tower", Assert.Single(chat.Documents!.Documents).Name);
        using Engine other = Engine.Load(BundledModel.Find());
        chat.MoveTo(other.CreateSession());
        Assert.Same(other, chat.Engine);
        Assert.Equal("tower", Assert.Single(chat.Documents!.Documents).Name);
        Assert.Equal(answer, Text(chat.Regenerate(Short)));
    }

    [Fact]
    public void Documents_do_not_keep_a_conversation_from_a_model_that_cannot_search_them()
    {
        string path = Path.Combine(_folder.Path, "other.gguf");
        File.CreateSymbolicLink(path, BundledModel.Find());
        using Conversation chat = New();
        chat.AddDocument(Document.FromText("tower", "The docket number of the tower is 90817. The sun shone."));
        using Engine uncalibrated = Engine.Load(path);
        chat.MoveTo(uncalibrated.CreateSession());
        Assert.Same(uncalibrated, chat.Engine);
        Assert.Null(chat.Documents);
    }

    [Fact]
    public void Small_talk_ends_by_itself()
    {
        foreach (string opening in (string[])["Hello!", "Hi", "How are you?", "What is your name?", "Tell me a joke", "Thanks!", "What can you do?"])
        {
            for (int seed = 1; seed <= 3; seed++)
            {
                using Conversation chat = New();
                GenerationOptions options = new() { MaxTokens = BundledModel.ReplyTokens, Sampling = new SamplingOptions { Seed = seed } };
                GeneratedToken last = chat.Ask(opening, BundledModel.Shorten(options, bundled.Engine)).Last();
                Assert.True(last.FinishReason is FinishReason.Stop or FinishReason.Repetition, $"{opening} ({seed}): {last.FinishReason}");
            }
        }
    }

    [Fact]
    public void Nothing_is_shortened_that_must_have_a_form_or_go_on()
    {
        GenerationOptions options = new() { IgnoreEndOfGeneration = true };
        Assert.Same(options, BundledModel.Shorten(options, bundled.Engine));
        options = new() { Grammar = Grammar.ParseGbnf("root ::= \"a\"") };
        Assert.Same(options, BundledModel.Shorten(options, bundled.Engine));
    }

    private Conversation New(string? system = null) => new(bundled.Engine, system, new SessionOptions { ContextLength = 2048 });

    private static string Text(IEnumerable<GeneratedToken> tokens) => string.Concat(tokens.Select(token => token.Text));
}
