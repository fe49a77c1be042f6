namespace Winnow.Compute;

/// <summary>Which pages of a layer are read.</summary>
/// <param name="Page">Tokens of a page.</param>
/// <param name="Pages">Pages to choose, the recent ones included.</param>
/// <param name="Recent">Last pages that are always chosen.</param>
internal readonly record struct PageChoice(int Page, int Pages, int Recent)
{
    /// <summary>Pages that so many rows take, the last one perhaps not full.</summary>
    public int PageCount(int length) => (length + Page - 1) / Page;
}
