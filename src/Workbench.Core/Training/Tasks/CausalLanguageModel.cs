using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Tensors;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training.Tasks;

/// <summary>A GPT-2-shaped model that learns to tell each next token (Radford et al., "Language Models are Unsupervised
/// Multitask Learners", 2019).</summary>
/// <remarks>
/// Starts as GPT-2 did: weights and embeddings normal with standard deviation 0.02, those that write to the residual
/// stream smaller by √(2·blocks), gains 1, biases 0. Without dropout.
/// Parameters bear the names and the layout of the hub's <c>gpt2</c>.
/// </remarks>
public sealed class CausalLanguageModel : ITrainable
{
    private const double InitialSpread = 0.02;
    private readonly Gpt2Config config;
    private readonly ParameterTape parameters;

    /// <summary>An untrained model.</summary>
    /// <param name="config">Its shape; the head is tied and layers have biases.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    public CausalLanguageModel(Gpt2Config config, ulong seed, int threads = 0)
    {
        this.config = config with { TiedHead = true, Biases = true, Layout = WeightLayout.InputMajor };
        parameters = new ParameterTape(seed, threads);
        var (d, inner, written) = (config.Width, config.InnerWidth, InitialSpread / Math.Sqrt(2 * config.Blocks));
        parameters.AddNormal("wte.weight", config.VocabularySize, d, InitialSpread);
        parameters.AddNormal("wpe.weight", config.Positions, d, InitialSpread);
        for (var block = 0; block < config.Blocks; block++)
        {
            var name = $"h.{block}";
            parameters.AddNorm($"{name}.ln_1", d);
            AddLayer($"{name}.attn.c_attn", d, 3 * d, InitialSpread);
            AddLayer($"{name}.attn.c_proj", d, d, written);
            parameters.AddNorm($"{name}.ln_2", d);
            AddLayer($"{name}.mlp.c_fc", d, inner, InitialSpread);
            AddLayer($"{name}.mlp.c_proj", inner, d, written);
        }
        parameters.AddNorm("ln_f", d);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => parameters.Parameters;

    /// <inheritdoc/>
    public double LossAndGradients(TokenBatch batch) => parameters.LossAndGradients(tensor => Loss(tensor, batch));

    /// <inheritdoc/>
    public double Loss(TokenBatch batch) => parameters.Loss(tensor => Loss(tensor, batch));

    private Variable Loss(Func<string, Variable> tensor, TokenBatch batch)
    {
        var graph = new Gpt2Graph(config, tensor);
        return graph.Loss(graph.Run(graph.Embed(batch.Inputs, batch.Sequences), batch.Sequences), batch.Targets);
    }

    private void AddLayer(string name, int inputs, int outputs, double spread)
    {
        parameters.AddNormal($"{name}.weight", inputs, outputs, spread);
        parameters.AddVector($"{name}.bias", outputs, 0);
    }
}
