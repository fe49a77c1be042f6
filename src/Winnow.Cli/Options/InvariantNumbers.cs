using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Winnow.Cli.Options;

/// <summary>Numbers on the command line mean the same in every language: a point before the decimals, no separators of thousands.</summary>
internal static class InvariantNumbers
{
    /// <summary>Lets all options of a command and its subcommands read numbers that way.</summary>
    public static void Use(Command command)
    {
        foreach (Option option in command.Options)
        {
            switch (option)
            {
                case Option<int> number: number.CustomParser ??= Parse<int>; break;
                case Option<int?> number: number.CustomParser ??= result => Parse<int>(result); break;
                case Option<long> number: number.CustomParser ??= Parse<long>; break;
                case Option<ulong> number: number.CustomParser ??= Parse<ulong>; break;
                case Option<float> number: number.CustomParser ??= Parse<float>; break;
                case Option<double> number: number.CustomParser ??= Parse<double>; break;
                default: break;
            }
        }

        foreach (Command child in command.Subcommands)
        {
            Use(child);
        }
    }

    /// <summary>Reads a number.</summary>
    /// <param name="result">What was typed; gets the error.</param>
    public static T Parse<T>(ArgumentResult result)
        where T : struct, INumber<T>, IMinMaxValue<T> => Parse(result, T.MinValue, T.MaxValue);

    /// <summary>Reads a number between two bounds.</summary>
    /// <param name="result">What was typed; gets the error.</param>
    /// <param name="least">The least that is allowed.</param>
    /// <param name="most">The most that is allowed.</param>
    public static T Parse<T>(ArgumentResult result, T least, T most)
        where T : struct, INumber<T>, IMinMaxValue<T>
    {
        string name = result.Parent is OptionResult { Option.Name: { } option } ? option : "the argument";
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        bool isWhole = T.IsZero(T.One / (T.One + T.One));
        if (!T.TryParse(text, isWhole ? NumberStyles.AllowLeadingSign : NumberStyles.Float, CultureInfo.InvariantCulture, out T value))
        {
            result.AddError(isWhole
                ? $"{name}: '{text}' is no whole number that fits, such as 512"
                : $"{name}: '{text}' is no number; write it like 0.5");
        }
        else if (value < least)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be at least {least}"));
        }
        else if (value > most)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must be at most {most}"));
        }

        return value;
    }
}
