using Winnow.Templates.Jinja.Library;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja;

/// <summary>The variables of a template, a loop iteration, a macro call or a block.</summary>
internal sealed class Scope(Runtime runtime, Scope? parent)
{
    /// <summary>How many scopes that do not have a name cost one step.</summary>
    private const int HopsPerStep = 16;

    private Dictionary<string, object?>? _variables;

    public Runtime Runtime { get; } = runtime;

    public Scope? Parent { get; } = parent;

    public object? Get(string name)
    {
        int hops = 0;
        for (Scope? scope = this; scope is not null; scope = scope.Parent)
        {
            if ((++hops & (HopsPerStep - 1)) == 0)
            {
                Runtime.Charge(1);
            }

            if (scope._variables is not null && scope._variables.TryGetValue(name, out object? value))
            {
                return value is Missing ? Undefined.Variable(name) : value;
            }
        }

        return Globals.Table.TryGetValue(name, out Builtin? global) ? global : Undefined.Variable(name);
    }

    public void Set(string name, object? value) => (_variables ??= new Dictionary<string, object?>(StringComparer.Ordinal))[name] = value;

    /// <summary>Hides variables of outer scopes until they are set here, for names that a scope sets before it reads them.</summary>
    public void Hide(IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            Set(name, Missing.Value);
        }
    }
}
