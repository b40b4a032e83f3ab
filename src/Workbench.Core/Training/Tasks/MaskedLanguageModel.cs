using System;
using System.Collections.Generic;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Tensors;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training.Tasks;

/// <summary>An encoder that learns to tell masked tokens (Devlin et al., "BERT", 2019), without
/// next-sentence prediction.</summary>
/// <remarks>
/// Starts as BERT did: weights and embeddings normal with standard deviation 0.02, gains 1, biases 0. Without dropout.
/// Parameters bear the names and the layout of the hub's <c>bert-base-uncased</c>; the output head is the token
/// embeddings.
/// </remarks>
public sealed class MaskedLanguageModel : ITrainable
{
    private const double InitialSpread = 0.02;
    private readonly TransformerConfig config;
    private readonly ParameterTape parameters;

    /// <summary>An untrained model.</summary>
    /// <param name="config">Its table; the head is tied and layers have biases, whatever it says.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    /// <exception cref="ArgumentException">The table is a decoder's.</exception>
    /// <exception cref="NotSupportedException">It has settings that are not supported.</exception>
    public MaskedLanguageModel(TransformerConfig config, ulong seed, int threads = 0)
    {
        if (config.IsCausal)
            throw new ArgumentException(
                $"A model of type {config.Family} does not see what comes after a mask; train it with "
                    + "CausalLanguageModel.",
                nameof(config)
            );
        config.CheckSupported("The model to be trained");
        this.config = config with { TiedHead = true, Biases = true };
        parameters = new ParameterTape(seed, threads);
        var initial = new InitialParameters(config, parameters, InitialSpread, config.Prefixes[0]);
        initial.AddBody(written: InitialSpread);
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
