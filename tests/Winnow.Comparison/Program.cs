using System.Diagnostics;
using System.Globalization;
using Winnow.Comparison;

// One engine a process, so that memory and start are its own:
//   dotnet run -c Release --project tests/Winnow.Comparison -- winnow|llamasharp MODEL.gguf [TOKENS] [ROUNDS]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is not [("winnow" or "llamasharp") and var engine, var model, ..])
{
    Console.Error.WriteLine("winnow|llamasharp MODEL.gguf [TOKENS] [ROUNDS]");
    return 2;
}

Workload work = new(model, args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 64);
int rounds = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 3;
DateTime started = Process.GetCurrentProcess().StartTime;
using IContestant contestant = engine == "winnow" ? new WinnowContestant(work) : new LlamaSharpContestant(work);
Console.WriteLine($"{engine}: loaded {(DateTime.Now - started).TotalMilliseconds:F0} ms after the start of the process");
bool isFirst = true;
for (int round = 0; round < rounds; round++)
{
    foreach (int conversations in (int[])[1, 8])
    {
        Stopwatch watch = Stopwatch.StartNew();
        double prompts = 0;
        await contestant.AnswerAsync(conversations, () =>
        {
            prompts = watch.Elapsed.TotalSeconds;
            if (isFirst)
            {
                isFirst = false;
                Console.WriteLine($"{engine}: first token {(DateTime.Now - started).TotalMilliseconds:F0} ms after the start of the process");
            }
        });
        double all = watch.Elapsed.TotalSeconds;
        Console.WriteLine(
            $"{engine}: {conversations} conversations, {conversations * work.AnswerTokens / all:F1} tok/s with prompts, {conversations * (work.AnswerTokens - 1) / (all - prompts):F1} once all answer");
    }
}

if (File.Exists("/proc/self/status"))
{
    Console.WriteLine($"{engine}: {File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))}");
}

return 0;
