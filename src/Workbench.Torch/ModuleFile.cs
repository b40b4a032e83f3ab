using System;
using TorchSharp;
using Workbench.Core.Formats;
using static TorchSharp.torch;

namespace Workbench.Torch;

/// <summary>A module's parameters as the tensors of a file.</summary>
public static class ModuleFile
{
    /// <summary>Every parameter and buffer of rank 1 or 2 by its name, in the order in which the module tells them;
    /// those of rank 2 share its memory, so that what training writes is seen.</summary>
    /// <param name="module">On the processor, in float32. Those of other ranks are left out.</param>
    /// <param name="name">Stands where messages would name a file.</param>
    /// <returns>What <c>TransformerWeights</c> and every reader of weights takes.</returns>
    /// <exception cref="ArgumentException">A parameter is on another device or of another type; the message names
    /// it.</exception>
    /// <example><code>
    /// using var file = module.AsFile("mine");
    /// var embedding = file.ReadMatrix("embed.weight");
    /// </code></example>
    public static MemoryTensors AsFile(this nn.Module module, string name)
    {
        var file = new MemoryTensors(name);
        foreach (var (entry, tensor) in module.state_dict())
            if (tensor.dim() is 1 or 2)
                try
                {
                    var matrix = tensor.AsMatrix();
                    if (tensor.dim() == 2) file.Add(entry, matrix);
                    else file.Add(entry, matrix.Values);
                }
                catch (ArgumentException exception)
                {
                    throw new ArgumentException($"{entry}: {exception.Message}", nameof(module), exception);
                }
        return file;
    }
}
