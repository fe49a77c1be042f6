using System.Text.Json.Nodes;
using Winnow.Templates;

namespace Winnow.Tests.Templates;

public class ChatTemplateTests
{
    private const string ChatMl =
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>' }}\n{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    [Theory]
    [InlineData("{% for message in messages %}{{ message.content }}{% endfor %}", false)]
    [InlineData("{% if tools %}{{ tools | tojson }}{% endif %}", true)]
    [InlineData("{{ messages[0].content }} my_tools toolset", false)]
    public void A_template_says_whether_it_knows_of_tools(string source, bool usesTools) =>
        Assert.Equal(usesTools, ChatTemplate.Parse(source).UsesTools);

    [Fact]
    public void Messages_become_a_prompt()
    {
        ChatTemplateInput input = new() { Messages = ChatMessage.ToJson([new("system", "Be kind."), new("user", "Hi!")]) };
        string prompt = ChatTemplate.Parse(ChatMl).Render(input);
        Assert.Equal("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi!<|im_end|>\n<|im_start|>assistant\n", prompt);
    }

    [Fact]
    public void Tokens_and_tools_that_are_not_given_are_undefined()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ tools is defined }} {{ bos_token is defined }} {{ eos_token }}");
        Assert.Equal("False False </s>", template.Render(new ChatTemplateInput { Messages = [], EosToken = "</s>" }));
    }

    [Fact]
    public void A_message_carries_what_it_has()
    {
        ChatMessage message = new("assistant", "ok") { ReasoningContent = "hm", ToolCalls = [new JsonObject { ["id"] = "1" }], Name = "n", ToolCallId = "2" };
        Assert.Equal(
            """{"role":"assistant","content":"ok","reasoning_content":"hm","tool_calls":[{"id":"1"}],"tool_call_id":"2","name":"n"}""",
            message.ToJson().ToJsonString());
    }

    [Fact]
    public void An_error_names_the_template_and_the_line()
    {
        ChatTemplateException syntax = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("a\nb {{ 1 + }}", "model.gguf"));
        Assert.Equal(("model.gguf", 2), (syntax.TemplateName, syntax.Line));
        ChatTemplate template = ChatTemplate.Parse("a\n\n{{ raise_exception('roles must alternate') }}", "model.gguf");
        ChatTemplateException refusal = Assert.Throws<ChatTemplateException>(() => template.Render(new ChatTemplateInput { Messages = [] }));
        Assert.Equal("model.gguf, line 3: roles must alternate", refusal.Message);
    }

    [Fact]
    public void A_template_renders_on_several_threads_at_once()
    {
        ChatTemplate template = ChatTemplate.Parse(ChatMl);
        string[] prompts = new string[64];
        Parallel.For(0, prompts.Length, i => prompts[i] = template.Render(
            new ChatTemplateInput { Messages = ChatMessage.ToJson([new("user", $"{i}")]), AddGenerationPrompt = false }));
        Assert.Equal(Enumerable.Range(0, prompts.Length).Select(i => $"<|im_start|>user\n{i}<|im_end|>\n"), prompts);
    }
}
