using System.Text;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Templates;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;
using Winnow.Tests.Tokenization;
using Winnow.Tokenization;

namespace Winnow.Tests.Generation;

/// <summary>What a model says about text: a template that cannot be used, and a vocabulary that does not fit.</summary>
public sealed class ModelTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"{{ range .Messages }}{{ .Content }}{{ end }}\"")]
    [InlineData("\"{{ messages | no_such_filter }}\"")]
    [InlineData("\"{% if %}\"")]
    public void A_template_that_cannot_be_used_takes_nothing_with_it_but_chat(string template)
    {
        File.WriteAllText(_folder.PathOf("tokenizer.json"), VocabularyOf(3));
        File.WriteAllText(_folder.PathOf("tokenizer_config.json"), $$"""{"chat_template": {{template}}}""");
        ModelText text = ModelText.Open(_folder.Root);
        Assert.NotNull(text.Tokenizer);
        Assert.Null(text.ChatTemplate);
        Assert.Contains(_folder.Root, text.ChatTemplateError!.Message, StringComparison.Ordinal);

        using EditedModel model = new("llama");
        File.WriteAllText(Path.Combine(model.Folder, "tokenizer_config.json"), $$"""{"chat_template": {{template}}}""");
        using Engine engine = Engine.Load(model.Folder, new EngineOptions { Threads = 1 });
        WinnowException error = Assert.Throws<WinnowException>(() => engine.EncodeChat([new ChatMessage("user", "a")]));
        Assert.Contains("chat template cannot be used", error.Message, StringComparison.Ordinal);
        Assert.Same(engine.ChatTemplateError, error.InnerException);
    }

    [Fact]
    public void A_list_of_templates_without_one_for_chat_is_none()
    {
        File.WriteAllText(_folder.PathOf("tokenizer.json"), VocabularyOf(3));
        File.WriteAllText(_folder.PathOf("tokenizer_config.json"), """{"chat_template": [{"name": "rag", "template": "{{ x }}"}]}""");
        ModelText text = ModelText.Open(_folder.Root);
        Assert.Null(text.ChatTemplate);
        Assert.Null(text.ChatTemplateError);
        File.WriteAllText(_folder.PathOf("tokenizer_config.json"), """{"chat_template": [{"name": "rag", "template": "{{"}, {"name": "default", "template": "{{ x }}"}]}""");
        Assert.NotNull(ModelText.Open(_folder.Root).ChatTemplate);
    }

    [Fact]
    public void More_tokens_than_embeddings_are_refused_with_both_numbers()
    {
        using EditedModel model = new("llama");
        int rows;
        using (Engine engine = Engine.Load(model.Folder, new EngineOptions { Threads = 1 }))
        {
            rows = engine.Model.VocabularySize;
        }

        File.WriteAllText(Path.Combine(model.Folder, "tokenizer.json"), VocabularyOf(rows));
        Engine.Load(model.Folder, new EngineOptions { Threads = 1 }).Dispose();
        File.WriteAllText(Path.Combine(model.Folder, "tokenizer.json"), VocabularyOf(rows + 1));
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Engine.Load(model.Folder, new EngineOptions { Threads = 1 }));
        Assert.Contains($"{rows + 1} tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains($"only {rows}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_has_at_least_the_tokens_that_its_length_asks_for()
    {
        Tokenizer tokenizer = Vocabularies.Open(Vocabularies.ByteLevel());
        Assert.Equal(0, tokenizer.LeastTokens(""));
        Assert.Equal(3, tokenizer.LeastTokens("hellohello!"));
        Assert.True(tokenizer.Encode("hellohello!").Length >= 3);
        Assert.Equal(0, Tokenizer.WithoutVocabulary(5, "x").LeastTokens("abc"));
        for (int seed = 0; seed < 100; seed++)
        {
            string text = RandomText.Create(seed);
            Assert.True(tokenizer.LeastTokens(text) <= tokenizer.Encode(text).Length, $"seed {seed}");
        }
    }

    private static string VocabularyOf(int tokens)
    {
        StringBuilder vocabulary = new();
        for (int id = 0; id < tokens; id++)
        {
            vocabulary.Append(id == 0 ? "" : ", ").Append($"\"t{id}\": {id}");
        }

        return $$$"""{"model": {"type": "BPE", "vocab": { {{{vocabulary}}} }, "merges": []}}""";
    }
}
