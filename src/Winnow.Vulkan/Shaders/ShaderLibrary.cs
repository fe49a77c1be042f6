using System.Reflection;
using Silk.NET.Vulkan;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Shaders;

/// <summary>The shaders of this assembly as pipelines, each compiled by the driver when it is first asked for. Thread-safe.</summary>
internal sealed unsafe class ShaderLibrary : IDisposable
{
    private readonly VulkanContext _context;
    private readonly PipelineLayout _layout;
    private readonly PipelineCacheFile _cache;
    private readonly Dictionary<KernelKey, ShaderKernel> _kernels = [];
    private readonly Dictionary<string, ShaderModule> _modules = [];
    private readonly Lock _gate = new();

    public ShaderLibrary(VulkanContext context)
    {
        _context = context;
        _cache = new PipelineCacheFile(context);
        PushConstantRange range = new(ShaderStageFlags.ComputeBit, 0, Commands.CommandRecorder.LargestConstants);
        PipelineLayoutCreateInfo create = new() { SType = StructureType.PipelineLayoutCreateInfo, PushConstantRangeCount = 1, PPushConstantRanges = &range };
        PipelineLayout layout;
        context.Vk.CreatePipelineLayout(context.Device, &create, null, &layout).Require("prepare shaders", context.Name);
        _layout = layout;
    }

    /// <summary>Names of all shaders.</summary>
    public static IEnumerable<string> Names => typeof(ShaderLibrary).Assembly.GetManifestResourceNames()
        .Where(name => name.EndsWith(".spv", StringComparison.Ordinal))
        .Select(name => name[..^4]);

    /// <summary>A shader with constants; id 0 is the size of a workgroup.</summary>
    /// <param name="name">The shader's name, without extension.</param>
    /// <param name="constants">Specialization constants in the order of their ids.</param>
    /// <exception cref="WinnowException">The driver cannot compile it.</exception>
    public ShaderKernel Get(string name, params ReadOnlySpan<uint> constants)
    {
        KernelKey key = new(name, constants);
        lock (_gate)
        {
            if (!_kernels.TryGetValue(key, out ShaderKernel? kernel))
            {
                kernel = new ShaderKernel(name, Compile(key), _layout);
                _kernels.Add(key, kernel);
            }

            return kernel;
        }
    }

    public void Dispose()
    {
        if (_kernels.Count > 0)
        {
            _cache.Save();
        }

        foreach (ShaderKernel kernel in _kernels.Values)
        {
            _context.Vk.DestroyPipeline(_context.Device, kernel.Pipeline, null);
        }

        foreach (ShaderModule module in _modules.Values)
        {
            _context.Vk.DestroyShaderModule(_context.Device, module, null);
        }

        _cache.Dispose();
        _context.Vk.DestroyPipelineLayout(_context.Device, _layout, null);
    }

    private Pipeline Compile(KernelKey key)
    {
        uint* values = stackalloc uint[KernelKey.MostConstants];
        SpecializationMapEntry* entries = stackalloc SpecializationMapEntry[KernelKey.MostConstants];
        for (int i = 0; i < key.Count; i++)
        {
            values[i] = key[i];
            entries[i] = new SpecializationMapEntry((uint)i, (uint)(i * sizeof(uint)), sizeof(uint));
        }

        SpecializationInfo specialization = new((uint)key.Count, entries, (nuint)(key.Count * sizeof(uint)), values);
        // These rely on whole subgroups of a size that is known.
        bool hasSubgroups = key.Name.EndsWith("_subgroup", StringComparison.Ordinal) || key.Name.EndsWith("_dot", StringComparison.Ordinal)
            || key.Name.EndsWith("_cooperative", StringComparison.Ordinal) || key.Name.EndsWith("_tensor", StringComparison.Ordinal);
        PipelineShaderStageRequiredSubgroupSizeCreateInfo size = new()
        {
            SType = StructureType.PipelineShaderStageRequiredSubgroupSizeCreateInfo,
            RequiredSubgroupSize = (uint)_context.Adapter.SubgroupSize,
        };
        using Utf8Text main = new("main");
        ComputePipelineCreateInfo create = new()
        {
            SType = StructureType.ComputePipelineCreateInfo,
            Layout = _layout,
            Stage = new PipelineShaderStageCreateInfo
            {
                SType = StructureType.PipelineShaderStageCreateInfo,
                PNext = hasSubgroups ? &size : null,
                Flags = hasSubgroups ? PipelineShaderStageCreateFlags.RequireFullSubgroupsBit : 0,
                Stage = ShaderStageFlags.ComputeBit,
                Module = Module(key.Name),
                PName = main.Pointer,
                PSpecializationInfo = &specialization,
            },
        };
        Pipeline pipeline;
        _context.Vk.CreateComputePipelines(_context.Device, _cache.Handle, 1, &create, null, &pipeline)
            .Require($"compile the shader {key.Name}", _context.Name);
        _context.Label(ObjectType.Pipeline, pipeline.Handle, key.Name);
        return pipeline;
    }

    /// <summary>The SPIR-V of a shader.</summary>
    /// <param name="name">The shader's name, with extension.</param>
    internal static byte[] Read(string name)
    {
        if (VulkanSettings.ShaderFolder is { } folder && File.Exists(Path.Combine(folder, name)))
        {
            return File.ReadAllBytes(Path.Combine(folder, name));
        }

        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"there is no shader {name}: run shaders/compile.sh");
        byte[] code = new byte[stream.Length];
        stream.ReadExactly(code);
        return code;
    }

    private ShaderModule Module(string name)
    {
        if (!_modules.TryGetValue(name, out ShaderModule module))
        {
            byte[] code = Read($"{name}.spv");
            fixed (byte* first = code)
            {
                ShaderModuleCreateInfo create = new() { SType = StructureType.ShaderModuleCreateInfo, CodeSize = (nuint)code.Length, PCode = (uint*)first };
                _context.Vk.CreateShaderModule(_context.Device, &create, null, &module).Require($"load the shader {name}", _context.Name);
            }

            _context.Label(ObjectType.ShaderModule, module.Handle, name);
            _modules.Add(name, module);
        }

        return module;
    }
}
