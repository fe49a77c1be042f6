using Winnow.Tensors;
using Winnow.Vulkan.Shaders;

namespace Winnow.Vulkan.Products;

/// <summary>What part of a product a workgroup makes, and which shader does it.</summary>
/// <param name="Shader">The shader.</param>
/// <param name="Threads">Its constant 0.</param>
/// <param name="FirstConstant">Its constant 2.</param>
/// <param name="SecondConstant">Its constant 3.</param>
/// <param name="Outputs">Outputs of a tile.</param>
/// <param name="Rows">Rows of a tile.</param>
internal readonly record struct MatrixTile(string Shader, uint Threads, uint FirstConstant, uint SecondConstant, uint Outputs, uint Rows)
{
    // Tiles that keep a large device busy: a few for each of about 130 processors, two where tiles are large.
    private const long ManyTiles = 768;
    private const long ManyFragmentTiles = 264;

    /// <summary>The largest tile of which there are enough to fill a large device. A row's bits do not depend on it.</summary>
    public static MatrixTile For(ShaderVariants variants, TensorType type, int outputs, int rows)
    {
        // Fragments would round floats to f16.
        if (variants.UsesFragments && type != TensorType.F32)
        {
            MatrixTile tile = Fragments(variants, 4, 4);
            tile = tile.Count(outputs, rows) >= ManyFragmentTiles ? tile : Fragments(variants, 4, 2);
            tile = tile.Count(outputs, rows) >= ManyFragmentTiles ? tile : Fragments(variants, 2, 2);
            return tile.Count(outputs, rows) >= ManyFragmentTiles ? tile : Fragments(variants, 2, 1);
        }

        uint rowsOfThread = 8;
        while (rowsOfThread > 2 && Plain(rowsOfThread).Count(outputs, rows) < ManyTiles)
        {
            rowsOfThread /= 2;
        }

        return Plain(rowsOfThread);
    }

    private static MatrixTile Plain(uint rowsOfThread) => new("product_matrix", 0, rowsOfThread, 0, 64, 8 * rowsOfThread);

    private static MatrixTile Fragments(ShaderVariants variants, uint outputs, uint rows) =>
        new("product_matrix_cooperative", variants.FragmentThreads, outputs, rows, 32 * outputs, 32 * rows);

    private long Count(int outputs, int rows) => ((outputs + (long)Outputs - 1) / Outputs) * ((rows + (long)Rows - 1) / Rows);
}
