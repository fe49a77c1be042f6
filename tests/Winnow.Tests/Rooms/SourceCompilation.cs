using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Winnow.Tests.Rooms;

/// <summary>A project's sources as the compiler sees them, for the references between types: constants count, comments do not.</summary>
internal sealed class SourceCompilation
{
    private const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Preview, DocumentationMode.None);

    private readonly CSharpCompilation _compilation;

    private SourceCompilation(CSharpCompilation compilation) => _compilation = compilation;

    /// <summary>Compiles the sources of a folder.</summary>
    /// <param name="name">The assembly, whose folder below <c>src</c> has its name.</param>
    /// <param name="projects">Other projects that it refers to.</param>
    /// <param name="friends">Assemblies that see its internals.</param>
    public static SourceCompilation Of(string name, IEnumerable<SourceCompilation>? projects = null, params string[] friends)
    {
        string folder = Path.Combine(Repository.Root, "src", name);
        string[] outputs = [.. ((string[])["bin", "obj"]).Select(output => Path.Combine(folder, output) + Path.DirectorySeparatorChar)];
        string attributes = string.Concat(friends.Select(friend => $"[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"{friend}\")]\n"));
        IEnumerable<SyntaxTree> trees = Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(file => !outputs.Any(output => file.StartsWith(output, StringComparison.Ordinal)))
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), ParseOptions, Path.GetRelativePath(Repository.Root, file)))
            .Append(CSharpSyntaxTree.ParseText(GlobalUsings + attributes, ParseOptions));
        IEnumerable<MetadataReference> platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("Winnow", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path));
        return new SourceCompilation(CSharpCompilation.Create(
            name,
            trees,
            [.. platform, .. (projects ?? []).Select(project => project._compilation.ToMetadataReference())],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable)));
    }

    /// <summary>Every place where a source file takes a type of these projects, or a member of one.</summary>
    /// <remarks>A name that does not bind would be a reference that nobody sees: it is an error.</remarks>
    public IReadOnlyList<TypeReference> References()
    {
        List<TypeReference> references = [];
        Parallel.ForEach(_compilation.SyntaxTrees, tree =>
        {
            List<TypeReference> found = [.. References(tree)];
            lock (references)
            {
                references.AddRange(found);
            }
        });
        return references;
    }

    private IEnumerable<TypeReference> References(SyntaxTree tree)
    {
        SemanticModel model = _compilation.GetSemanticModel(tree);
        foreach (SimpleNameSyntax name in tree.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax).OfType<SimpleNameSyntax>())
        {
            SymbolInfo info = model.GetSymbolInfo(name);
            Assert.True(info.CandidateReason is CandidateReason.None or CandidateReason.MemberGroup, $"{name} in {tree.FilePath} does not bind: {info.CandidateReason}");
            ISymbol? symbol = info.Symbol;
            INamedTypeSymbol? taken = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
            if (taken?.ContainingAssembly?.Name.StartsWith("Winnow", StringComparison.Ordinal) == true
                && model.GetEnclosingSymbol(name.SpanStart) is { } place)
            {
                INamedTypeSymbol from = place as INamedTypeSymbol ?? place.ContainingType ?? taken;
                FileLinePositionSpan line = name.GetLocation().GetLineSpan();
                yield return new TypeReference(
                    Full(from), Full(taken), taken.ContainingAssembly.Name, IsInternal(taken) || IsInternal(symbol!), $"{line.Path}:{line.StartLinePosition.Line + 1}");
            }
        }
    }

    private static bool IsInternal(ISymbol symbol)
    {
        for (ISymbol? at = symbol; at is not null and not INamespaceSymbol; at = at.ContainingSymbol)
        {
            if (at.DeclaredAccessibility is Accessibility.Internal or Accessibility.ProtectedAndInternal)
            {
                return true;
            }
        }

        return false;
    }

    private static string Full(INamedTypeSymbol type)
    {
        while (type.ContainingType is { } outer)
        {
            type = outer;
        }

        return $"{type.ContainingNamespace.ToDisplayString()}.{type.Name}";
    }
}
