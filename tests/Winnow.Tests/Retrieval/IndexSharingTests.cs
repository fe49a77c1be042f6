using System.Globalization;
using Winnow.Cli;
using Winnow.Documents;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Retrieval.Storage;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Retrieval;

/// <summary>One index file that several openings change and read.</summary>
public sealed class IndexSharingTests : IDisposable
{
    private static readonly IndexOptions Words = new() { WordsOnly = true };
    private readonly TemporaryFolder _folder = new();
    private readonly Engine _engine = Engine.Load(BundledModel.Find(), new EngineOptions { Threads = 1 });

    private string IndexPath => _folder.PathOf("shared.index");

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Two_openings_that_each_add_a_document_lose_none()
    {
        Build("base");
        using DocumentIndex one = DocumentIndex.Open(_engine, IndexPath);
        using DocumentIndex two = DocumentIndex.Open(_engine, IndexPath);
        one.Add([Text("alpha")]);
        two.Add([Text("beta")]);
        Assert.Equal(["base", "alpha", "beta"], Names());
        Assert.Equal(["base", "alpha", "beta"], two.Documents.Select(document => document.Name));
        Assert.All(one.Search("code of alpha box 7", new SearchOptions { Budget = 60 }), span => Assert.Contains($"code of {span.Document}", span.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_change_sees_what_another_opening_has_added_deleted_and_compacted()
    {
        Build("base", "alpha", "beta");
        using DocumentIndex one = DocumentIndex.Open(_engine, IndexPath);
        using DocumentIndex two = DocumentIndex.Open(_engine, IndexPath);
        one.Delete("alpha");
        one.Delete("beta");
        Assert.Contains("alpha", Assert.Throws<WinnowException>(() => two.Delete("alpha")).Message, StringComparison.Ordinal);
        Assert.Contains("already", Assert.Throws<WinnowException>(() => two.Add([Text("base")])).Message, StringComparison.Ordinal);
        two.Add([Text("gamma")]);
        Assert.Equal(["base", "gamma"], Names());
    }

    [Fact]
    public void A_state_that_was_opened_is_searched_as_it_was_whatever_others_change()
    {
        Build("base");
        using DocumentIndex reader = DocumentIndex.Open(_engine, IndexPath);
        IReadOnlyList<EvidenceSpan> before = reader.Search("box 7", new SearchOptions { Budget = 60 });
        using DocumentIndex writer = DocumentIndex.Open(_engine, IndexPath);
        for (int i = 0; i < 4; i++)
        {
            writer.Add([Text($"more {i}")]);
            writer.Delete(i == 0 ? "base" : $"more {i - 1}");
            Assert.Equal(before, reader.Search("box 7", new SearchOptions { Budget = 60 }));
        }
    }

    [Fact]
    public void What_is_written_behind_the_end_is_overwritten_and_a_file_is_never_cut_off()
    {
        Build("base");
        using DocumentIndex index = DocumentIndex.Open(_engine, IndexPath);
        long length = new FileInfo(IndexPath).Length;
        File.WriteAllBytes(IndexPath, [.. File.ReadAllBytes(IndexPath), .. new byte[100_000]]);
        index.Add([Document.FromText("small", "a few words")]);
        Assert.Equal(length + 100_000, new FileInfo(IndexPath).Length);
        Assert.Equal(["base", "small"], Names());
    }

    [Fact]
    public async Task Many_openings_that_change_and_search_at_once_lose_nothing_that_succeeded()
    {
        Build("base");
        string[][] added = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            List<string> mine = [];
            using DocumentIndex index = DocumentIndex.Open(_engine, IndexPath);
            for (int i = 0; i < 6; i++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{writer} {i}");
                try
                {
                    index.Add([Text(name)]);
                }
                catch (WinnowException)
                {
                    // The others had the file for too long.
                    continue;
                }

                mine.Add(name);
                Assert.NotEmpty(index.Search($"code of {name} box 7", new SearchOptions { Budget = 60 }));
            }

            return mine.ToArray();
        })));
        Assert.Equal(added.SelectMany(names => names).Append("base").Order(StringComparer.Ordinal), Names().Order(StringComparer.Ordinal));
        Assert.Equal(["shared.index"], _folder.Names());
    }

    [Fact]
    public void Changes_leave_no_handles_and_no_mappings()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        Build("base");
        using DocumentIndex index = DocumentIndex.Open(_engine, IndexPath);
        for (int i = 0; i < 40; i++)
        {
            index.Add([Document.FromText($"d{i}", "hello")]);
            index.Delete($"d{i}");
        }

        Assert.Single(File.ReadLines("/proc/self/maps"), line => line.Contains(IndexPath, StringComparison.Ordinal));
        Assert.DoesNotContain(
            Directory.GetFiles("/proc/self/fd"), handle => new FileInfo(handle).LinkTarget?.StartsWith(_folder.Root, StringComparison.Ordinal) == true);
    }

    [Fact]
    public void While_another_writes_a_change_is_refused_and_nothing_stays()
    {
        Build("base");
        using DocumentIndex index = DocumentIndex.Open(_engine, IndexPath);
        using (FileLock.Take(IndexPath))
        {
            Assert.Contains("writing", Assert.Throws<WinnowException>(() => index.Add([Text("alpha")])).Message, StringComparison.Ordinal);
        }

        Assert.Equal(["shared.index"], _folder.Names());
        index.Add([Text("alpha")]);
    }

    [Theory]
    [InlineData("""{"name":null,"blocks":[]}""")]
    [InlineData("""{"name":"a","blocks":[[1536,4]]}""")]
    [InlineData("""{"name":"a","blocks":[[]]}""")]
    [InlineData("""{"name":"a","blocks":[[1536,4,null]]}""")]
    [InlineData("""{"name":"a","blocks":[[1536,4,"00"],[1536,4,"00"]]}""")]
    [InlineData("""{"name":"a","blocks":[[1536,4,"00"]]},{"name":"b","blocks":[[1538,4,"00"]]}""")]
    [InlineData("""{"name":"a","blocks":[[1536,0,"00"],[1536,0,"00"]]}""")]
    [InlineData("7")]
    public void A_list_of_documents_that_no_writer_makes_is_damaged(string documents)
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes($$"""{"fingerprint":"f","model":"m","documents":[{{documents}}]}""");
        Assert.Contains("damaged", Assert.Throws<ModelFormatException>(() => IndexManifest.Parse("x", json, 4096)).Message, StringComparison.Ordinal);
    }

    private static Document Text(string name) => Document.FromText(
        name, string.Concat(Enumerable.Range(0, 30).Select(i => string.Create(CultureInfo.InvariantCulture, $"The code of {name} box {i} is {i * 7919 % 10007}.\n"))));

    private void Build(params string[] names) => DocumentIndex.Build(_engine, [.. names.Select(Text)], IndexPath, Words).Dispose();

    private string[] Names()
    {
        using DocumentIndex index = DocumentIndex.Open(_engine, IndexPath);
        return [.. index.Documents.Select(document => document.Name)];
    }
}
