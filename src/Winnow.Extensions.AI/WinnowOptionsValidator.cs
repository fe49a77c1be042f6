using Microsoft.Extensions.Options;

namespace Winnow.Extensions.AI;

/// <summary>Says all that is wrong with the options before a model is loaded.</summary>
internal sealed class WinnowOptionsValidator : IValidateOptions<WinnowOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, WinnowOptions options)
    {
        List<string> failures = [];
        if (string.IsNullOrEmpty(options.ModelPath))
        {
            failures.Add($"{nameof(options.ModelPath)} is missing: name a GGUF file or a Hugging Face directory");
        }
        else if (!File.Exists(options.ModelPath) && !Directory.Exists(options.ModelPath))
        {
            failures.Add($"{nameof(options.ModelPath)} is '{options.ModelPath}', where there is neither a file nor a folder");
        }

        Try(() => options.ToEngineOptions());
        Try(() => options.ToSchedulerOptions());
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures.Distinct());

        void Try(Action read)
        {
            try
            {
                read();
            }
            catch (Exception e) when (e is ArgumentException or WinnowException or FormatException)
            {
                failures.Add(e.Message);
            }
        }
    }
}
