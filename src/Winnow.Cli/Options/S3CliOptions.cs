using System.CommandLine;
using Winnow.Lab.Calibration;

namespace Winnow.Cli.Options;

/// <summary>The sizes of S³'s autoencoders.</summary>
internal sealed class S3CliOptions
{
    private static readonly S3Training Defaults = new();

    private readonly Option<int> _expansion = new("--s3-expansion") { Description = "s3: latents for each element of a head (the paper: 128).", DefaultValueFactory = _ => Defaults.Expansion, HelpName = "N" };

    private readonly Option<int> _active = new("--s3-active") { Description = "s3: features that a token activates (the paper: 128).", DefaultValueFactory = _ => Defaults.Active, HelpName = "N" };

    private readonly Option<int> _steps = new("--s3-steps") { Description = "s3: training steps at most (the paper: 30000).", DefaultValueFactory = _ => Defaults.Steps, HelpName = "N" };

    public S3CliOptions AddTo(Command command)
    {
        command.Add(_expansion);
        command.Add(_active);
        command.Add(_steps);
        return this;
    }

    public S3Training Read(ParseResult parsed) => UserInput.Read(() => new S3Training
    {
        Expansion = parsed.GetValue(_expansion),
        Active = parsed.GetValue(_active),
        Steps = parsed.GetValue(_steps),
    });
}
