using System.Globalization;
using Winnow.Cli.Output;
using Winnow.Documents;
using Winnow.Retrieval;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Cli.Chat;

/// <summary>Texts in front of a question, and documents that it is answered from.</summary>
internal sealed class ChatDocuments(Conversation conversation, ChatScreen screen, ChatInterrupts interrupts)
{
    /// <summary>Tokens that a question and the beginning of an answer need at least.</summary>
    private const int Room = 64;

    private const int ShownSources = 3;
    private const int ShownCharacters = 240;

    /// <summary>Puts a text in front of the next question, if it fits.</summary>
    public void Attach(string path)
    {
        string text = Document.Read(path);
        int context = conversation.Session.ContextLength;
        int least = conversation.Engine.Tokenizer.LeastTokens(text);
        int tokens = least > context ? least : conversation.Engine.Tokenizer.Encode(text).Length;
        int all = least > context ? least : conversation.CountTokens(text);
        if (all + Room > context)
        {
            string alone = tokens + Room > context ? "" : string.Create(CultureInfo.InvariantCulture, $", {all} with the conversation (/clear makes room)");
            screen.Note(string.Create(
                CultureInfo.InvariantCulture,
                $"{path} has {(least > context ? "more than " : "")}{tokens} tokens{alone}, but the context holds {context}: it was not attached. /document answers from texts of any length: /document {path}"));
            return;
        }

        conversation.Attach(text);
        screen.Note(string.Create(
            CultureInfo.InvariantCulture, $"{path}: {tokens} tokens go in front of the next question; {context - all} are left for it and the reply"));
    }

    /// <summary>Scans a file or a folder, stoppable with Ctrl-C.</summary>
    public void Add(string path)
    {
        int there = conversation.Documents?.Documents.ToList().FindIndex(document => document.Name == path) ?? -1;
        if (there >= 0)
        {
            screen.Note(string.Create(CultureInfo.InvariantCulture, $"{path} is there already; /documents remove {there + 1} takes it out"));
            return;
        }

        string? left = null;
        bool isIndex = DocumentIndex.IsIndex(path);
        string[] former = isIndex ? [.. conversation.Documents?.Documents.Select(document => document.Name) ?? []] : [];
        bool ended = interrupts.Run(stop =>
        {
            using ProgressLine line = new("scanning");
            SynchronousProgress<IndexProgress> progress = new(p => line.Report(p.Fraction, 1, $"{p.Tokens} tokens"));
            if (Directory.Exists(path))
            {
                DocumentFolder folder = DocumentFolder.List(path, stop);
                left = folder.Note;
                conversation.AddDocuments([.. folder.Documents], progress, stop);
            }
            else
            {
                conversation.AddDocument(path, progress, stop);
            }
        });
        if (!ended)
        {
            screen.Note("stopped; the document was not added");
            return;
        }

        DocumentIndex index = conversation.Documents!;
        screen.Note(string.Create(
            CultureInfo.InvariantCulture, $"{path}: {index.Tokens} tokens in all; questions are answered from passages, which /sources shows"));
        foreach (string note in new[] { left, index.Note, former.Length > 0 ? $"it took the place of {string.Join(", ", former)}" : null }.OfType<string>())
        {
            screen.Note(note);
        }
    }

    /// <summary>Lists the documents, or takes one out: <c>remove N</c>, <c>remove all</c>.</summary>
    public void ListOrRemove(string argument)
    {
        string[] words = argument.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (conversation.Documents is not { } index)
        {
            screen.Note("no documents; /document PATH adds one");
        }
        else if (words.Length == 0)
        {
            List(index);
        }
        else if (words is [string verb, string which] && verb.ToLowerInvariant() is "remove" or "rm" or "delete")
        {
            Remove(index, which);
        }
        else
        {
            screen.Note("/documents lists them; /documents remove N takes one out, /documents remove all takes all");
        }
    }

    /// <summary>Writes the passages that the last reply was made from, the best first.</summary>
    public void WriteSources(bool all)
    {
        if (conversation.Evidence.Count == 0)
        {
            screen.Note(conversation.Documents is null ? "no sources: there are no documents" : "no sources: no reply has been made from the documents yet");
            return;
        }

        EvidenceSpan[] spans = [.. conversation.Evidence.OrderByDescending(span => span.Score)];
        foreach (EvidenceSpan span in spans.Take(all ? spans.Length : ShownSources))
        {
            string text = string.Join(' ', span.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"[{VisibleText.OneLine(span.Document)}, characters {span.FirstCharacter}-{span.EndCharacter}, score {span.Score:F2}]"), indent: 0);
            screen.Say(all ? span.Text.Trim() : text.Length <= ShownCharacters ? text : text[..Terminal.Graphemes.Previous(text, ShownCharacters)] + "…", indent: 0);
        }

        if (!all && spans.Length > 0)
        {
            screen.Note(string.Create(CultureInfo.InvariantCulture, $"{Math.Min(ShownSources, spans.Length)} of {spans.Length} passages; /sources all shows them whole"));
        }
    }

    private void List(DocumentIndex index)
    {
        int number = 0;
        foreach (IndexedDocument document in index.Documents)
        {
            screen.Say(string.Create(CultureInfo.InvariantCulture, $"{++number}  {VisibleText.OneLine(document.Name)} ({document.Tokens} tokens)"));
        }

        screen.Note("/documents remove N takes one out");
    }

    private void Remove(DocumentIndex index, string which)
    {
        if (which.Equals("all", StringComparison.OrdinalIgnoreCase))
        {
            conversation.RemoveDocuments();
            screen.Note("answers without documents");
            return;
        }

        IReadOnlyList<IndexedDocument> documents = index.Documents;
        if (!int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1 || number > documents.Count)
        {
            screen.Note(string.Create(CultureInfo.InvariantCulture, $"'{which}' is no number of a document: there are 1 to {documents.Count}"));
            return;
        }

        string name = documents[number - 1].Name;
        conversation.RemoveDocument(name);
        screen.Note($"removed {VisibleText.OneLine(name)}{(conversation.Documents is null ? "; answers without documents" : "")}");
    }
}
