using System.Linq;
using Workbench.Core.Models;

namespace Workbench.Core.Training.Tasks;

/// <summary>The parameters that an untrained transformer begins with: weights and embeddings normal, gains 1, biases
/// 0.</summary>
/// <param name="config">Its table.</param>
/// <param name="parameters">Where they are put, in the order in which the model uses them.</param>
/// <param name="spread">The standard deviation.</param>
/// <param name="prefix">What stands before the names in the checkpoint, but for those of the head.</param>
internal sealed class InitialParameters(
    TransformerConfig config, ParameterTape parameters, double spread, string prefix = "")
{
    /// <summary>Embeddings and blocks.</summary>
    /// <param name="written">The standard deviation of what writes to the residual stream.</param>
    public void AddBody(double written)
    {
        foreach (var table in new[] { config.Tokens, config.Positions?.Table, config.TokenTypes })
            if (table is not null)
                parameters.AddNormal($"{table.Name}.weight", table.Count, config.Width, spread, prefix);
        Add(config.EmbeddingNorm, prefix);
        foreach (var block in config.Blocks)
        {
            var (attention, mlp) = (block.Attention, block.Mlp);
            Add(attention.NormBefore, prefix);
            Add(attention.Input, spread, prefix);
            Add(attention.Output, written, prefix);
            Add(attention.NormAfter, prefix);
            Add(mlp.NormBefore, prefix);
            Add(mlp.Up, spread, prefix);
            Add(mlp.Down, written, prefix);
            Add(mlp.NormAfter, prefix);
        }
        Add(config.FinalNorm, prefix);
    }

    /// <summary>What the head has besides the token embeddings.</summary>
    public void AddHead()
    {
        if (config.Head.Transform is { } transform)
        {
            Add(transform.Layer, spread, "");
            Add(transform.Norm, "");
        }
        if (config.Head.Bias is { } bias) parameters.AddVector(bias, config.Tokens.Count, 0);
    }

    private void Add(NormConfig? norm, string prefix)
    {
        if (norm is not null) parameters.AddNorm(norm.Name, config.Width, prefix);
    }

    private void Add(LayerConfig layer, double spread, string prefix)
    {
        var (inputs, outputs) = (layer.Inputs, layer.Outputs);
        if (layer.Parts is { } parts)
        {
            // One product for all of them; the checkpoint's names are views of its parts.
            parameters.AddNormalParts(
                layer.Name, [.. parts.Select(part => part.Name)], outputs / parts.Count, inputs, spread, prefix);
            return;
        }
        var (rows, columns) = config.Layout == WeightLayout.InputMajor ? (inputs, outputs) : (outputs, inputs);
        parameters.AddNormal($"{layer.Name}.weight", rows, columns, spread, prefix);
        parameters.AddVector($"{layer.Name}.bias", outputs, 0, prefix);
    }
}
