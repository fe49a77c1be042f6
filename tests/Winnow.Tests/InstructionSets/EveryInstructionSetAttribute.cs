using Xunit.v3;

namespace Winnow.Tests.InstructionSets;

/// <summary>Tests that must also pass in processes which the runtime denies the wider instructions; <see cref="DeniedInstructionsTests"/> runs them there.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class EveryInstructionSetAttribute : Attribute, ITraitAttribute
{
    /// <summary>The trait of tests that run in each of these processes.</summary>
    public const string Every = "instructions=every";

    /// <summary>The trait of those that run where vectors become narrower.</summary>
    public const string Vectors = "instructions=vectors";

    /// <summary>Whether only the width of the processor's vectors matters: not its dot products, and emulated vectors would take minutes.</summary>
    public bool VectorsOnly { get; init; }

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits()
    {
        string[] trait = (VectorsOnly ? Vectors : Every).Split('=');
        return [new(trait[0], trait[1])];
    }
}
