using System.CommandLine;
using System.CommandLine.Parsing;

namespace Winnow.Cli.Options;

/// <summary>Turns the engine's refusal of a value that the user typed into an error of the command line.</summary>
internal static class UserInput
{
    /// <summary>Reads options into the engine's records, which check ranges.</summary>
    /// <exception cref="UsageException">A value was refused: the engine's message, without the name of a parameter that no user has seen.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.ParamName is null ? e.Message : e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal));
        }
    }

    /// <summary>Refuses numbers below a bound when the command line is parsed.</summary>
    public static Option<int> AtLeast(this Option<int> option, int least)
    {
        option.Validators.Add(result => Check(result, result.GetValueOrDefault<int>(), option.Name, least));
        return option;
    }

    /// <inheritdoc cref="AtLeast(Option{int}, int)"/>
    public static Option<int?> AtLeast(this Option<int?> option, int least)
    {
        option.Validators.Add(result => Check(result, result.GetValueOrDefault<int?>(), option.Name, least));
        return option;
    }

    private static void Check(OptionResult result, int? value, string name, int least)
    {
        if (value < least)
        {
            result.AddError($"{name} is {value}; it must be at least {least}");
        }
    }
}
