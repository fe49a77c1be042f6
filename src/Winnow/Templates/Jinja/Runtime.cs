using System.Runtime.CompilerServices;

namespace Winnow.Templates.Jinja;

/// <summary>
/// One rendering: what it has written, what it may still spend, and Python's semantics of values, which all draw on that budget.
/// Values are: null for None, <see cref="bool"/>, <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>,
/// <see cref="string"/>, <see cref="List{T}"/> for lists, and the types of the folder Values.
/// </summary>
/// <param name="limits">What the rendering may spend.</param>
/// <param name="clock">The clock that a template may read.</param>
/// <param name="origins">Where its texts come from, if that is asked for.</param>
/// <param name="cancellation">The caller's.</param>
internal sealed partial class Runtime(ChatTemplateLimits limits, TimeProvider clock, TextOrigins? origins, CancellationToken cancellation)
{
    /// <summary>How many characters cost one step.</summary>
    private const int CharactersPerStep = 16;

    private readonly Budget _budget = new(
        limits.MaxSteps, limits.MaxTime, spent => new TemplateRuntimeException($"the rendering takes {spent}"), cancellation);

    private int _callDepth;

    public TimeProvider Clock { get; } = clock;

    public TextBuilder Output { get; private set; } = new(origins);

    /// <summary>The line that is being executed.</summary>
    public int Line { get; private set; } = 1;

    /// <summary>Spends one step at a line.</summary>
    public void Step(int line)
    {
        Line = line;
        Charge(1);
        CheckStack();
    }

    /// <summary>Spends steps.</summary>
    public void Charge(long steps) => _budget.Charge(steps);

    /// <summary>Spends what making a text costs, before it is made.</summary>
    public void ChargeText(long length)
    {
        CheckTextLength(length);
        Charge(length / CharactersPerStep);
    }

    /// <summary>Spends what it costs to look for a text in another.</summary>
    public void ChargeSearch(string text, string part) => Charge(text.Length / CharactersPerStep * (1 + (part.Length / 64L)));

    public static void CheckStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateRuntimeException("RecursionError: values or calls nest too deeply");
        }
    }

    public void EnterCall()
    {
        if (++_callDepth > limits.MaxCallDepth)
        {
            throw new TemplateRuntimeException($"RecursionError: macros or loops call each other more than {limits.MaxCallDepth} deep");
        }
    }

    public void LeaveCall() => _callDepth--;

    public void Write(string text)
    {
        CheckTextLength((long)Output.Length + text.Length);
        Charge(text.Length / CharactersPerStep);
        Output.Append(text);
    }

    /// <summary>Directs what is written into a new buffer; returns the one to go back to.</summary>
    public TextBuilder BeginCapture()
    {
        TextBuilder outer = Output;
        Output = NewText();
        return outer;
    }

    /// <summary>What was written since the capture began.</summary>
    public string EndText()
    {
        ChargeText(Output.Length);
        return Output.ToString();
    }

    public void EndCapture(TextBuilder outer) => Output = outer;

    public void CheckTextLength(long length)
    {
        if (length > limits.MaxTextLength)
        {
            throw new TemplateRuntimeException($"the template makes a text longer than the {limits.MaxTextLength} characters allowed");
        }
    }
}
