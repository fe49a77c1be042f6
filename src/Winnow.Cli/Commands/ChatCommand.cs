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
        Option<int?> tokens = new("--n-predict", "-n") { Description = "The most tokens of a reply; -1, as by default: up to its end.", HelpName = "N" };
        Option<string[]> documents = new("--document") { Description = "Answer from these text files, of any length, or from an index file.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [], HelpName = "FILE" };
        Option<string> fullContext = new("--full-context") { Description = "What to do when the context is full: error; drop (the oldest messages go); shift (the older half of what follows the system message goes, also within a reply).", DefaultValueFactory = _ => "error", HelpName = "POLICY" };
        fullContext.AcceptOnlyFromAmong([.. Policies.Keys]);
        command.Add(documents);
        command.Add(fullContext);
        command.Add(system);
        command.Add(tokens);
        tokens.AtLeast(-2);
        command.SetAction((parsed, cancellationToken) =>
        {
            using Engine engine = model.Load(parsed, cancellationToken);
            if (engine.ChatTemplate is null)
            {
                string reason = engine.ChatTemplateError?.Message ?? $"{engine.Model.Name} has no chat template";
                throw new WinnowException($"{reason}: it continues plain text only (winnow run)");
            }

            GenerationOptions options = new()
            {
                Sampling = sampling.Read(parsed),
                MaxTokens = UserInput.TokenLimit(parsed.GetValue(tokens)),
                FullContext = Policies[parsed.GetValue(fullContext)!],
            };
            using Conversation conversation = new(model.CreateSession(parsed, engine), parsed.GetValue(system));
            using ChatLoop loop = new(conversation, options, StandardStreams.Answer, Console.Error, interactive: !Console.IsInputRedirected);
            foreach (string document in parsed.GetValue(documents)!)
            {
                loop.AddDocument(document);
            }

            return Task.FromResult(loop.Run(StandardStreams.Reader, model.IsBundled(parsed)));
        });
        return command;
    }
}
