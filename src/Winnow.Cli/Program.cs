using System.CommandLine;
using Winnow.Cli;
using Winnow.Cli.Commands;
using Winnow.Compute;
using Winnow.Documents.Formats;
using Winnow.Vulkan;

Devices.Add(new VulkanDeviceKind());
CommonFormats.Add();

RootCommand root = new("Winnow: local LLM inference in pure C#.")
{
    ChatCommand.Create(),
    RunCommand.Create(),
    BenchCommand.Create(),
    BatchBenchCommand.Create(),
    EvalCommand.Create(),
    CalibrateCommand.Create(),
    IndexCommand.Create(),
    DemoCommand.Create(),
    LogitsCommand.Create(),
    TokenizeCommand.Create(),
    RenderCommand.Create(),
    InspectCommand.Create(),
    QuantizeCommand.Create(),
    ImportanceCommand.Create(),
    ConvertCommand.Create(),
    SynthCommand.Create(),
    DevicesCommand.Create(),
};

return CommandHost.Run(root, args);
