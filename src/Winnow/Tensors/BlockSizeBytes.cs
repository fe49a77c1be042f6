namespace Winnow.Tensors;

/// <summary>Bytes of a block of each type: what files hold, and literals for the kernels that are compiled over them.</summary>
internal static class BlockSizeBytes
{
    public const int F32 = 4;
    public const int F16 = 2;
    public const int BF16 = 2;
    public const int Q4_0 = 18;
    public const int Q4_1 = 20;
    public const int Q5_0 = 22;
    public const int Q5_1 = 24;
    public const int Q8_0 = 34;
    public const int Q2_K = 84;
    public const int Q3_K = 110;
    public const int Q4_K = 144;
    public const int Q5_K = 176;
    public const int Q6_K = 210;
    public const int Q8_K = 292;
    public const int IQ4_NL = 18;
    public const int IQ4_XS = 136;
    public const int IQ3_XXS = 98;
    public const int IQ3_S = 110;
    public const int IQ2_XXS = 66;
    public const int IQ2_XS = 74;
    public const int IQ2_S = 82;
    public const int IQ1_S = 50;
    public const int IQ1_M = 56;
    public const int TQ1_0 = 54;
    public const int TQ2_0 = 66;
    public const int MXFP4 = 17;
    public const int NVFP4 = 36;
    public const int Q1_0 = 18;
    public const int Q2_0 = 18;
}
