using System.CommandLine;
using Winnow.Cli.Options;
using Winnow.Generation;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Cli.Chat;

/// <summary>The model that answers: as the command line asks for it, until the user takes another.</summary>
internal sealed class ChatModel : IDisposable
{
    /// <summary>A model that finds no end must not keep anybody waiting.</summary>
    public const int UsualReplyTokens = 2048;

    private readonly ModelOptions _options;
    private readonly ParseResult _parsed;
    private AttentionOptions _attention;

    /// <summary>Loads the model of the command line.</summary>
    public ChatModel(ModelOptions options, ParseResult parsed, CancellationToken cancellationToken)
    {
        _options = options;
        _parsed = parsed;
        Path = options.Path(parsed);
        Device = options.Device(parsed);
        Engine = Load(Path, Device, cancellationToken);
        Session session = options.CreateSession(parsed, Engine);
        _attention = session.Attention;
        First = session;
    }

    /// <summary>The session that the chat begins with.</summary>
    public Session First { get; }

    /// <summary>The file.</summary>
    public string Path { get; private set; }

    /// <summary>What computes, as <c>--device</c> names it.</summary>
    public string Device { get; private set; }

    /// <summary>The model.</summary>
    public Engine Engine { get; private set; }

    /// <summary>Whether it is the one that comes with the repository.</summary>
    public bool IsBundled => BundledModel.Is(Path);

    /// <summary>Tokens of a reply, unless the user says otherwise.</summary>
    public int ReplyTokens => IsBundled ? BundledModel.ReplyTokens : UsualReplyTokens;

    /// <summary>Lets a conversation go on with another model, or on another device.</summary>
    /// <exception cref="WinnowException">It cannot be loaded, or has no chat template; everything is as before.</exception>
    public void Switch(Conversation conversation, string path, string device, CancellationToken cancellationToken)
    {
        Engine engine = Load(path, device, cancellationToken);
        try
        {
            conversation.MoveTo(_options.CreateSession(_parsed, engine, _attention));
        }
        catch
        {
            engine.Dispose();
            throw;
        }

        Engine.Dispose();
        (Engine, Path, Device) = (engine, path, device);
    }

    /// <summary>Lets a conversation go on with another way to attend.</summary>
    /// <exception cref="WinnowException">There is no such way; everything is as before.</exception>
    public void Switch(Conversation conversation, string attention)
    {
        AttentionOptions options = AttentionOptions.Parse(attention);
        conversation.MoveTo(_options.CreateSession(_parsed, Engine, options));
        _attention = options;
    }

    public void Dispose() => Engine.Dispose();

    private Engine Load(string path, string device, CancellationToken cancellationToken)
    {
        Engine engine = _options.Load(_parsed, path, device, cancellationToken);
        if (engine.ChatTemplate is not null)
        {
            return engine;
        }

        string reason = engine.ChatTemplateError?.Message ?? $"{engine.Model.Name} has no chat template";
        engine.Dispose();
        throw new WinnowException($"{reason}: it continues plain text only (winnow run)");
    }
}
