using System;
using System.Collections.Generic;

namespace Workbench.Core.Formats;

/// <summary>An operation of an ONNX model, as far as it says something of weights.</summary>
internal sealed class OnnxNode
{
    /// <summary>Under which PyTorch's newer exporter keeps the modules around an operation.</summary>
    public const string ScopesKey = "pkg.torch.onnx.name_scopes";

    public string Name { get; set; } = "";

    public string Operator { get; set; } = "";

    /// <summary>What stands under <see cref="ScopesKey"/>: a list as Python prints it, modules from the outermost to
    /// the innermost by their full names, and the operation.</summary>
    public string Scopes { get; set; } = "";

    public List<string> Inputs { get; } = [];

    public List<string> Outputs { get; } = [];

    public long? Axis { get; set; }

    /// <summary>Whether a Gemm takes its second matrix with rows and columns exchanged, as a Linear layer has
    /// it.</summary>
    public bool IsSecondTransposed { get; set; }

    /// <summary>Places along an axis that share a scale.</summary>
    public long BlockSize { get; set; }

    /// <summary>The attribute that holds a Constant's value.</summary>
    public FileRange? Value { get; set; }

    /// <summary>The module that the operation is in, such as <c>encoder.layer.0.output.dense</c>; null where the node
    /// does not tell.</summary>
    public string? Module
    {
        get
        {
            if (Scopes.StartsWith("['", StringComparison.Ordinal) && Scopes.EndsWith("']", StringComparison.Ordinal))
            {
                var scopes = Scopes[2..^2].Split("', '");
                return scopes.Length > 1 && scopes[^2].Length > 0 ? scopes[^2] : null;
            }
            // The older exporter: /encoder/layer.0/output/dense/MatMul
            var end = Name.LastIndexOf('/');
            return end > 1 && Name[0] == '/' ? Name[1..end].Replace('/', '.') : null;
        }
    }
}
