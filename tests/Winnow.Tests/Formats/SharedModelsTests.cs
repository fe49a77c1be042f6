using Winnow.Formats;
using Winnow.Tensors;
using Winnow.Tests.Models;

namespace Winnow.Tests.Formats;

/// <summary>Files that other programs wrote: llama.cpp, its converter, and the safetensors library.</summary>
public class SharedModelsTests
{
    [Theory]
    [InlineData("models")]
    [InlineData("tokenizers")]
    public void Every_shared_GGUF_opens(string folder)
    {
        string[] paths = Directory.GetFiles(SharedData.Path(folder), "*.gguf", SearchOption.AllDirectories);
        Assert.NotEmpty(paths);
        foreach (string path in paths)
        {
            using GgufFile file = GgufFile.Open(path);
            Assert.InRange(file.Version, 2, 3);
            Assert.NotEmpty(file.Metadata.GetString("general.architecture"));
            ReadEnds(file);
        }
    }

    [Theory]
    [InlineData("models")]
    [InlineData("methods")]
    public void Every_shared_safetensors_opens(string folder)
    {
        string[] paths = Directory.GetFiles(SharedData.Path(folder), "*.safetensors", SearchOption.AllDirectories);
        Assert.NotEmpty(paths);
        foreach (string path in paths)
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.NotEmpty(file.Tensors);
            ReadEnds(file);
        }
    }

    [Fact]
    public void A_model_folder_opens_its_safetensors()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TinyModels.Path("llama"));
        TensorEntry embedding = file.Tensors["model.embed_tokens.weight"];
        Assert.Equal(2, embedding.Shape.Count);
        Assert.Equal(embedding.ElementCount * embedding.Type.BlockBytes(), embedding.SizeBytes);
    }

    [Fact]
    public void The_lab_model_has_the_types_of_its_mixture_and_row_major_shapes()
    {
        using GgufFile file = GgufFile.Open(SharedData.Path("models/lab-q4_k_m.gguf"));
        using SafetensorsFile source = SafetensorsFile.Open(SharedData.Path("models/lab"));
        Assert.Equal(
            source.Tensors["model.layers.0.mlp.down_proj.weight"].Shape,
            file.Tensors["blk.0.ffn_down.weight"].Shape);
        Assert.Contains(file.Tensors.Values, tensor => tensor.Type == TensorType.Q4_K);
        Assert.Contains(file.Tensors.Values, tensor => tensor.Type == TensorType.Q6_K);
        Assert.Equal(TensorType.F32, file.Tensors["output_norm.weight"].Type);
    }

    internal static int ReadEnds(ITensorFile file)
    {
        int sum = 0;
        foreach (TensorEntry tensor in file.Tensors.Values)
        {
            if (tensor.SizeBytes > 0)
            {
                sum += tensor.Bytes(0, 1)[0] + tensor.Bytes(tensor.SizeBytes - 1, 1)[0];
            }
        }

        return sum;
    }
}
