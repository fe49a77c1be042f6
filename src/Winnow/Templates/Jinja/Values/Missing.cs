namespace Winnow.Templates.Jinja.Values;

/// <summary>Stands where no value was given: a parameter without an argument, a variable that is not set yet.</summary>
internal sealed class Missing
{
    private Missing()
    {
    }

    public static Missing Value { get; } = new();
}
