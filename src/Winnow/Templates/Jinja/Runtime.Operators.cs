using System.Numerics;
using Winnow.Templates.Jinja.Library;
using Winnow.Templates.Jinja.Nodes;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja;

/// <summary>Arithmetic, and what its signs mean for texts and lists.</summary>
internal sealed partial class Runtime
{
    public object? Calculate(BinaryOperator operation, object? left, object? right)
    {
        if (left is Undefined || right is Undefined)
        {
            // A text on the left of the percent sign formats its operand, and prints what is undefined as nothing.
            if (operation != BinaryOperator.Modulo || PythonText.AsString(left) is null)
            {
                throw (left as Undefined ?? (Undefined)right!).Fail();
            }
        }

        if (left is long a && right is long b && TryCalculate(operation, a, b, out long small))
        {
            return small;
        }

        if (Number.Is(left) && Number.Is(right))
        {
            Charge(4);
            return Number.TryInteger(left, out BigInteger x) && Number.TryInteger(right, out BigInteger y)
                ? CalculateIntegers(operation, x, y)
                : CalculateDoubles(operation, Number.ToDouble(left), Number.ToDouble(right));
        }

        return operation switch
        {
            BinaryOperator.Add => Add(left, right),
            BinaryOperator.Multiply when Number.TryIndex(right, out int count) && IsSequence(left) => Repeat(left, count),
            BinaryOperator.Multiply when Number.TryIndex(left, out int count) && IsSequence(right) => Repeat(right, count),
            BinaryOperator.Modulo when left is string format => PercentFormat.Apply(this, format, right, escape: false),
            BinaryOperator.Modulo when left is Markup format => new Markup(PercentFormat.Apply(this, format.Text, right, escape: true)),
            _ => throw Unsupported(operation, left, right),
        };
    }

    public static object? Sign(bool negative, object? value) => value switch
    {
        Undefined undefined => throw undefined.Fail(),
        double number => negative ? -number : number,
        _ when Number.TryInteger(value, out BigInteger integer) => Number.Normalize(negative ? -integer : integer),
        _ => throw TemplateRuntimeException.Type($"bad operand type for unary {(negative ? '-' : '+')}: '{PythonType.Name(value)}'"),
    };

    public object? Add(object? left, object? right)
    {
        switch (left, right)
        {
            case (Undefined undefined, _):
                throw undefined.Fail();
            case (_, Undefined undefined):
                throw undefined.Fail();
            case (Markup or string, Markup or string) when left is Markup || right is Markup:
                string escaped = Concat(EscapeText(left), EscapeText(right));
                ChargeText(escaped.Length);
                return new Markup(escaped);
            case (string first, string second):
                ChargeText((long)first.Length + second.Length);
                return Concat(first, second);
            case (List<object?> first, List<object?> second):
                Charge(first.Count + second.Count);
                return new List<object?>([.. first, .. second]);
            case (PythonTuple first, PythonTuple second):
                Charge(first.Items.Length + second.Items.Length);
                return new PythonTuple([.. first.Items, .. second.Items]);
            case (string or Markup, _):
                throw TemplateRuntimeException.Type($"can only concatenate str (not \"{PythonType.Name(right)}\") to str");
            case (List<object?>, _):
                throw TemplateRuntimeException.Type($"can only concatenate list (not \"{PythonType.Name(right)}\") to list");
            default:
                return Number.Is(left) && Number.Is(right)
                    ? Calculate(BinaryOperator.Add, left, right)
                    : throw Unsupported(BinaryOperator.Add, left, right);
        }
    }

    /// <summary>A text, escaped unless it is markup already.</summary>
    public string EscapeText(object? value)
    {
        if (value is Markup markup)
        {
            return markup.Text;
        }

        string text = ToText(value);
        ChargeText(Markup.EscapedLength(text));
        return Made(Markup.Escape(text), text);
    }

    private static bool IsSequence(object? value) => value is string or Markup or List<object?> or PythonTuple;

    private object Repeat(object? value, int count)
    {
        count = Math.Max(count, 0);
        switch (value)
        {
            case List<object?> list:
                Charge((long)list.Count * count);
                return Enumerable.Repeat(list, count).SelectMany(items => items).ToList();
            case PythonTuple tuple:
                Charge((long)tuple.Items.Length * count);
                return new PythonTuple([.. Enumerable.Repeat(tuple.Items, count).SelectMany(items => items)]);
            default:
                string text = value!.ToString()!;
                ChargeText((long)text.Length * count);
                string repeated = text.Length == 0 ? "" : Made(string.Concat(Enumerable.Repeat(text, count)), text);
                return value is Markup ? new Markup(repeated) : repeated;
        }
    }

    private static bool TryCalculate(BinaryOperator operation, long left, long right, out long result)
    {
        try
        {
            checked
            {
                (bool done, result) = operation switch
                {
                    BinaryOperator.Add => (true, left + right),
                    BinaryOperator.Subtract => (true, left - right),
                    BinaryOperator.Multiply when Math.Abs(left) <= int.MaxValue && Math.Abs(right) <= int.MaxValue => (true, left * right),
                    _ => (false, 0),
                };
                return done;
            }
        }
        catch (OverflowException)
        {
            result = 0;
            return false;
        }
    }

    private static object CalculateIntegers(BinaryOperator operation, BigInteger left, BigInteger right) => operation switch
    {
        BinaryOperator.Add => Number.Normalize(left + right),
        BinaryOperator.Subtract => Number.Normalize(left - right),
        BinaryOperator.Multiply => Number.Normalize(left * right),
        BinaryOperator.Power => right.Sign < 0 ? CalculateDoubles(operation, (double)left, (double)right) : Power(left, right),
        _ when right.IsZero => throw new TemplateRuntimeException("ZeroDivisionError: division by zero"),
        BinaryOperator.Divide => (double)left / (double)right,
        BinaryOperator.FloorDivide => Number.Normalize((left - Modulo(left, right)) / right),
        _ => Number.Normalize(Modulo(left, right)),
    };

    private static BigInteger Modulo(BigInteger left, BigInteger right)
    {
        BigInteger remainder = BigInteger.Remainder(left, right);
        return remainder.Sign != 0 && remainder.Sign != right.Sign ? remainder + right : remainder;
    }

    private static object Power(BigInteger value, BigInteger exponent)
    {
        if (BigInteger.Abs(value) <= 1)
        {
            return Number.Normalize(exponent.IsZero ? 1 : exponent.IsEven ? value * value : value);
        }

        // The result has at least (bits of the base - 1) × exponent bits.
        return (BigInteger)(value.GetBitLength() - 1) * exponent > Number.MaxBits
            ? throw new TemplateRuntimeException($"OverflowError: an integer has more than {Number.MaxBits} bits")
            : Number.Normalize(BigInteger.Pow(value, (int)exponent));
    }

    private static double CalculateDoubles(BinaryOperator operation, double left, double right)
    {
        switch (operation)
        {
            case BinaryOperator.Add:
                return left + right;
            case BinaryOperator.Subtract:
                return left - right;
            case BinaryOperator.Multiply:
                return left * right;
            case BinaryOperator.Power:
                return PowerOfDoubles(left, right);
        }

        if (right == 0)
        {
            throw new TemplateRuntimeException("ZeroDivisionError: float division by zero");
        }

        double remainder = left % right;
        remainder += remainder != 0 && (remainder < 0) != (right < 0) ? right : 0;
        return operation switch
        {
            BinaryOperator.Divide => left / right,
            BinaryOperator.FloorDivide => Math.Round((left - remainder) / right),
            _ => remainder,
        };
    }

    private static double PowerOfDoubles(double left, double right)
    {
        if (left == 0 && right < 0)
        {
            throw new TemplateRuntimeException("ZeroDivisionError: 0.0 cannot be raised to a negative power");
        }

        double power = Math.Pow(left, right);
        return double.IsNaN(power) && !double.IsNaN(left) && !double.IsNaN(right)
                ? throw TemplateRuntimeException.Value("a negative number has no fractional power among the real numbers")
            : double.IsInfinity(power) && double.IsFinite(left) && double.IsFinite(right)
                ? throw new TemplateRuntimeException("OverflowError: (34, 'Numerical result out of range')")
            : power;
    }

    private static TemplateRuntimeException Unsupported(BinaryOperator operation, object? left, object? right)
    {
        string sign = operation switch
        {
            BinaryOperator.Add => "+",
            BinaryOperator.Subtract => "-",
            BinaryOperator.Multiply => "*",
            BinaryOperator.Divide => "/",
            BinaryOperator.FloorDivide => "//",
            BinaryOperator.Modulo => "%",
            _ => "** or pow()",
        };
        return TemplateRuntimeException.Type(
            $"unsupported operand type(s) for {sign}: '{PythonType.Name(left)}' and '{PythonType.Name(right)}'");
    }
}
