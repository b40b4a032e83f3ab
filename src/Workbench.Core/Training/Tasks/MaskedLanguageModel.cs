using System;
using System.Collections.Generic;
using Workbench.Core.Gradients;
using Workbench.Core.Models;
using Workbench.Core.Tensors;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training.Tasks;

/// <summary>A BERT-shaped encoder that learns to tell masked tokens (Devlin et al., "BERT", 2019), without
/// next-sentence prediction.</summary>
/// <remarks>
/// Starts as BERT did: weights and embeddings normal with standard deviation 0.02, gains 1, biases 0. Without dropout.
/// Parameters bear the names and the layout of the hub's
/// <c>bert-base-uncased</c>; the output head is the token embeddings.
/// </remarks>
public sealed class MaskedLanguageModel : ITrainable
{
    private const double InitialSpread = 0.02;
    private readonly BertConfig config;
    private readonly ParameterTape parameters;

    /// <summary>An untrained model.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="seed">Of the initial weights.</param>
    /// <param name="threads">Most threads to use; 0 for one on each processor.</param>
    public MaskedLanguageModel(BertConfig config, ulong seed, int threads = 0)
    {
        this.config = config;
        parameters = new ParameterTape(seed, threads);
        var d = config.Width;
        parameters.AddNormal("embeddings.word_embeddings.weight", config.VocabularySize, d, InitialSpread, "bert.");
        parameters.AddNormal("embeddings.position_embeddings.weight", config.Positions, d, InitialSpread, "bert.");
        parameters.AddNormal("embeddings.token_type_embeddings.weight", config.TokenTypes, d, InitialSpread, "bert.");
        parameters.AddNorm("embeddings.LayerNorm", d, "bert.");
        for (var block = 0; block < config.Blocks; block++)
        {
            var name = $"encoder.layer.{block}";
            // One product for all three; the checkpoint's names are views of its parts.
            parameters.AddNormalParts(
                $"{name}.attention.self",
                ["query", "key", "value"],
                d,
                d,
                InitialSpread,
                "bert."
            );
            AddLayer($"{name}.attention.output.dense", d, d, "bert.");
            parameters.AddNorm($"{name}.attention.output.LayerNorm", d, "bert.");
            AddLayer($"{name}.intermediate.dense", d, config.InnerWidth, "bert.");
            AddLayer($"{name}.output.dense", config.InnerWidth, d, "bert.");
            parameters.AddNorm($"{name}.output.LayerNorm", d, "bert.");
        }
        AddLayer("cls.predictions.transform.dense", d, d);
        parameters.AddNorm("cls.predictions.transform.LayerNorm", d);
        parameters.AddVector("cls.predictions.bias", config.VocabularySize, 0);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Parameter> Parameters => parameters.Parameters;

    /// <inheritdoc/>
    public double LossAndGradients(TokenBatch batch) => parameters.LossAndGradients(tensor => Loss(tensor, batch));

    /// <inheritdoc/>
    public double Loss(TokenBatch batch) => parameters.Loss(tensor => Loss(tensor, batch));

    private Variable Loss(Func<string, Variable> tensor, TokenBatch batch)
    {
        var graph = new BertGraph(config, tensor);
        return graph.Loss(graph.Run(batch.Inputs, batch.Sequences), batch.Targets);
    }

    private void AddLayer(string name, int inputs, int outputs, string prefix = "")
    {
        parameters.AddNormal($"{name}.weight", outputs, inputs, InitialSpread, prefix);
        parameters.AddVector($"{name}.bias", outputs, 0, prefix);
    }
}
