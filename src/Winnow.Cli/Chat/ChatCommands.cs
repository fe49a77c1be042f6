using System.Globalization;
using System.Text.Json.Nodes;
using Winnow.Cli.Output;
using Winnow.Cli.Terminal;
using Winnow.Compute;
using Winnow.Templates;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Cli.Chat;

/// <summary>What the commands of a chat do.</summary>
internal sealed class ChatCommands(ChatModel model, Conversation conversation, ChatScreen screen, ChatInterrupts interrupts, ChatAnswers answers)
{
    private readonly ChatDocuments _documents = new(conversation, screen, interrupts);
    private string _proposal = "";

    /// <summary>What the next message may be; empty for nothing.</summary>
    public string TakeProposal()
    {
        string proposal = _proposal;
        _proposal = "";
        return proposal;
    }

    /// <summary>Scans a document.</summary>
    public void AddDocument(string path) => Guard(() => _documents.Add(path));

    /// <summary>Runs a command; false ends the chat.</summary>
    public bool Run(string word, string argument)
    {
        SlashCommand? command = SlashCommand.Find(word);
        if (command is null)
        {
            string hint = SlashCommand.Suggest(word) is { } near ? $"did you mean /{near.Name}?" : "/help lists them";
            screen.Note($"/{word} is no command; {hint}");
            return true;
        }

        if (command.Name == "exit")
        {
            return false;
        }

        Guard(() => Run(command, argument));
        return true;
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is WinnowException or IOException or UnauthorizedAccessException or UsageException)
        {
            screen.Note(e.Message);
        }
    }

    private void Run(SlashCommand command, string argument)
    {
        switch (command.Name)
        {
            case "help":
                screen.Say(ChatHelp.Of(argument) ?? $"There is no help on '{argument}'; there is on replies, documents, saving, models, keys, and on each command.");
                break;
            case "regen":
                answers.Regenerate();
                break;
            case "continue":
                answers.Continue();
                break;
            case "undo":
                screen.Note(conversation.Withdraw() ? "took the last question back" : "there is no question to take back");
                break;
            case "copy":
                Copy();
                break;
            case "messages":
                WriteMessages();
                break;
            case "clear":
                conversation.Clear();
                screen.Note(WhatStays());
                break;
            case "system":
                conversation.SetSystem(argument);
                screen.Note(argument.Length == 0 ? "no system message" : "system message set");
                break;
            case "example":
                ProposeExample();
                break;
            case "file":
                _documents.Attach(Required(argument, command));
                break;
            case "document":
                _documents.Add(Required(argument, command));
                break;
            case "documents":
                _documents.ListOrRemove(argument);
                break;
            case "sources":
                _documents.WriteSources(argument.Equals("all", StringComparison.OrdinalIgnoreCase));
                break;
            case "save":
                string saved = Required(argument, command);
                conversation.Save(saved);
                screen.Note($"saved to {saved}");
                break;
            case "load":
                Load(Required(argument, command));
                break;
            case "model":
                ShowOrSwitchModel(PathText.Read(argument));
                break;
            case "device":
                ShowOrSwitchDevice(argument);
                break;
            case "attention":
                ShowOrSwitchAttention(argument);
                break;
            case "stats":
                screen.Say(conversation.Session.LastGeneration is { } statistics ? StatisticsText.Line(statistics, conversation.Session) : "no reply yet");
                break;
        }
    }

    private static string Required(string argument, SlashCommand command) =>
        argument.Length > 0 ? PathText.Read(argument) : throw new UsageException($"/{command.Name} needs a path");

    private string WhatStays()
    {
        string[] kept =
        [
            .. conversation.Messages.Any(message => message.Role == "system") ? ["the system message"] : Array.Empty<string>(),
            .. conversation.Documents is null ? Array.Empty<string>() : ["the documents (/documents)"],
        ];
        return kept.Length == 0 ? "cleared" : $"cleared; {string.Join(" and ", kept)} stay{(kept.Length == 1 && conversation.Documents is null ? "s" : "")}";
    }

    private void Copy()
    {
        ChatMessage? reply = conversation.Messages.LastOrDefault(message => message.Role == "assistant");
        if (reply is null)
        {
            screen.Note("no reply yet");
        }
        else if (!screen.IsTerminal)
        {
            screen.Note("there is no terminal whose clipboard could be asked");
        }
        else
        {
            ChatScreen.Copy(reply.Content);
            screen.Note(string.Create(CultureInfo.InvariantCulture, $"sent {reply.Content.Length} characters to the terminal's clipboard (OSC 52, which some terminals refuse)"));
        }
    }

    private void WriteMessages()
    {
        if (conversation.Messages.Count == 0)
        {
            screen.Note("no messages yet");
        }

        foreach (ChatMessage message in conversation.Messages)
        {
            string mark = message.Role switch { "user" => "> ", "assistant" => "", _ => $"[{message.Role}] " };
            if (message.Content.Length > 0 || message.ToolCalls is null)
            {
                screen.Say(mark + Shortened(message.Content.Trim()), indent: 0);
            }

            foreach (JsonNode? call in message.ToolCalls ?? [])
            {
                screen.Say($"[calls {call?["function"]?["name"]?.ToString() ?? "?"}] {call?["function"]?["arguments"]?.ToString()}");
            }
        }
    }

    /// <summary>A text that was attached would fill screens.</summary>
    private static string Shortened(string text)
    {
        const int Most = 1000;
        return text.Length <= Most ? text : string.Create(
            CultureInfo.InvariantCulture, $"{text[..Graphemes.Previous(text, Most / 2)]}\n[… {text.Length - Most} characters …]\n{text[Graphemes.Next(text, text.Length - (Most / 2))..]}");
    }

    private void ProposeExample()
    {
        ExampleDocument example = ExampleDocument.Create(Environment.TickCount);
        conversation.Clear();
        conversation.Attach(example.Text);
        screen.Note($"A text of {example.Text.Length} characters with hidden facts goes in front of the next question. Ask for example{(interrupts.HasEditor ? " (Enter sends it)" : "")}:");
        if (interrupts.HasEditor)
        {
            _proposal = example.Question;
        }
        else
        {
            screen.Note(example.Question);
        }
    }

    private void Load(string path)
    {
        bool hadDocuments = conversation.Documents is not null;
        string? recompute = conversation.Load(path);
        screen.Note(recompute is null ? $"loaded {path}" : $"loaded {path}; it will be computed again: {recompute}");
        int documents = conversation.Documents?.Documents.Count ?? 0;
        screen.Note(string.Create(CultureInfo.InvariantCulture, $"{conversation.Messages.Count} messages (/messages shows them){(documents > 0 ? $", {documents} documents" : hadDocuments ? "; the documents of before are gone" : "")}"));
    }

    private void ShowOrSwitchModel(string path)
    {
        if (path.Length == 0)
        {
            screen.Say($"{VisibleText.OneLine(model.Engine.Model.Name)} ({VisibleText.OneLine(model.Path)}), {PlacementText.Devices(model.Engine)}");
            return;
        }

        Switch(path, model.Device);
        if (model.IsBundled)
        {
            screen.Note(BundledModel.Banner);
        }
    }

    private void ShowOrSwitchDevice(string device)
    {
        if (device.Length == 0)
        {
            IEnumerable<string> names = Devices.List().Where(info => info.Refusal is null).Select(info => info.Name);
            screen.Say($"{model.Device} ({PlacementText.Devices(model.Engine)}); there are {string.Join(", ", names)}");
            return;
        }

        Switch(model.Path, device);
    }

    private void Switch(string path, string device)
    {
        string[] documents = [.. conversation.Documents?.Documents.Select(document => document.Name) ?? []];
        if (!interrupts.Run(stop => model.Switch(conversation, path, device, stop)))
        {
            screen.Note($"stopped; {VisibleText.OneLine(model.Engine.Model.Name)} stays");
            return;
        }

        screen.Note($"{VisibleText.OneLine(model.Engine.Model.Name)}, {PlacementText.Devices(model.Engine)}, context {conversation.Session.ContextLength} tokens{Kept()}");
        if (documents.Length > 0 && conversation.Documents is null)
        {
            screen.Note($"documents are scanned by the model that answers, with its calibration: add them again with /document ({VisibleText.OneLine(string.Join(", ", documents))})");
        }
    }

    private void ShowOrSwitchAttention(string attention)
    {
        if (attention.Length > 0)
        {
            model.Switch(conversation, attention);
            screen.Note($"attention {conversation.Session.Attention}{Kept()}");
            return;
        }

        screen.Say($"{conversation.Session.Attention}; /attention SPEC changes it: full, recycled, delta:budget=1024, token-sparse+delta, … (docs/long-contexts.md)");
    }

    private string Kept() => conversation.Messages.Any(message => message.Role == "user") ? "; the conversation stays, and is read again with the next question" : "";
}
