using System.Globalization;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Sampling;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Cli.Chat;

/// <summary>Streams replies, and says how they ended where that is not plain to see.</summary>
/// <param name="model">What answers.</param>
/// <param name="conversation">What it answers in.</param>
/// <param name="options">How to answer.</param>
/// <param name="tokens">The most tokens of a reply, as the user typed it; null leaves that to the model.</param>
/// <param name="screen">Where replies go.</param>
/// <param name="interrupts">What stops them.</param>
internal sealed class ChatAnswers(
    ChatModel model, Conversation conversation, GenerationOptions options, int? tokens, ChatScreen screen, ChatInterrupts interrupts)
{
    /// <summary>A question of more characters brings a text along.</summary>
    private const int LongQuestion = 400;

    /// <summary>Whether the conversation has a text that questions can be about.</summary>
    private bool HasText => conversation.Documents is not null || _readText
        || conversation.Messages.Any(message => message.Role == "user" && message.Content.Length > LongQuestion);

    private bool _readText;
    private long _again;

    /// <summary>Answers a question.</summary>
    public void Ask(string question)
    {
        _readText = conversation.HasAttachment || (_readText && conversation.Messages.Any(message => message.Role == "user"));
        Stream((how, stop) => conversation.Ask(question, how, stop), "the question is withdrawn");
    }

    /// <summary>Answers the last question anew; a fixed seed is counted up, so that the answer is another, and the same in another run.</summary>
    public void Regenerate()
    {
        _again++;
        SamplingOptions sampling = options.Sampling.Seed < 0 ? options.Sampling : options.Sampling with { Seed = options.Sampling.Seed + _again };
        bool ended = Stream(
            (how, stop) => conversation.Regenerate(how with { Sampling = sampling with { LogitsProcessors = how.Sampling.LogitsProcessors } }, stop), "the former reply stays");
        if (ended && sampling.Temperature == 0)
        {
            screen.Note("(with --temp 0 an answer is always the same)");
        }
    }

    /// <summary>Goes on with the last reply.</summary>
    public void Continue() => Stream((how, stop) => conversation.Continue(how, stop), "nothing was added");

    /// <returns>Whether the reply came to an end.</returns>
    private bool Stream(Func<GenerationOptions, CancellationToken, IEnumerable<GeneratedToken>> answer, string withdrawn)
    {
        bool hasBegun = false;
        FinishReason? reason = null;
        ReplyWriter? reply = null;
        bool ended;
        try
        {
            ended = interrupts.Run(Compute);
        }
        catch (WinnowException e)
        {
            screen.Note(e.Message);
            if (e is ContextOverflowException && conversation.HasAttachment)
            {
                screen.Note("the text is still attached: /clear drops it, and /document answers from texts of any length");
            }

            return false;
        }

        if (!ended)
        {
            screen.Note(hasBegun ? "stopped; /continue goes on" : $"stopped, {withdrawn}");
            return false;
        }

        NoteEnd(reason);
        return true;

        void Compute(CancellationToken stop)
        {
            using ProgressLine progress = new("reading");
            GenerationOptions how = (model.IsBundled ? BundledModel.Shorten(options, conversation.Engine) : options) with
            {
                MaxTokens = UserInput.TokenLimit(tokens ?? model.ReplyTokens),
                Progress = new SynchronousProgress<PrefillProgress>(p => progress.Report(p.Done, p.Total)),
            };
            try
            {
                foreach (GeneratedToken token in answer(how, stop))
                {
                    progress.Dispose();
                    hasBegun = true;
                    reply ??= screen.BeginReply(conversation);
                    reply.Write(token.Text);
                    reason = token.FinishReason;
                }
            }
            finally
            {
                progress.Dispose();
                reply?.End();
            }
        }
    }

    private void NoteEnd(FinishReason? reason)
    {
        GenerationStatistics statistics = conversation.Session.LastGeneration!;
        string? end = reason switch
        {
            FinishReason.Length => string.Create(CultureInfo.InvariantCulture, $"stopped after {statistics.GeneratedTokens} tokens, the limit of a reply (-n sets another); /continue goes on"),
            FinishReason.ContextFull => "the context is full; /undo and /clear make room, and so does --full-context shift or drop",
            FinishReason.Repetition => "stopped, because the answer repeats itself",
            _ => null,
        };
        if (end is not null)
        {
            screen.Note(end);
        }

        if (statistics.DroppedMessages > 0)
        {
            screen.Note($"the context was full: the oldest {statistics.DroppedMessages} messages were dropped");
        }

        if (statistics.ShiftedTokens > 0)
        {
            screen.Note($"the context was full: {statistics.ShiftedTokens} of the older tokens were dropped, the system message was kept");
        }

        if (model.IsBundled && !HasText)
        {
            screen.Note(BundledModel.SmallTalk);
        }
    }
}
