using System.Numerics;
using Winnow.Templates.Jinja.Nodes;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja;

/// <summary>Truth, equality, order, membership. The runtime is also the comparer of dict keys.</summary>
internal sealed partial class Runtime : IEqualityComparer<object>, IComparer<object?>
{
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool flag => flag,
        string text => text.Length > 0,
        long number => number != 0,
        double number => number != 0,
        BigInteger => true,
        Undefined => false,
        _ => value is LoopVariable || TryCount(value) is not 0,
    };

    public bool Compare(Comparison operation, object? left, object? right) => operation switch
    {
        Comparison.Equal => AreEqual(left, right),
        Comparison.NotEqual => !AreEqual(left, right),
        Comparison.In => Contains(right, left),
        Comparison.NotIn => !Contains(right, left),
        Comparison.Less => Order(left, right, "<") is < 0,
        Comparison.LessOrEqual => Order(left, right, "<=") is <= 0,
        Comparison.Greater => Order(left, right, ">") is > 0,
        _ => Order(left, right, ">=") is >= 0,
    };

    public bool AreEqual(object? left, object? right)
    {
        switch (left, right)
        {
            case (string first, string second):
                Charge(first.Length == second.Length ? first.Length / CharactersPerStep : 0);
                return first == second;
            case (long first, long second):
                return first == second;
            case (Markup or string, Markup or string):
                Charge(left.ToString()!.Length / CharactersPerStep);
                return left.ToString() == right.ToString();
            case (Undefined, Undefined):
                return true;
            case (List<object?> first, List<object?> second):
                return AreEqual(first, second);
            case (PythonTuple first, PythonTuple second):
                return AreEqual(first.Items, second.Items);
            case (PythonDict first, PythonDict second):
                return AreEqual(first, second);
            case (PythonRange first, PythonRange second):
                return AreEqual(first.Items.ToList(), second.Items.ToList());
            case (DictView { Kind: not DictViewKind.Values } first, DictView { Kind: not DictViewKind.Values } second):
                return first.Count == second.Count && first.Items.All(item => Contains(second, item));
            default:
                return Number.Is(left) && Number.Is(right) ? CompareNumbers(left, right) == 0 : Equals(left, right);
        }
    }

    public bool Contains(object? container, object? item)
    {
        switch (container)
        {
            case string or Markup:
                string text = container.ToString()!;
                string part = PythonText.AsString(item)
                    ?? throw TemplateRuntimeException.Type($"'in <string>' requires string as left operand, not {PythonType.Name(item)}");
                ChargeSearch(text, part);
                return text.Contains(part, StringComparison.Ordinal);
            case PythonDict dict:
                return dict.TryGet(RequireHashable(item), out _);
            case DictView { Kind: DictViewKind.Keys } keys:
                return keys.Dict.TryGet(RequireHashable(item), out _);
            default:
                foreach (object? candidate in TryIterate(container, out IEnumerable<object?> items)
                    ? items
                    : throw TemplateRuntimeException.Type($"argument of type '{PythonType.Name(container)}' is not iterable"))
                {
                    if (AreEqual(candidate, item))
                    {
                        return true;
                    }
                }

                return false;
        }
    }

    /// <summary>Which of two values comes first; null where numbers have no order.</summary>
    /// <exception cref="TemplateRuntimeException">Values of these types have no order.</exception>
    public int? Order(object? left, object? right, string sign = "<")
    {
        switch (left, right)
        {
            case (long first, long second):
                return first.CompareTo(second);
            case (Markup or string, Markup or string):
                Charge(Math.Min(left.ToString()!.Length, right.ToString()!.Length) / CharactersPerStep);
                return CodePoints.Compare(left.ToString()!, right.ToString()!);
            case (List<object?> first, List<object?> second):
                return Order(first, second, sign);
            case (PythonTuple first, PythonTuple second):
                return Order(first.Items, second.Items, sign);
            case (Undefined undefined, _):
                throw undefined.Fail();
            case (_, Undefined undefined):
                throw undefined.Fail();
            default:
                return Number.Is(left) && Number.Is(right)
                    ? CompareNumbers(left, right)
                    : throw TemplateRuntimeException.Type(
                        $"'{sign}' not supported between instances of '{PythonType.Name(left)}' and '{PythonType.Name(right)}'");
        }
    }

    public bool IsHashable(object? value) => value switch
    {
        List<object?> or PythonDict => false,
        PythonTuple tuple => AllHashable(tuple.Items),
        _ => true,
    };

    public object? RequireHashable(object? value) => IsHashable(value)
        ? value
        : throw TemplateRuntimeException.Type($"unhashable type: '{PythonType.Name(value)}'");

    int IComparer<object?>.Compare(object? left, object? right) => Order(left, right) ?? 0;

    bool IEqualityComparer<object>.Equals(object? left, object? right) => AreEqual(left, right);

    int IEqualityComparer<object>.GetHashCode(object value)
    {
        switch (value)
        {
            case PythonTuple tuple:
                Charge(tuple.Items.Length + 1);
                CheckStack();
                HashCode hash = default;
                foreach (object? item in tuple.Items)
                {
                    hash.Add(item ?? Missing.Value, this);
                }

                return hash.ToHashCode();
            case List<object?> or PythonDict:
                throw TemplateRuntimeException.Type($"unhashable type: '{PythonType.Name(value)}'");
            case string or Markup:
                string text = value.ToString()!;
                Charge(text.Length / CharactersPerStep);
                return text.GetHashCode(StringComparison.Ordinal);
            case double number when double.IsFinite(number) && Math.Floor(number) == number:
                return new BigInteger(number).GetHashCode();
            case Undefined:
                return 1;
            case PythonRange range:
                return range.Count;
            default:
                return Number.TryInteger(value, out BigInteger integer) ? integer.GetHashCode() : value.GetHashCode();
        }
    }

    private bool AllHashable(object?[] items)
    {
        Charge(items.Length + 1);
        CheckStack();
        return Array.TrueForAll(items, IsHashable);
    }

    private bool AreEqual(IList<object?> left, IList<object?> right)
    {
        Charge(1);
        CheckStack();
        if (left.Count != right.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Count; i++)
        {
            Charge(1);
            if (!AreEqual(left[i], right[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool AreEqual(PythonDict left, PythonDict right)
    {
        Charge(1);
        CheckStack();
        if (left.Count != right.Count)
        {
            return false;
        }

        foreach ((object? key, object? value) in left.Entries)
        {
            Charge(1);
            if (!right.TryGet(key, out object? other) || !AreEqual(value, other))
            {
                return false;
            }
        }

        return true;
    }

    private int? Order(IList<object?> left, IList<object?> right, string sign)
    {
        Charge(1);
        CheckStack();
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            Charge(1);
            if (!AreEqual(left[i], right[i]))
            {
                return Order(left[i], right[i], sign);
            }
        }

        return left.Count.CompareTo(right.Count);
    }

    private static int? CompareNumbers(object? left, object? right)
    {
        if (Number.TryInteger(left, out BigInteger first) && Number.TryInteger(right, out BigInteger second))
        {
            return first.CompareTo(second);
        }

        double x = Number.ToDouble(left);
        double y = Number.ToDouble(right);
        return double.IsNaN(x) || double.IsNaN(y) ? null : x.CompareTo(y);
    }
}
