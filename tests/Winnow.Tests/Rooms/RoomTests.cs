using System.Runtime.CompilerServices;
using Winnow.Generation;

namespace Winnow.Tests.Rooms;

/// <summary>The house is as CONTRIBUTING.md says.</summary>
public sealed class RoomTests
{
    private static readonly Lazy<SourceCompilation> Engine = new(() => SourceCompilation.Of("Winnow", null, "Winnow.Lab"));

    [Fact]
    public void Rooms_know_only_what_the_table_allows()
    {
        RoomTable table = RoomTable.Read();
        string[] wrong =
        [
            .. Engine.Value.References()
                .Select(reference => (reference.Place, From: TypeReference.RoomOf(reference.From), To: TypeReference.RoomOf(reference.To), reference))
                .Where(arrow => arrow.To.Length > 0 && arrow.From != arrow.To && !table.Knows.GetValueOrDefault(arrow.From, []).Contains(arrow.To))
                .Select(arrow => $"{arrow.From} -> {arrow.To}: {arrow.reference.To} in {arrow.Place}")
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        Assert.True(wrong.Length == 0, $"{wrong.Length} references that CONTRIBUTING.md does not allow:\n{string.Join('\n', wrong)}");
    }

    [Fact]
    public void The_table_has_all_rooms_and_no_circle()
    {
        RoomTable table = RoomTable.Read();
        string[] folders =
        [
            .. Directory.GetDirectories(Path.Combine(Repository.Root, "src", "Winnow"))
                .Where(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Any())
                .Select(folder => Path.GetFileName(folder)!),
        ];
        Assert.Equal(folders.Except(["bin", "obj"]).Order(StringComparer.Ordinal), table.Knows.Keys.Order(StringComparer.Ordinal));

        // Rows stand in order: each room knows only rooms of rows above its own.
        List<string> above = [];
        foreach ((string room, string[] known) in table.Knows)
        {
            Assert.Empty(known.Except(above));
            above.Add(room);
        }
    }

    [Fact]
    public void Namespaces_are_folders()
    {
        foreach (string project in (string[])["Winnow", "Winnow.Lab", "Winnow.Vulkan", "Winnow.Documents.Formats", "Winnow.Extensions.AI", "Winnow.Cli"])
        {
            string source = Path.Combine(Repository.Root, "src");
            foreach (string file in Directory.EnumerateFiles(Path.Combine(source, project), "*.cs", SearchOption.AllDirectories))
            {
                string folder = Path.GetRelativePath(source, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
                string? declared = File.ReadLines(file).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal));
                if (declared is not null && !folder.StartsWith($"{project}.obj", StringComparison.Ordinal))
                {
                    Assert.True(declared == $"namespace {folder};", $"{file}: {declared}");
                }
            }
        }
    }

    [Fact]
    public void The_lab_sees_the_internals_that_are_named_and_no_others()
    {
        RoomTable table = RoomTable.Read();
        string[] taken =
        [
            .. SourceCompilation.Of("Winnow.Lab", [Engine.Value]).References()
                .Where(reference => reference is { Assembly: "Winnow", IsInternal: true })
                .Select(reference => reference.To.Split('.')[^1])
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        string unnamed = string.Join(", ", taken.Except(table.LabInternals).Select(name => $"`{name}`"));
        Assert.True(unnamed.Length == 0, $"the lab takes internals that CONTRIBUTING.md does not name: {unnamed}");
        Assert.Empty(table.LabInternals.Except(taken));
    }

    [Fact]
    public void Only_the_lab_the_Vulkan_device_and_the_tests_are_friends_of_the_engine()
    {
        string[] friends = [.. typeof(Engine).Assembly.GetCustomAttributes(typeof(InternalsVisibleToAttribute), false).Cast<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName)];
        Assert.Equal(
            ["Winnow.Benchmarks", "Winnow.DeviceTests", "Winnow.Fuzz", "Winnow.Lab", "Winnow.Tests", "Winnow.Vulkan", "Winnow.Vulkan.Tests"],
            friends.Order(StringComparer.Ordinal));
    }
}
