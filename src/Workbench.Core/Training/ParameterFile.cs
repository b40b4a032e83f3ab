using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Hub;
using Workbench.Core.Tensors;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training;

/// <summary>Writes a trained model under the hub's file names, <c>model.safetensors</c> and <c>config.json</c>, and
/// reads its values back.</summary>
public static class ParameterFile
{
    private const float LargestHalf = 65504;

    /// <summary>Writes parameters under their names, vectors with rank 1, and the configuration beside them.</summary>
    /// <param name="folder">Made if it is not there; files of these names in it are replaced.</param>
    /// <param name="parameters">What is stored; their values are read.</param>
    /// <param name="config">The text of <c>config.json</c>.</param>
    /// <param name="dtype">F16, which rounds every value to the nearest half, or F32.</param>
    /// <exception cref="ArgumentException">A value is not finite, or as a half would not be; nothing is
    /// written.</exception>
    public static void Write(string folder, IReadOnlyList<Parameter> parameters, string config, DType dtype = DType.F16)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentException.ThrowIfNullOrWhiteSpace(config);
        var writer = new SafetensorsWriter();
        writer.Metadata["format"] = "pt"; // without it the hub's Python library refuses the file
        foreach (var parameter in parameters)
        {
            Check(parameter, dtype);
            writer.Add(parameter.Name, parameter.Value, parameter.Shape, dtype);
        }
        Directory.CreateDirectory(folder);
        writer.Write(Path.Combine(folder, ModelFiles.Safetensors));
        WholeFile.Write(
            Path.Combine(folder, ModelFiles.Config), stream => stream.Write(Encoding.UTF8.GetBytes(config)));
    }

    /// <summary>Overwrites parameters with what a folder stores under their names, e.g. to measure a model as others
    /// will load it.</summary>
    /// <param name="folder">As <see cref="Write"/> left it.</param>
    /// <param name="parameters">Each is in the file with its shape; when one is not, none is changed.</param>
    /// <exception cref="WeightFileException">The file is missing or damaged, or holds no tensor of a parameter's
    /// name.</exception>
    /// <exception cref="ArgumentException">A tensor has another shape than its parameter.</exception>
    public static void Read(string folder, IReadOnlyList<Parameter> parameters)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(parameters);
        using var file = SafetensorsFile.Open(Path.Combine(folder, ModelFiles.Safetensors));
        var stored = new List<Matrix>(parameters.Count);
        foreach (var parameter in parameters)
        {
            var shape = file.Find(parameter.Name).Shape;
            if (!shape.Equals(parameter.Shape))
                throw new ArgumentException(
                    $"'{parameter.Name}' is {parameter.Shape} here and {shape} in {file.Path}.", nameof(parameters));
            stored.Add(file.ReadMatrix(parameter.Name));
        }
        for (var i = 0; i < stored.Count; i++)
            for (var row = 0; row < stored[i].Rows; row++)
                stored[i].Row(row).CopyTo(parameters[i].Value.WritableRow(row));
    }

    private static void Check(Parameter parameter, DType dtype)
    {
        for (var row = 0; row < parameter.Value.Rows; row++)
            foreach (var value in parameter.Value.Row(row))
                if (!float.IsFinite(value) || (dtype == DType.F16 && MathF.Abs(value) > LargestHalf))
                    throw new ArgumentException(
                        $"Row {row} of '{parameter.Name}' holds {value}, which {dtype.Name()} cannot; "
                            + $"{(float.IsFinite(value) ? "store it as F32" : "training has diverged")}.",
                        nameof(parameter)
                    );
    }
}
