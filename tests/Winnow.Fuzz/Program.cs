using System.CommandLine;
using Winnow.Fuzz.Commands;

RootCommand root = new("Tries damaged files and hostile requests on Winnow: each is to be refused with an error that says why, or to work.")
{
    RunCommand.CreateOne(),
    RunCommand.CreateAll(),
    ReproCommand.CreateRepro(),
    ReproCommand.CreateOnce(),
    WorkerCommand.Create(),
};

return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
