using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Winnow.Cli.Output;
using Winnow.Lab.Inspection;
using Winnow.Models;
using Winnow.Tensors;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow inspect</c>: what a model file is, what it takes, and what it holds.</summary>
internal static class InspectCommand
{
    private const int ArrayPreview = 4;

    public static Command Create()
    {
        Command command = new("inspect", "Say what a model is, what memory it takes and how fast it can be here; with --all, and of other files, show metadata and tensors.");
        Argument<string> file = new("FILE") { Description = "The file or directory." };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        command.Add(file);
        Option<bool> all = new("--all") { Description = "List all metadata and tensors too; of files that are no models, they are shown anyway." };
        Option<bool> noSpeed = new("--no-speed") { Description = "Do not measure how fast the processor reads and multiplies, which takes some seconds." };
        command.Add(json);
        command.Add(all);
        command.Add(noSpeed);
        command.SetAction((parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(file);
            ModelFileContents contents = ModelFileContents.Read(path);
            ModelReport? report = contents.IsModel ? new ModelReport(ModelInfo.Read(path), !parsed.GetValue(noSpeed), cancellationToken) : null;
            if (parsed.GetValue(json))
            {
                WriteJson(contents, report);
                return Task.FromResult(ExitCodes.Success);
            }

            Console.Out.WriteLine($"{contents.Path}: {(contents.GgufVersion is { } version ? $"GGUF version {version}" : "safetensors")}");
            report?.WriteText(Console.Out);
            if (report is null || parsed.GetValue(all))
            {
                WriteText(contents);
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static void WriteText(ModelFileContents contents)
    {
        TextWriter output = Console.Out;
        output.WriteLine();
        foreach ((string key, object value) in contents.Metadata)
        {
            output.WriteLine($"{VisibleText.OneLine(key)} = {Describe(value)}");
        }

        output.WriteLine();
        foreach (TensorInfo tensor in contents.Tensors)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{VisibleText.OneLine(tensor.Name),-48} {tensor.Type,-5} [{string.Join(", ", tensor.Shape)}] {tensor.SizeBytes} bytes"));
        }

        output.WriteLine();
        foreach (IGrouping<TensorType, TensorInfo> type in contents.Tensors.GroupBy(tensor => tensor.Type).OrderByDescending(group => group.Sum(tensor => tensor.SizeBytes)))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{type.Key,-5} {type.Count(),5} tensors {type.Sum(tensor => tensor.ElementCount) / 1e6,10:F2} M elements {type.Sum(tensor => tensor.SizeBytes) / 1e6,10:F2} MB"));
        }
    }

    private static void WriteJson(ModelFileContents contents, ModelReport? report) => JsonOutput.Write(json =>
    {
        json.WriteString("path", contents.Path);
        json.WriteString("format", contents.GgufVersion is null ? "safetensors" : "gguf");
        report?.WriteJson(json);
        json.WriteStartObject("metadata");
        foreach ((string key, object value) in contents.Metadata)
        {
            json.WritePropertyName(key);
            WriteValue(json, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("tensors");
        foreach (TensorInfo tensor in contents.Tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("type", tensor.Type.ToString());
            json.WriteStartArray("shape");
            foreach (long extent in tensor.Shape)
            {
                json.WriteNumberValue(extent);
            }

            json.WriteEndArray();
            json.WriteNumber("size_bytes", tensor.SizeBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case float number when float.IsFinite(number): json.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case float or double: json.WriteStringValue(Describe(value)); break;
            case ulong number: json.WriteNumberValue(number); break;
            case Array array:
                json.WriteStartArray();
                foreach (object? element in array)
                {
                    WriteValue(json, element!);
                }

                json.WriteEndArray();
                break;
            default: json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
        }
    }

    private static string Describe(object value) => value switch
    {
        string text => text.Length > 120 ? $"\"{VisibleText.OneLine(text[..117])}...\" ({text.Length} characters)" : $"\"{VisibleText.OneLine(text)}\"",
        Array array => $"[{string.Join(", ", array.Cast<object>().Take(ArrayPreview).Select(Describe))}{(array.Length > ArrayPreview ? ", ..." : "")}] ({array.Length})",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
