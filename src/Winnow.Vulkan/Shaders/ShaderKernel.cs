using Silk.NET.Vulkan;

namespace Winnow.Vulkan.Shaders;

/// <summary>A compiled shader with its constants filled in.</summary>
/// <param name="Name">The shader's name, without extension.</param>
/// <param name="Pipeline">What is bound.</param>
/// <param name="Layout">128 bytes of push constants, and nothing else.</param>
internal sealed record ShaderKernel(string Name, Pipeline Pipeline, PipelineLayout Layout);
