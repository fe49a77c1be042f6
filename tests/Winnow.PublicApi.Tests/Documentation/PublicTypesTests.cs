using System.Text.RegularExpressions;
using Winnow.Generation;

namespace Winnow.PublicApi.Tests.Documentation;

/// <summary>What is public is what docs/embedding.md lists with a purpose: who adds a type says there what an application wants it for.</summary>
public sealed partial class PublicTypesTests
{
    [Fact]
    public void The_page_lists_every_public_type_once_under_its_namespace()
    {
        List<string> listed = [];
        string[] namespaces = [];
        foreach (string line in Section().Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)))
        {
            string[] cells = [.. line.Trim('|', ' ').Split(" | ")];
            string[] names = [.. Quoted().Matches(cells[0]).Select(match => match.Groups[1].Value)];
            if (names[0].StartsWith("Winnow", StringComparison.Ordinal) && cells.Length == 1)
            {
                namespaces = names;
                continue;
            }

            Assert.True(cells is [_, { Length: >= 10 }], $"no purpose: {line}");
            Type?[] types = [.. namespaces.Select(name => typeof(Engine).Assembly.GetType($"{name}.{names[0]}"))];
            listed.Add(Assert.Single(types, type => type is { IsPublic: true })!.FullName!);
        }

        Assert.Equal(typeof(Engine).Assembly.GetExportedTypes().Select(type => type.FullName!).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_says_how_many_there_are() =>
        Assert.Contains($", {typeof(Engine).Assembly.GetExportedTypes().Length} types;", Section(), StringComparison.Ordinal);

    private static string Section()
    {
        string page = File.ReadAllText(Checkout.PathOf("docs/embedding.md")).ReplaceLineEndings("\n");
        return page[page.IndexOf("\n## All types\n", StringComparison.Ordinal)..];
    }

    [GeneratedRegex("`([A-Za-z0-9.]+)`")]
    private static partial Regex Quoted();
}
