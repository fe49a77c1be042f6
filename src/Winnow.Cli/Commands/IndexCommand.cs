using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Winnow.Cli.Help;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Retrieval;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow index</c>: documents that are scanned once and then searched and answered from.</summary>
internal static class IndexCommand
{
    public static Command Create() => new("index", "Scan documents once, then search them and answer from them (S³).")
    {
        CreateBuild(),
        CreateAdd(),
        CreateList(),
        CreateDelete(),
        CreateSearch(),
    };

    private static Argument<string> Index() => new("index") { Description = "The index file." };

    private static Argument<string[]> Files() => new("files") { Description = "Files or folders: text in any encoding, PDF, DOCX, HTML.", Arity = ArgumentArity.OneOrMore };

    private static Command CreateBuild()
    {
        Command command = new Command("build", "Scan documents into a new index, in place of an older one of that name.").WithExamples("winnow index build notes.idx notes/ report.pdf");
        ModelOptions model = new ModelOptions().AddTo(command);
        ScanOptions scan = new ScanOptions().AddTo(command);
        Argument<string> path = Index();
        Argument<string[]> files = Files();
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        command.Add(path);
        command.Add(files);
        command.Add(json);
        command.SetAction((parsed, cancellationToken) =>
        {
            using Engine engine = model.Load(parsed, cancellationToken);
            long start = Stopwatch.GetTimestamp();
            using ProgressLine line = new("scanning");
            using DocumentIndex index = DocumentIndex.Build(
                engine, Sources(parsed.GetRequiredValue(files), cancellationToken), parsed.GetRequiredValue(path), scan.Read(parsed), Progress(line), cancellationToken);
            line.Dispose();
            Report(index, parsed.GetRequiredValue(path), Stopwatch.GetElapsedTime(start), parsed.GetValue(json));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static Command CreateAdd()
    {
        Command command = new("add", "Scan more documents into an index.");
        ModelOptions model = new ModelOptions().AddTo(command);
        ScanOptions scan = new ScanOptions().AddTo(command);
        Argument<string> path = Index();
        Argument<string[]> files = Files();
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        command.Add(path);
        command.Add(files);
        command.Add(json);
        command.SetAction((parsed, cancellationToken) =>
        {
            using Engine engine = model.Load(parsed, cancellationToken);
            using DocumentIndex index = DocumentIndex.Open(engine, parsed.GetRequiredValue(path), scan.Read(parsed));
            long start = Stopwatch.GetTimestamp();
            using ProgressLine line = new("scanning");
            index.Add(Sources(parsed.GetRequiredValue(files), cancellationToken), Progress(line), cancellationToken);
            line.Dispose();
            Report(index, parsed.GetRequiredValue(path), Stopwatch.GetElapsedTime(start), parsed.GetValue(json));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static Command CreateList()
    {
        Command command = new("list", "List the documents of an index.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Argument<string> path = Index();
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        command.Add(path);
        command.Add(json);
        command.SetAction((parsed, cancellationToken) =>
        {
            using Engine engine = model.Load(parsed, cancellationToken);
            using DocumentIndex index = DocumentIndex.Open(engine, parsed.GetRequiredValue(path));
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(writer => WriteIndex(writer, index, parsed.GetRequiredValue(path)));
                return Task.FromResult(ExitCodes.Success);
            }

            TextTable table = new("document", "tokens", "characters");
            foreach (IndexedDocument document in index.Documents)
            {
                table.Add(document.Name, Number(document.Tokens), Number(document.Characters));
            }

            Console.Out.WriteLine(table);
            WriteNote(index);
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static Command CreateDelete()
    {
        Command command = new("delete", "Take a document out of an index.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Argument<string> path = Index();
        Argument<string> name = new("document") { Description = "Its name, as list shows it." };
        command.Add(path);
        command.Add(name);
        command.SetAction((parsed, cancellationToken) =>
        {
            using Engine engine = model.Load(parsed, cancellationToken);
            using DocumentIndex index = DocumentIndex.Open(engine, parsed.GetRequiredValue(path));
            index.Delete(parsed.GetRequiredValue(name));
            FileSummary.Write(parsed.GetRequiredValue(path));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static Command CreateSearch()
    {
        Command command = new Command("search", "Find the passages of an index that may answer a question, the best first.").WithExamples("winnow index search notes.idx -p \"When does the office close?\" --top 3");
        ModelOptions model = new ModelOptions().AddTo(command);
        SearchCliOptions search = new SearchCliOptions().AddTo(command);
        Argument<string> path = Index();
        Option<string> question = new("--prompt", "-p") { Description = "The question.", Required = true, HelpName = "TEXT" };
        Option<int?> top = new("--top") { Description = "Only so many passages; all that were found by default.", HelpName = "N" };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        top.AtLeast(1);
        command.Add(path);
        command.Add(question);
        command.Add(top);
        command.Add(json);
        command.SetAction((parsed, cancellationToken) =>
        {
            using Engine engine = model.Load(parsed, cancellationToken);
            using DocumentIndex index = DocumentIndex.Open(engine, parsed.GetRequiredValue(path));
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<EvidenceSpan> found = index.Search(parsed.GetRequiredValue(question), search.Read(parsed), cancellationToken);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            List<EvidenceSpan> spans = [.. found.OrderByDescending(span => span.Score).Take(parsed.GetValue(top) ?? int.MaxValue)];
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(writer => WriteSearch(writer, index, spans, time));
            }
            else
            {
                SpanReport.WriteText(Console.Out, spans);
                WriteNote(index);
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static Document[] Sources(string[] files, CancellationToken cancellationToken) =>
        [.. DocumentFiles.Find(files, cancellationToken)];

    private static SynchronousProgress<IndexProgress> Progress(ProgressLine line) =>
        new(p => line.Report(p.Fraction, 1, $"{p.Document}, {p.Tokens} tokens"));

    private static void Report(DocumentIndex index, string path, TimeSpan time, bool json)
    {
        if (json)
        {
            JsonOutput.Write(writer =>
            {
                WriteIndex(writer, index, path);
                JsonOutput.WriteRounded(writer, "scan_ms", time.TotalMilliseconds);
                writer.WriteNumber("peak_rss_bytes", PeakMemory.Bytes());
            });
        }
        else
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: {index.Documents.Count} documents, {index.Tokens} tokens, {new FileInfo(path).Length / 1e6:F1} MB, {time.TotalSeconds:F1} s"));
            WriteNote(index);
        }
    }

    private static void WriteNote(DocumentIndex index)
    {
        if (index.Note is { } note)
        {
            Console.Error.WriteLine($"note: {note}");
        }
    }

    private static void WriteIndex(Utf8JsonWriter writer, DocumentIndex index, string path)
    {
        writer.WriteStartArray("documents");
        foreach (IndexedDocument document in index.Documents)
        {
            writer.WriteStartObject();
            writer.WriteString("name", document.Name);
            writer.WriteNumber("tokens", document.Tokens);
            writer.WriteNumber("characters", document.Characters);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("tokens", index.Tokens);
        writer.WriteBoolean("features", index.HasFeatures);
        writer.WriteNumber("posting_bytes", index.PostingBytes);
        writer.WriteNumber("file_bytes", new FileInfo(path).Length);
        WriteNote(writer, index);
    }

    private static void WriteSearch(Utf8JsonWriter writer, DocumentIndex index, IReadOnlyList<EvidenceSpan> spans, TimeSpan time)
    {
        SpanReport.WriteJson(writer, spans);
        writer.WriteNumber("evidence_tokens", spans.Sum(span => span.EndToken - span.FirstToken));
        writer.WriteNumber("tokens", index.Tokens);
        JsonOutput.WriteRounded(writer, "search_ms", time.TotalMilliseconds);
        WriteNote(writer, index);
    }

    private static void WriteNote(Utf8JsonWriter writer, DocumentIndex index)
    {
        if (index.Note is { } note)
        {
            writer.WriteString("note", note);
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
