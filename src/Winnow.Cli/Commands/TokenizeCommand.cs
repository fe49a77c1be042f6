using System.CommandLine;
using System.Text;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Tokenization;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow tokenize</c>: the ids of a text.</summary>
internal static class TokenizeCommand
{
    public static Command Create()
    {
        Command command = new("tokenize", "Show how a text becomes tokens; only the vocabulary is loaded.");
        Option<string?> model = new("--model", "-m") { Description = "GGUF file or Hugging Face directory; the bundled lab model by default.", HelpName = "FILE" };
        PromptOptions prompt = new PromptOptions().AddTo(command);
        Option<bool> special = new("--special") { Description = "Parse control tokens in the text." };
        Option<bool> bos = new("--bos") { Description = "Put the begin-of-text token in front where the model wants one." };
        Option<bool> json = new("--json") { Description = "Print one JSON object: ids and pieces." };
        foreach (Option option in (Option[])[model, special, bos, json])
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            string text = prompt.Text(parsed) ?? throw new UsageException("tokenize needs a text: -p TEXT or -f FILE");
            string path = parsed.GetValue(model) ?? BundledModel.Find();
            Tokenizer tokenizer = ModelText.Open(path).Tokenizer ?? throw new WinnowException($"{path} has no vocabulary");
            IReadOnlyList<int> ids = tokenizer.Encode(text, parsed.GetValue(bos), parsed.GetValue(special));
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(writer =>
                {
                    writer.WriteStartArray("ids");
                    foreach (int id in ids)
                    {
                        writer.WriteNumberValue(id);
                    }

                    writer.WriteEndArray();
                    writer.WriteStartArray("pieces");
                    foreach (int id in ids)
                    {
                        writer.WriteStringValue(Piece(tokenizer, id));
                    }

                    writer.WriteEndArray();
                });
            }
            else
            {
                foreach (int id in ids)
                {
                    Console.Out.WriteLine($"{id,8}  {Visible(Piece(tokenizer, id))}");
                }
            }

            return ExitCodes.Success;
        });
        return command;
    }

    private static string Piece(Tokenizer tokenizer, int id) =>
        tokenizer.IsControl(id) ? tokenizer.TokenText(id) : Encoding.UTF8.GetString(tokenizer.TokenBytes(id));

    private static string Visible(string piece) => $"'{piece.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)}'";
}
