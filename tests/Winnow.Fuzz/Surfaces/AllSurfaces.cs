namespace Winnow.Fuzz.Surfaces;

/// <summary>The surfaces by their names.</summary>
internal static class AllSurfaces
{
    private static readonly Dictionary<string, Func<Surface>> Creators = new(StringComparer.Ordinal)
    {
        ["gguf"] = () => new GgufSurface(),
        ["split-gguf"] = () => new SplitGgufSurface(),
        ["safetensors"] = () => new SafetensorsSurface(),
        ["config"] = () => new ConfigSurface(),
        ["tokenizer"] = () => new TokenizerSurface(),
        ["sidecar"] = () => new SidecarSurface(),
        ["session"] = () => new SessionSurface(),
        ["index"] = () => new IndexSurface(),
        ["codebook"] = () => new CodebookSurface(),
        ["template"] = () => new TemplateSurface(),
        ["gbnf"] = () => new GbnfSurface(),
        ["schema"] = () => new SchemaSurface(),
        ["cases"] = () => new CasesSurface(),
        ["document"] = () => new DocumentSurface(),
    };

    /// <summary>Those of the engine, without those that go wrong on purpose.</summary>
    public static IReadOnlyCollection<string> Names => Creators.Keys;

    /// <summary>Creates one.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static Surface Create(string name) => Creators.TryGetValue(name, out Func<Surface>? create) ? create()
        : FaultSurface.Kinds.FirstOrDefault(kind => name == $"fault-{kind}") is { } fault ? new FaultSurface(fault)
        : throw new ArgumentException($"there is no surface '{name}'; there are {string.Join(", ", Names)}", nameof(name));
}
