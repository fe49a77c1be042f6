using BenchmarkDotNet.Running;
using Winnow.Benchmarks.MatMul;
using Winnow.DeviceTests;

if (args is ["hashes"])
{
    ProductHashes.Print();
    return;
}

if (args is ["rows", .. string[] rest])
{
    BatchedRows.Print(rest);
    return;
}

// Writes the generated models of the tests, all or those that are named, each into a folder of its name.
if (args is ["models", string folder, .. string[] names])
{
    foreach (string name in names.Length > 0 ? names : GeneratedModel.Names)
    {
        GeneratedModel.Write(name, Directory.CreateDirectory(Path.Combine(folder, name)).FullName);
    }

    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
