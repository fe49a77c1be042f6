using System.CommandLine;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Compute.Cpu;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow devices</c>: what can compute here.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        Command command = new("devices", "List what can compute, by the names that --device takes.");
        Option<bool> json = new("--json") { Description = "Print a JSON array." };
        command.Add(json);
        command.SetAction(parsed =>
        {
            using CpuDevice cpu = new();
            if (parsed.GetValue(json))
            {
                JsonOutput.WriteValue(writer =>
                {
                    writer.WriteStartArray();
                    writer.WriteStartObject();
                    writer.WriteString("name", cpu.Name);
                    writer.WriteString("description", cpu.Description);
                    writer.WriteString("isa", ModelOptions.NameOf(cpu.Isa));
                    writer.WriteNumber("threads", cpu.Threads);
                    writer.WriteEndObject();
                    writer.WriteEndArray();
                });
            }
            else
            {
                TextTable table = new("device", "what it is");
                table.Add(cpu.Name, cpu.Description);
                Console.Out.Write(table);
            }

            return ExitCodes.Success;
        });
        return command;
    }
}
