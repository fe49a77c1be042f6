using Xunit.v3;

namespace Winnow.Tests.InstructionSets;

/// <summary>Tests that must also pass in processes which the runtime denies the wider instructions; <see cref="DeniedInstructionsTests"/> runs them there.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class EveryInstructionSetAttribute : Attribute, ITraitAttribute
{
    public const string Trait = "instructions";
    public const string Value = "every";

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new(Trait, Value)];
}
