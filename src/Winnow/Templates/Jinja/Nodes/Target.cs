using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Nodes;

/// <summary>What a value is assigned to.</summary>
internal abstract class Target
{
    public abstract void Assign(Scope scope, object? value);

    /// <summary>The variables that an assignment sets.</summary>
    public abstract IEnumerable<string> Names { get; }
}

internal sealed class NameTarget(string name) : Target
{
    public override IEnumerable<string> Names => [name];

    public override void Assign(Scope scope, object? value) => scope.Set(name, value);
}

/// <summary><c>namespace.attribute</c></summary>
internal sealed class NamespaceTarget(string name, string attribute) : Target
{
    public override IEnumerable<string> Names => [];

    public override void Assign(Scope scope, object? value)
    {
        if (scope.Get(name) is not Namespace container)
        {
            throw new TemplateRuntimeException("cannot assign attribute on non-namespace object");
        }

        container.Set(attribute, value);
    }
}

internal sealed class TupleTarget(Target[] targets) : Target
{
    public override IEnumerable<string> Names => targets.SelectMany(target => target.Names);

    public override void Assign(Scope scope, object? value)
    {
        List<object?> items = new(targets.Length);
        foreach (object? item in scope.Runtime.Iterate(value))
        {
            if (items.Count == targets.Length)
            {
                throw TemplateRuntimeException.Value($"too many values to unpack (expected {targets.Length})");
            }

            items.Add(item);
        }

        if (items.Count < targets.Length)
        {
            throw TemplateRuntimeException.Value($"not enough values to unpack (expected {targets.Length}, got {items.Count})");
        }

        for (int i = 0; i < targets.Length; i++)
        {
            targets[i].Assign(scope, items[i]);
        }
    }
}
