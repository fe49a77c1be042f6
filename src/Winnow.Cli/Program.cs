using System.CommandLine;
using Winnow.Cli;
using Winnow.Cli.Commands;
using Winnow.Cli.Help;
using Winnow.Documents.Formats;
using Winnow.Vulkan;

VulkanDevices.Add();
CommonFormats.Add();

const string Use = "Talk and read";
const string Measure = "Measure";
const string Make = "Make models";
const string LookInside = "Look inside";
(string Name, Func<Command> Create)[] commands =
[
    ("chat", () => ChatCommand.Create().Under(Use).WithExamples(
        "winnow chat -m model.gguf", "winnow chat --document report.pdf", "winnow chat -m model.gguf --device vulkan --ctx 16384 --attention delta")),
    ("run", () => RunCommand.Create().Under(Use).WithExamples(
        "winnow run -p \"Once upon a time\" -n 48", "winnow run --chat -f question.txt -m model.gguf", "winnow run -p \"A list:\" --json-schema list.json --json")),
    ("index", () => IndexCommand.Create().Under(Use)),
    ("demo", () => DemoCommand.Create().Under(Measure)),
    ("bench", () => BenchCommand.Create().Under(Measure).WithExamples(
        "winnow bench -m model.gguf -p 512 -n 128", "winnow bench -n 64 -p 0 -d 0,8192 --attention \"full;recycled;delta\"")),
    ("bench-batch", () => BatchBenchCommand.Create().Under(Measure)),
    ("eval", () => EvalCommand.Create().Under(Measure)),
    ("devices", () => DevicesCommand.Create().Under(Measure)),
    ("quantize", () => QuantizeCommand.Create().Under(Make).WithExamples("winnow quantize model-f16.gguf model-q4.gguf Q4_K_M", "winnow quantize model-f16.gguf small.gguf IQ3_M --imatrix model.imatrix")),
    ("convert", () => ConvertCommand.Create().Under(Make).WithExamples("winnow convert path/to/model-folder model.gguf", "winnow convert path/to/model-folder model.gguf --type Q8_0")),
    ("imatrix", () => ImportanceCommand.Create().Under(Make).WithExamples("winnow imatrix -m model-f16.gguf -f text.txt -o model.imatrix")),
    ("calibrate", () => CalibrateCommand.Create().Under(Make).WithExamples("winnow calibrate -m model.gguf -f corpus.txt", "winnow calibrate -m model.gguf -f folder --methods delta,token-sparse")),
    ("synth", () => SynthCommand.Create().Under(Make).WithExamples("winnow synth --shape llama-3.2-1b random.gguf")),
    ("inspect", () => InspectCommand.Create().Under(LookInside).WithExamples("winnow inspect model.gguf", "winnow inspect model.gguf --all --no-speed")),
    ("tokenize", () => TokenizeCommand.Create().Under(LookInside).WithExamples("winnow tokenize -p \"Hello, world\" -m model.gguf")),
    ("render", () => RenderCommand.Create().Under(LookInside)),
    ("logits", () => LogitsCommand.Create().Under(LookInside)),
];
RootCommand root = new RootCommand("Winnow runs language models on this machine, in pure C#. A small model comes along: winnow chat talks with it.")
    .WithExamples("winnow chat", "winnow run -p \"Once upon a time\"", "winnow help chat");

// A command that is named is the only one that is made: the options of all of them would take longer than most take to start.
bool isNamed = args is [string named, ..] && Array.Exists(commands, command => command.Name == named);
foreach ((string name, Func<Command> create) in commands)
{
    if (!isNamed || name == args[0])
    {
        root.Add(create());
    }
}

return CommandHost.Run(root, args);
