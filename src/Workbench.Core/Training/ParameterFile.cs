using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Training;

/// <summary>Writes a trained model under the hub's file names: <c>model.safetensors</c> and <c>config.json</c>.</summary>
public static class ParameterFile
{
    private const float LargestHalf = 65504;

    /// <summary>Writes parameters under their names, vectors with rank 1, and the configuration beside them.</summary>
    /// <param name="folder">Made if it is not there; files of these names in it are replaced.</param>
    /// <param name="parameters">What is stored; their values are read.</param>
    /// <param name="config">The text of <c>config.json</c>.</param>
    /// <param name="dtype">F16, which rounds every value to the nearest half, or F32.</param>
    /// <exception cref="ArgumentException">A value is not finite, or as a half would not be; nothing is written.</exception>
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
        writer.Write(Path.Combine(folder, "model.safetensors"));
        WholeFile.Write(Path.Combine(folder, "config.json"), stream => stream.Write(Encoding.UTF8.GetBytes(config)));
    }

    private static void Check(Parameter parameter, DType dtype)
    {
        for (var row = 0; row < parameter.Value.Rows; row++)
            foreach (var value in parameter.Value.Row(row))
                if (!float.IsFinite(value) || (dtype == DType.F16 && MathF.Abs(value) > LargestHalf))
                    throw new ArgumentException($"Row {row} of '{parameter.Name}' holds {value}, which {dtype.Name()} cannot; {(float.IsFinite(value) ? "store it as F32" : "training has diverged")}.", nameof(parameter));
    }
}
