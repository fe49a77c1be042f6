using System.CommandLine;
using Winnow.Cli.Output;
using Winnow.Compute;

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
            IReadOnlyList<DeviceInfo> devices = Devices.List();
            if (parsed.GetValue(json))
            {
                JsonOutput.WriteValue(writer =>
                {
                    writer.WriteStartArray();
                    foreach (DeviceInfo device in devices)
                    {
                        writer.WriteStartObject();
                        writer.WriteString("name", device.Name);
                        writer.WriteString("description", device.Description);
                        writer.WriteString("refusal", device.Refusal);
                        foreach ((string key, string value) in device.Details)
                        {
                            writer.WriteString(key, value);
                        }

                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                });
            }
            else
            {
                TextTable table = new("device", "what it is");
                foreach (DeviceInfo device in devices)
                {
                    table.Add(device.Name, device.Refusal is null ? device.Description : $"{device.Description}: cannot be used, {device.Refusal}");
                }

                Console.Out.Write(table);
            }

            return ExitCodes.Success;
        });
        return command;
    }
}
