using System.CommandLine;
using Winnow.Cli.Chat;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow chat</c>: a conversation on the console.</summary>
internal static class ChatCommand
{
    public static Command Create()
    {
        Command command = new("chat", "Talk with a model. Ctrl-C stops a reply; /help lists the commands.");
        ModelOptions model = new ModelOptions().AddTo(command);
        SamplingCliOptions sampling = new SamplingCliOptions().AddTo(command);
        Option<string?> system = new("--system") { Description = "The system message.", HelpName = "TEXT" };
        Option<int?> tokens = new("--n-predict", "-n") { Description = "The most tokens of a reply; -1, as by default: up to its end.", HelpName = "N" };
        Option<string[]> documents = new("--document") { Description = "Answer from these text files, of any length, or from an index file.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [], HelpName = "FILE" };
        command.Add(documents);
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

            using Session session = model.CreateSession(parsed, engine);
            GenerationOptions options = new() { Sampling = sampling.Read(parsed), MaxTokens = UserInput.TokenLimit(parsed.GetValue(tokens)) };
            using ConversationState conversation = new(engine, session, parsed.GetValue(system));
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
