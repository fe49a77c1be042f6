using System.CommandLine;

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
    public static Option<int> AtLeast(this Option<int> option, int least) => option.Within(least, int.MaxValue);

    /// <inheritdoc cref="AtLeast(Option{int}, int)"/>
    public static Option<int?> AtLeast(this Option<int?> option, int least)
    {
        option.CustomParser = result => InvariantNumbers.Parse(result, least, int.MaxValue);
        return option;
    }

    /// <summary>Refuses numbers outside of two bounds when the command line is parsed.</summary>
    public static Option<int> Within(this Option<int> option, int least, int most)
    {
        option.CustomParser = result => InvariantNumbers.Parse(result, least, most);
        return option;
    }

    /// <summary>The most tokens of an answer as llama.cpp takes it: -1 and -2 stand for no limit, which is what null says here; 0 asks for none.</summary>
    public static int? TokenLimit(int? typed) => typed is > 0 ? typed : null;
}
