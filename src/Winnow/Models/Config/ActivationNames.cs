using Winnow.Compute;

namespace Winnow.Models.Config;

/// <summary>What model files call activations.</summary>
internal static class ActivationNames
{
    /// <summary>The names, for errors.</summary>
    public const string All = "silu, gelu, gelu_pytorch_tanh, relu and relu2";

    /// <summary>The activation of a name, or null.</summary>
    public static Activation? Find(string name) => name switch
    {
        "silu" or "swish" => Activation.Silu,
        "gelu" => Activation.Gelu,
        "gelu_pytorch_tanh" or "gelu_new" or "gelu_fast" => Activation.GeluTanh,
        "relu" => Activation.Relu,
        "relu2" => Activation.ReluSquared,
        _ => null,
    };

    /// <summary>The name of an activation.</summary>
    public static string Of(Activation activation) => activation switch
    {
        Activation.Gelu => "gelu",
        Activation.GeluTanh => "gelu_pytorch_tanh",
        Activation.Relu => "relu",
        Activation.ReluSquared => "relu2",
        _ => "silu",
    };
}
