namespace Winnow.Templates.Jinja.Syntax;

/// <summary>
/// The names that a template, loop body, macro or block uses, collected while parsing. Jinja binds names statically: one that a
/// scope sets before it reads it is the scope's own from the start, so that an inner scope which reads it too early finds nothing,
/// not a variable of the same name outside.
/// </summary>
internal sealed class ScopeNames(ScopeNames? parent)
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly HashSet<string> _setFirst = new(StringComparer.Ordinal);

    public ScopeNames? Parent { get; } = parent;

    /// <summary>How many if-statements surround the place being parsed: what they set may also come from outside.</summary>
    public int BranchDepth { get; set; }

    /// <summary>The names that are undefined until this scope sets them; known when the whole template is parsed.</summary>
    public IReadOnlyList<string> Hidden { get; private set; } = [];

    public void Declare(string name) => _used.Add(name);

    public void Read(string name)
    {
        if (!Uses(name))
        {
            _used.Add(name);
        }
    }

    public void Write(string name)
    {
        if (_used.Add(name) && BranchDepth == 0)
        {
            _setFirst.Add(name);
        }
    }

    public void Complete() => Hidden = [.. _setFirst.Where(name => Parent is null || !Parent.Uses(name))];

    private bool Uses(string name)
    {
        for (ScopeNames? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._used.Contains(name))
            {
                return true;
            }
        }

        return false;
    }
}
