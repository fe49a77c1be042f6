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
RootCommand root = new RootCommand("Winnow runs language models on this machine, in pure C#. A small model comes along: winnow chat talks with it.")
{
    ChatCommand.Create().Under(Use).WithExamples(
        "winnow chat -m model.gguf", "winnow chat --document report.pdf", "winnow chat -m model.gguf --device vulkan --ctx 16384 --attention delta"),
    RunCommand.Create().Under(Use).WithExamples(
        "winnow run -p \"Once upon a time\" -n 48", "winnow run --chat -f question.txt -m model.gguf", "winnow run -p \"A list:\" --json-schema list.json --json"),
    IndexCommand.Create().Under(Use),
    DemoCommand.Create().Under(Measure),
    BenchCommand.Create().Under(Measure).WithExamples(
        "winnow bench -m model.gguf -p 512 -n 128", "winnow bench -n 64 -p 0 -d 0,8192 --attention \"full;recycled;delta\""),
    BatchBenchCommand.Create().Under(Measure),
    EvalCommand.Create().Under(Measure),
    DevicesCommand.Create().Under(Measure),
    QuantizeCommand.Create().Under(Make).WithExamples("winnow quantize model-f16.gguf model-q4.gguf Q4_K_M", "winnow quantize model-f16.gguf small.gguf IQ3_M --imatrix model.imatrix"),
    ConvertCommand.Create().Under(Make).WithExamples("winnow convert path/to/model-folder model.gguf", "winnow convert path/to/model-folder model.gguf --type Q8_0"),
    ImportanceCommand.Create().Under(Make).WithExamples("winnow imatrix -m model-f16.gguf -f text.txt -o model.imatrix"),
    CalibrateCommand.Create().Under(Make).WithExamples("winnow calibrate -m model.gguf -f corpus.txt", "winnow calibrate -m model.gguf -f folder --methods delta,token-sparse"),
    SynthCommand.Create().Under(Make).WithExamples("winnow synth --shape llama-3.2-1b random.gguf"),
    InspectCommand.Create().Under(LookInside).WithExamples("winnow inspect model.gguf", "winnow inspect model.gguf --all --no-speed"),
    TokenizeCommand.Create().Under(LookInside).WithExamples("winnow tokenize -p \"Hello, world\" -m model.gguf"),
    RenderCommand.Create().Under(LookInside),
    LogitsCommand.Create().Under(LookInside),
}.WithExamples("winnow chat", "winnow run -p \"Once upon a time\"", "winnow help chat");

return CommandHost.Run(root, args);
