using System.Runtime.CompilerServices;
using System.Text;

namespace Winnow.Templates.Jinja;

/// <summary>
/// One rendering: what it has written, what it may still spend, and Python's semantics of values, which all draw on that budget.
/// Values are: null for None, <see cref="bool"/>, <see cref="long"/>, <see cref="System.Numerics.BigInteger"/>, <see cref="double"/>,
/// <see cref="string"/>, <see cref="List{T}"/> for lists, and the types of the folder Values.
/// </summary>
internal sealed partial class Runtime(ChatTemplateLimits limits, TimeProvider clock)
{
    /// <summary>How many characters cost one step.</summary>
    private const int CharactersPerStep = 16;

    private long _steps = limits.MaxSteps;
    private int _callDepth;

    public TimeProvider Clock { get; } = clock;

    public StringBuilder Output { get; private set; } = new();

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
    public void Charge(long steps)
    {
        _steps -= steps;
        if (_steps < 0)
        {
            throw new TemplateRuntimeException($"the rendering takes more than the {limits.MaxSteps} steps it may take");
        }
    }

    /// <summary>Spends what making a text costs, before it is made.</summary>
    public void ChargeText(long length)
    {
        CheckTextLength(length);
        Charge(length / CharactersPerStep);
    }

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
    public StringBuilder BeginCapture()
    {
        StringBuilder outer = Output;
        Output = new StringBuilder();
        return outer;
    }

    /// <summary>What was written since the capture began.</summary>
    public string EndText()
    {
        ChargeText(Output.Length);
        return Output.ToString();
    }

    public void EndCapture(StringBuilder outer) => Output = outer;

    public void CheckTextLength(long length)
    {
        if (length > limits.MaxTextLength)
        {
            throw new TemplateRuntimeException($"the template makes a text longer than the {limits.MaxTextLength} characters allowed");
        }
    }
}
