using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Tensors;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training.Tasks;

/// <summary>A decoder that learns to tell each next token (Radford et al., "Language Models are Unsupervised
/// Multitask Learners", 2019).</summary>
/// <remarks>
/// Starts as GPT-2 did: weights and embeddings normal with standard deviation 0.02, those that write to the residual
/// stream smaller by √(2·blocks), gains 1, biases 0. Without dropout.
/// Parameters bear the names and the layout of the hub's <c>gpt2</c> where the table is GPT-2's.
/// </remarks>
public sealed class CausalLanguageModel : ITrainable
{
    private const double InitialSpread = 0.02;
    private readonly TransformerConfig config;
    private readonly ParameterTape parameters;

    /// <summary>An untrained model.</summary>
    /// <param name="config">Its table; the head is tied and layers have biases, whatever it says.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <exception cref="ArgumentException">The table is an encoder's.</exception>
    /// <exception cref="NotSupportedException">It has settings that are not supported.</exception>
    public CausalLanguageModel(TransformerConfig config, ulong seed, int threads = 0)
    {
        if (!config.IsCausal)
            throw new ArgumentException(
                $"A model of type {config.Family} sees the whole text and cannot learn to tell each next token; train "
                    + "it with MaskedLanguageModel.",
                nameof(config)
            );
        config.CheckSupported("The model to be trained");
        this.config = config with { TiedHead = true, Biases = true };
        parameters = new ParameterTape(seed, threads);
        var initial = new InitialParameters(config, parameters, InitialSpread);
        initial.AddBody(written: InitialSpread / Math.Sqrt(2 * config.Blocks.Count));
        initial.AddHead();
    }

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => parameters.Parameters;

    /// <inheritdoc/>
    public double LossAndGradients(TokenBatch batch) => parameters.LossAndGradients(tensor => Loss(tensor, batch));

    /// <inheritdoc/>
    public double Loss(TokenBatch batch) => parameters.Loss(tensor => Loss(tensor, batch));

    private Variable Loss(Func<string, Variable> tensor, TokenBatch batch)
    {
        var graph = new TransformerGraph(config, tensor);
        return graph.Loss(graph.Run(graph.Embed(batch.Inputs), batch.Sequences), batch.Targets);
    }
}
