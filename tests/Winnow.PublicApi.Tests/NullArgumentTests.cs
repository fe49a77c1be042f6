using System.Reflection;
using System.Text.Json.Nodes;
using Winnow.Conversations;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Sampling;
using Winnow.Scheduling;
using Winnow.Templates;
using Winnow.Tokenization;

namespace Winnow.PublicApi.Tests;

/// <summary>Whatever must not be null is refused by its name, in every public method and constructor; but for exceptions, and records that the engine hands out.</summary>
public sealed class NullArgumentTests : IDisposable
{
    private readonly Engine _engine = Engine.Load(Checkout.ModelPath, new EngineOptions { Threads = 1 });
    private readonly Session _session;
    private readonly Chat _chat;
    private readonly Scheduler _scheduler;
    private readonly DocumentIndex _index;

    public NullArgumentTests()
    {
        _session = _engine.CreateSession();
        _chat = new Chat(_engine);
        _scheduler = new Scheduler(_engine);
        _index = DocumentIndex.Build(_engine, [Document.FromText("a", "One sentence.")]);
    }

    public void Dispose()
    {
        _index.Dispose();
        _scheduler.Dispose();
        _chat.Dispose();
        _session.Dispose();
        _engine.Dispose();
    }

    [Fact]
    public async Task Every_null_is_named()
    {
        object[] instances =
        [
            _engine, _session, _session.Diagnostics, _chat, _scheduler, _index, _engine.Tokenizer, _engine.ChatTemplate!, new ChatMessage("user", "a"),
        ];
        NullabilityInfoContext nullability = new();
        List<string> wrong = [];
        int tried = 0;
        foreach (MethodBase method in typeof(Engine).Assembly.GetExportedTypes().Where(type => !type.IsAssignableTo(typeof(Delegate))).SelectMany(Methods))
        {
            object? instance = method.IsStatic || method is ConstructorInfo ? null : Array.Find(instances, method.DeclaringType!.IsInstanceOfType);
            bool hasSpans = method.GetParameters().Any(parameter => parameter.ParameterType.IsByRefLike) || method is MethodInfo { ReturnType.IsByRefLike: true };
            if (hasSpans || (instance is null && !method.IsStatic && method is not ConstructorInfo))
            {
                continue;
            }

            foreach (ParameterInfo parameter in method.GetParameters().Where(parameter =>
                !parameter.ParameterType.IsValueType && !parameter.ParameterType.IsByRef && nullability.Create(parameter).WriteState == NullabilityState.NotNull))
            {
                object?[] arguments = [.. method.GetParameters().Select(other => other == parameter ? null : Sample(other))];
                string what = $"{method.DeclaringType!.Name}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.Name))}), {parameter.Name} is null";
                tried++;
                Exception? thrown = await Run(method, instance, arguments);
                if (thrown is not ArgumentNullException { ParamName: { } name } || !name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase))
                {
                    wrong.Add($"{what}: {thrown?.GetType().Name ?? "nothing"} {thrown?.Message}");
                }
            }
        }

        Assert.True(wrong.Count == 0, "\n" + string.Join('\n', wrong));
        Assert.InRange(tried, 80, int.MaxValue);
    }

    private static IEnumerable<MethodBase> Methods(Type type)
    {
        const BindingFlags Flags = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        bool isRecord = type.GetMethod("<Clone>$") is not null || type.IsValueType;
        bool canBeMade = !type.IsAbstract && !type.ContainsGenericParameters && !isRecord && !type.IsAssignableTo(typeof(Exception));
        return [.. type.GetMethods(Flags).Where(method => !method.IsSpecialName && method.Name is not ("Equals" or "Deconstruct" or "PrintMembers")), .. canBeMade ? type.GetConstructors() : []];
    }

    private object? Sample(ParameterInfo parameter) => parameter.ParameterType switch
    {
        _ when parameter.HasDefaultValue && parameter.DefaultValue is not null => parameter.DefaultValue,
        { IsValueType: true } type => Activator.CreateInstance(type),
        Type type when type == typeof(Engine) => _engine,
        Type type when type == typeof(Session) => _session,
        Type type when type == typeof(DocumentIndex) => _index,
        Type type when type == typeof(Stream) => new MemoryStream([65]),
        Type type when type == typeof(Func<TextReader>) => (Func<TextReader>)(() => new StringReader("A")),
        Type type when type == typeof(Tokenizer) => _engine.Tokenizer,
        Type type when type == typeof(string) => "a",
        Type type when type == typeof(JsonNode) => new JsonObject(),
        Type type when type.IsAssignableFrom(typeof(int[])) => new[] { 3, 4 },
        Type type when type.IsAssignableFrom(typeof(ChatMessage[])) => new[] { new ChatMessage("user", "a") },
        Type type when type.IsAssignableFrom(typeof(Document[])) => new[] { Document.FromText("b", "Another sentence.") },
        Type type when type == typeof(GenerationOptions) => new GenerationOptions { MaxTokens = 1 },
        Type type when type == typeof(AttentionOptions) => AttentionOptions.Full,
        Type type when type == typeof(Grammar) => Grammar.ParseGbnf("root ::= \"a\""),
        _ => null,
    };

    /// <summary>Calls a method, waits for what it promises and takes the first of what it streams.</summary>
    private static async Task<Exception?> Run(MethodBase method, object? instance, object?[] arguments)
    {
        try
        {
            object? result = method is ConstructorInfo constructor ? constructor.Invoke(arguments) : method.Invoke(instance, arguments);
            switch (result)
            {
                case Task task:
                    await task;
                    break;
                case ValueTask<float[]> embedding:
                    await embedding;
                    break;
                case IAsyncEnumerable<GeneratedToken> stream:
                    await foreach (GeneratedToken _ in stream)
                    {
                        break;
                    }

                    break;
                case System.Collections.IEnumerable sequence:
                    sequence.GetEnumerator().MoveNext();
                    break;
            }

            return null;
        }
        catch (TargetInvocationException e)
        {
            return e.InnerException;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
