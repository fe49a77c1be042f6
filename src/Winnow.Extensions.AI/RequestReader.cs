using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Winnow.Conversations;
using Winnow.Generation;
using Winnow.Sampling;
using Winnow.Scheduling;
using TemplateMessage = Winnow.Templates.ChatMessage;

namespace Winnow.Extensions.AI;

/// <summary>From chat options to a request of the engine: each member is honoured, or refused by its name.</summary>
/// <param name="engine">The model.</param>
/// <param name="modelId">What the model is called.</param>
internal sealed class RequestReader(Engine engine, string modelId)
{
    /// <summary>Thoughts under a low and a medium effort may have as many tokens; a high one has no limit but the answer's.</summary>
    private const int LowBudget = 1024;

    private const int MediumBudget = 8192;

    /// <summary>Reads the options. The caller's own are not changed.</summary>
    /// <param name="client">Who was asked.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="NotSupportedException">A member asks for what there is not; the message names it.</exception>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public ChatRequest Read(IChatClient client, IReadOnlyList<TemplateMessage> messages, ChatOptions? options)
    {
        options ??= new ChatOptions();
        Refuse(options);
        AdditionalValues more = new(options.AdditionalProperties);
        GenerationOptions generation = options.RawRepresentationFactory is { } create ? Raw(client, create) : new GenerationOptions();
        SamplingOptions sampling = ReadSampling(generation.Sampling, options, more);
        Dictionary<string, JsonNode?> variables = [];
        int? budget = more.Int(ChatOptionsExtensions.ReasoningBudgetKey);
        if (options.Reasoning?.Effort is { } effort)
        {
            variables["enable_thinking"] = effort != ReasoningEffort.None;
            if (effort != ReasoningEffort.None)
            {
                variables["reasoning_effort"] = effort switch { ReasoningEffort.Low => "low", ReasoningEffort.Medium => "medium", _ => "high" };
            }

            budget ??= effort switch
            {
                ReasoningEffort.None => 0,
                ReasoningEffort.Low => LowBudget,
                ReasoningEffort.Medium => MediumBudget,
                _ => null,
            };
        }

        if (budget < 0)
        {
            throw OutOfRange(ChatOptionsExtensions.ReasoningBudgetKey, budget, "0 or more tokens");
        }

        ReasoningText? reasoning = ReasoningText.Of(engine, variables);
        if (reasoning is not null && budget is { } most)
        {
            sampling = sampling with { LogitsProcessors = [.. sampling.LogitsProcessors, new ReasoningBudget(engine.Tokenizer, reasoning, most)] };
        }

        generation = generation with
        {
            Sampling = sampling,
            Grammar = ReadFormat(options.ResponseFormat, more) ?? generation.Grammar,
            GrammarStart = reasoning is { StartsInside: true } ? reasoning.Close : generation.GrammarStart,
            MaxTokens = Named(nameof(options.MaxOutputTokens), options.MaxOutputTokens, value => (generation with { MaxTokens = value }).MaxTokens) ?? generation.MaxTokens,
            StopStrings = options.StopSequences is { } stops ? [.. generation.StopStrings, .. stops] : generation.StopStrings,
            FullContext = more.FullContext() ?? generation.FullContext,
            KeptTokens = more.Int("keep_tokens") ?? generation.KeptTokens,
        };
        GenerationRequest request = new()
        {
            Messages = MessageReader.WithInstructions(messages, options.Instructions),
            Tools = ReadTools(options),
            TemplateVariables = variables,
            Options = generation,
            Attention = more.Attention(),
            Conversation = options.ConversationId,
            Priority = more.Int(ChatOptionsExtensions.PriorityKey) ?? 0,
        };
        return new ChatRequest(request, reasoning, options.Reasoning?.Output != ReasoningOutput.None, more.Unknown);
    }

    private void Refuse(ChatOptions options)
    {
        if (options.ModelId is { } other && other != modelId && other != engine.Model.Name)
        {
            throw new NotSupportedException($"{nameof(options.ModelId)}: this client has the model '{modelId}', not '{other}'; create a client for each model");
        }

        if (options.ToolMode is RequiredChatToolMode)
        {
            throw new NotSupportedException($"{nameof(options.ToolMode)}: a required call is not supported yet; let the model choose ({nameof(ChatToolMode.Auto)})");
        }

        if (options.AllowBackgroundResponses == true)
        {
            throw new NotSupportedException($"{nameof(options.AllowBackgroundResponses)}: responses in the background are not supported; leave it unset");
        }

        if (options.ContinuationToken is not null)
        {
            throw new NotSupportedException($"{nameof(options.ContinuationToken)}: responses cannot be resumed; leave it unset");
        }
    }

    private GenerationOptions Raw(IChatClient client, Func<IChatClient, object?> create) => create(client) switch
    {
        null => new GenerationOptions(),
        GenerationOptions generation => generation,
        object other => throw new NotSupportedException(
            $"{nameof(ChatOptions.RawRepresentationFactory)}: gave a {other.GetType()}; this client of '{modelId}' takes {typeof(GenerationOptions)}"),
    };

    private static SamplingOptions ReadSampling(SamplingOptions sampling, ChatOptions options, AdditionalValues more)
    {
        sampling = sampling with
        {
            Temperature = Named(nameof(options.Temperature), options.Temperature, value => (sampling with { Temperature = value }).Temperature) ?? sampling.Temperature,
            TopP = Named(nameof(options.TopP), options.TopP, value => (sampling with { TopP = value }).TopP) ?? sampling.TopP,
            TopK = Named(nameof(options.TopK), options.TopK, value => (sampling with { TopK = value }).TopK) ?? sampling.TopK,
            FrequencyPenalty = Named(nameof(options.FrequencyPenalty), options.FrequencyPenalty, value => (sampling with { FrequencyPenalty = value }).FrequencyPenalty) ?? sampling.FrequencyPenalty,
            PresencePenalty = Named(nameof(options.PresencePenalty), options.PresencePenalty, value => (sampling with { PresencePenalty = value }).PresencePenalty) ?? sampling.PresencePenalty,
            Seed = Named(nameof(options.Seed), options.Seed, value => (sampling with { Seed = value }).Seed) ?? sampling.Seed,
        };
        return more.Apply(sampling);
    }

    /// <summary>A value that the option record takes; what it refuses is refused under the name that the caller has used.</summary>
    private static T? Named<T>(string name, T? value, Func<T, object?> check)
        where T : struct, IFormattable
    {
        if (value is { } given)
        {
            try
            {
                check(given);
            }
            catch (ArgumentOutOfRangeException e)
            {
                throw new ArgumentOutOfRangeException(name, $"ChatOptions.{name}: {e.Message}");
            }
        }

        return value;
    }

    private static Grammar? ReadFormat(ChatResponseFormat? format, AdditionalValues more)
    {
        string? grammar = more.Text("grammar");
        if (grammar is not null && format is ChatResponseFormatJson)
        {
            throw new NotSupportedException($"{nameof(ChatOptions.ResponseFormat)} and the additional property 'grammar' exclude each other");
        }

        return format switch
        {
            _ when grammar is not null => Grammar.ParseGbnf(grammar),
            null or ChatResponseFormatText => null,
            ChatResponseFormatJson json => Grammar.ParseJsonSchema(json.Schema is { } schema ? schema.GetRawText() : """{"type":"object","additionalProperties":true}"""),
            _ => throw new NotSupportedException($"{nameof(ChatOptions.ResponseFormat)}: {format.GetType().Name} is not supported; supported are text and JSON"),
        };
    }

    private static JsonArray? ReadTools(ChatOptions options)
    {
        if (options.Tools is not { Count: > 0 } tools || options.ToolMode is NoneChatToolMode)
        {
            return null;
        }

        JsonArray result = [];
        foreach (AITool tool in tools)
        {
            if (tool is not AIFunctionDeclaration function)
            {
                throw new NotSupportedException($"{nameof(options.Tools)}: '{tool.Name}' is a {tool.GetType().Name}; supported are functions");
            }

            result.Add((JsonNode)new JsonObject
            {
                ["type"] = "function",
                ["function"] = new JsonObject
                {
                    ["name"] = function.Name,
                    ["description"] = function.Description,
                    ["parameters"] = JsonNode.Parse(function.JsonSchema.GetRawText()),
                },
            });
        }

        return result;
    }

    private static ArgumentOutOfRangeException OutOfRange(string name, IFormattable? value, string allowed) =>
        new(name, $"{name} is {value?.ToString(null, CultureInfo.InvariantCulture)}; allowed: {allowed}");
}
