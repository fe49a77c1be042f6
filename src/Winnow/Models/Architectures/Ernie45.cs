namespace Winnow.Models.Architectures;

/// <summary>ERNIE 4.5: Llama whose rotated pairs are neighbours.</summary>
/// <remarks>https://yiyan.baidu.com/blog/publication/ERNIE_Technical_Report.pdf.</remarks>
internal static class Ernie45
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "ernie4_5",
        GgufName = "ernie4_5",
        HuggingFaceRopeIsInterleaved = true,
        GgufRopeIsInterleaved = true,
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": true, "head_dim": 128, "num_key_value_heads": 2 }
            """,
    };
}
