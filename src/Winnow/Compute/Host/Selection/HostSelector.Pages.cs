namespace Winnow.Compute.Host.Selection;

internal sealed partial class HostSelector
{
    private PageSelector? _pages;
    private PageChoice _pageChoice;

    public override void TakePages(ComputeStream stream, Matrix mass, PageChoice choice, AttentionPlan plan)
    {
        if (_pages is null || _pageChoice != choice)
        {
            _pages = new PageSelector(choice.Page, choice.Pages, choice.Recent);
            _pageChoice = choice;
        }

        ReadOnlySpan<float> values = stream.Map(mass, ref _mass);
        int length = mass.Columns;
        int heads = mass.Rows / plan.Lists;
        for (int list = 0; list < plan.Lists; list++)
        {
            // Every page but the last is full.
            int last = length - ((choice.PageCount(length) - 1) * choice.Page);
            Span<int> rows = ((HostPlan)plan).Resize(list, ((choice.Pages - 1) * choice.Page) + last);
            foreach (int page in _pages.Select(values.Slice(list * heads * length, heads * length), heads, length))
            {
                int count = Math.Min(choice.Page, length - (page * choice.Page));
                Count(rows[..count], page * choice.Page);
                rows = rows[count..];
            }
        }
    }
}
