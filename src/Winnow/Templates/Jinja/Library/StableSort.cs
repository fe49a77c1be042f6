namespace Winnow.Templates.Jinja.Library;

/// <summary>A merge sort: stable as Python's, and what a comparison throws comes out as it is.</summary>
internal static class StableSort
{
    public static List<T> Sort<T>(List<T> items, Comparison<T> compare, bool reverse = false)
    {
        T[] source = [.. items];
        T[] target = new T[source.Length];
        for (int width = 1; width < source.Length; width *= 2)
        {
            for (int start = 0; start < source.Length; start += 2 * width)
            {
                Merge(source, target, start, Math.Min(start + width, source.Length), Math.Min(start + (2 * width), source.Length), compare, reverse);
            }

            (source, target) = (target, source);
        }

        return [.. source];
    }

    private static void Merge<T>(T[] source, T[] target, int left, int middle, int end, Comparison<T> compare, bool reverse)
    {
        int right = middle;
        for (int i = left; i < end; i++)
        {
            // Equal items keep their order, in a reversed sort too.
            bool takeLeft = right >= end || (left < middle
                && (reverse ? compare(source[left], source[right]) >= 0 : compare(source[right], source[left]) >= 0));
            target[i] = takeLeft ? source[left++] : source[right++];
        }
    }
}
