using System.CommandLine;
using Winnow.Cli.Chat;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow chat</c>: a conversation on the console.</summary>
internal static class ChatCommand
{
    private static readonly Dictionary<string, FullContextPolicy> Policies = new(StringComparer.Ordinal)
    {
        ["error"] = FullContextPolicy.Error,
        ["drop"] = FullContextPolicy.DropOldestMessages,
        ["shift"] = FullContextPolicy.Shift,
    };

    public static Command Create()
    {
        Command command = new("chat", "Talk with a model. Ctrl-C stops a reply; /help lists the commands.");
        ModelOptions model = new ModelOptions().AddTo(command);
        SamplingCliOptions sampling = new SamplingCliOptions().AddTo(command);
        Option<string?> system = new("--system") { Description = "The system message.", HelpName = "TEXT" };
        Option<int?> tokens = new("--n-predict", "-n") { Description = $"The most tokens of a reply; {ChatModel.UsualReplyTokens} by default, -1: up to its end.", HelpName = "N" };
        Option<string[]> documents = new("--document") { Description = "Answer from these texts or folders, of any length, or from an index file.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [], HelpName = "FILE" };
        Option<string> fullContext = new("--full-context") { Description = "What to do when the context is full: error; drop (the oldest messages go); shift (the older half of what follows the system message goes, also within a reply).", DefaultValueFactory = _ => "error", HelpName = "POLICY" };
        fullContext.AcceptOnlyFromAmong([.. Policies.Keys]);
        command.Add(documents);
        command.Add(fullContext);
        command.Add(system);
        command.Add(tokens);
        tokens.AtLeast(-2);
        command.SetAction((parsed, cancellationToken) =>
        {
            using ChatModel loaded = new(model, parsed, cancellationToken);
            GenerationOptions options = new()
            {
                Sampling = sampling.Read(parsed),
                FullContext = Policies[parsed.GetValue(fullContext)!],
            };
            using Conversation conversation = new(loaded.First, parsed.GetValue(system));
            using ChatLoop loop = new(loaded, conversation, options, parsed.GetValue(tokens), StandardStreams.Reader, StandardStreams.Answer);
            return Task.FromResult(loop.Run(parsed.GetValue(documents)!));
        });
        return command;
    }
}
