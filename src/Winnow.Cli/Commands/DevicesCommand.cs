using System.CommandLine;
using System.Globalization;
using Winnow.Cli.Output;
using Winnow.Compute;
using Winnow.Lab.Devices;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow devices</c>: what can compute here.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        Command command = new("devices", "List what can compute, by the names that --device takes.");
        Option<bool> json = new("--json") { Description = "Print a JSON array." };
        Option<bool> check = new("--check") { Description = "Compare what each device computes with the processor, one line a group of operations." };
        Option<string?> only = new("--device") { Description = "With --check: the device to look at; by default all but the processor.", HelpName = "NAME" };
        command.Add(json);
        command.Add(check);
        command.Add(only);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(check))
            {
                return Check(parsed.GetValue(only));
            }

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
                TextTable table = new("device", "what it is") { TextColumns = 2 };
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

    private static int Check(string? only)
    {
        string[] names = only is not null
            ? [only]
            : [.. Devices.List().Where(device => device.Refusal is null && device.Name != "cpu").Select(device => device.Name)];
        bool passes = true;
        foreach (string name in names)
        {
            using DeviceCheck device = DeviceCheck.Open(name);
            Console.Out.WriteLine(VisibleText.OneLine($"{device.Name}: {device.Description}"));
            foreach (DeviceCheckResult result in device.Run())
            {
                passes &= result.Passes;
                string what = result.Failure ?? string.Create(
                    CultureInfo.InvariantCulture, $"differs by {result.Error:0.0E+0} of {result.Allowed:0.0E+0} allowed, {result.Milliseconds:F0} ms");
                Console.Out.WriteLine(VisibleText.OneLine($"{(result.Passes ? "ok    " : "FAILED")} {result.Name}: {what}"));
            }
        }

        if (names.Length == 0)
        {
            Console.Out.WriteLine("there is no device but the processor");
        }

        return passes ? ExitCodes.Success : ExitCodes.Failure;
    }
}
