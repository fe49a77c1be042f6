namespace Winnow.Templates.Jinja.Nodes;

/// <summary>A whole template.</summary>
internal sealed class TemplateBody(Block block)
{
    public TextBuilder Render(Scope context)
    {
        Statement.Execute(block.Statements, block.Open(context));
        return context.Runtime.Output;
    }
}
