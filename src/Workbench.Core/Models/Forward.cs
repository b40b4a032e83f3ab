namespace Workbench.Core.Models;

/// <summary>The forward pass, as a table describes it: the one place where it stands what follows what.</summary>
internal static class Forward
{
    /// <summary>From embedded tokens through all blocks.</summary>
    /// <param name="config">The table.</param>
    /// <param name="on">What computes.</param>
    /// <param name="tokens">One row of token embeddings for each token; overwritten where operations do so.</param>
    /// <returns>What the output head reads.</returns>
    public static T Run<T>(TransformerConfig config, IOperations<T> on, T tokens) where T : class
    {
        var stream = config.EmbeddingScale == 1 ? tokens : on.Scale(tokens, config.EmbeddingScale);
        stream = Projected(on, config.TokenProjection, stream);
        on.Visit(Place.Embedding, stream);
        stream = on.AddPositions(stream);
        on.Visit(Place.PositionedEmbedding, stream);
        if (config.EmbeddingNorm is { } first)
        {
            stream = Normalized(on, first, stream);
            on.Visit(Place.EmbeddingNorm, stream);
        }
        if (config.EmbeddingProjection is { } projection)
        {
            stream = Projected(on, projection, stream);
            on.Visit(Place.EmbeddingProjection, stream);
        }
        for (var block = 0; block < config.Blocks.Count; block++)
            stream = config.Blocks[block].Parallel
                ? AtOnce(on, config.Blocks[block], block, stream)
                : InTurn(on, config.Blocks[block], block, stream);
        return End(config, on, stream);
    }

    /// <summary>What follows the last block: the norm and the projection, where the model has them.</summary>
    public static T End<T>(TransformerConfig config, IOperations<T> on, T stream) where T : class
    {
        if (config.FinalNorm is { } last)
        {
            stream = Normalized(on, last, stream);
            on.Visit(Place.FinalNorm, stream);
        }
        if (config.OutputProjection is { } projection)
        {
            stream = Projected(on, projection, stream);
            on.Visit(Place.OutputProjection, stream);
        }
        return stream;
    }

    /// <summary>What an output head compares with tokens.</summary>
    public static T BeforeHead<T>(TransformerConfig config, IOperations<T> on, T states) where T : class
    {
        if (config.Head.Transform is not { } transform) return states;
        var hidden = on.Activate(transform.Activation, on.Apply(transform.Layer, states));
        return transform.Norm is { } norm ? Normalized(on, norm, hidden) : hidden;
    }

    private static T InTurn<T>(IOperations<T> on, BlockConfig config, int block, T stream) where T : class
    {
        var (attention, perceptron) = config;
        var read = Read(on, attention, stream, Place.AttentionInput(block));
        stream = Write(on, attention, stream, read, Attend(on, attention, block, read));
        on.Visit(Place.AfterAttention(block), stream);
        read = Read(on, perceptron, stream, Place.MlpInput(block));
        stream = Write(on, perceptron, stream, read, Perceive(on, perceptron, block, read));
        on.Visit(Place.AfterBlock(block), stream);
        return stream;
    }

    private static T AtOnce<T>(IOperations<T> on, BlockConfig config, int block, T stream) where T : class
    {
        var (attention, perceptron) = config;
        var read = Read(on, attention, stream, Place.AttentionInput(block));
        var attended = Attend(on, attention, block, read);
        var alsoRead = perceptron.NormBefore is null ? read : Read(on, perceptron, stream, Place.MlpInput(block));
        var perceived = Perceive(on, perceptron, block, alsoRead);
        if (!ReferenceEquals(alsoRead, read)) on.Done(alsoRead);
        stream = Write(on, attention, stream, read, attended);
        on.Visit(Place.AfterAttention(block), stream);
        stream = Write(on, perceptron, stream, stream, perceived);
        on.Visit(Place.AfterBlock(block), stream);
        return stream;
    }

    private static T Attend<T>(IOperations<T> on, AttentionConfig attention, int block, T read) where T : class
    {
        var queriesKeysValues = on.Position(attention, on.Apply(attention.Input, read));
        on.Visit(Place.Queries(block), queriesKeysValues, attention.QueryStarts, attention.HeadWidth);
        on.Visit(Place.Keys(block), queriesKeysValues, attention.KeyStarts, attention.HeadWidth);
        on.Visit(Place.Values(block), queriesKeysValues, attention.ValueStarts, attention.HeadWidth);
        var mixed = on.Attend(attention, block, queriesKeysValues);
        on.Done(queriesKeysValues);
        for (var head = 0; head < attention.Heads; head++)
            on.Visit(Place.HeadOutput(block, head), mixed, [head * attention.HeadWidth], attention.HeadWidth);
        var written = on.Apply(attention.Output, mixed);
        on.Done(mixed);
        written = Written(on, attention, written);
        on.Visit(Place.AttentionOutput(block), written);
        return written;
    }

    private static T Perceive<T>(IOperations<T> on, FeedForwardConfig perceptron, int block, T read) where T : class
    {
        var written = Written(on, perceptron, perceptron switch
        {
            ExpertsConfig experts => Mix(on, experts, block, read),
            var one => Perceive(on, (MlpConfig)one, block, read, shown: true),
        });
        on.Visit(Place.MlpOutput(block), written);
        return written;
    }

    private static T Perceive<T>(IOperations<T> on, MlpConfig mlp, int block, T read, bool shown) where T : class
    {
        var hidden = on.Apply(mlp.Up, read);
        if (shown) on.Visit(Place.MlpHidden(block), hidden);
        if (mlp.Gate == GateOrder.None) hidden = on.Activate(mlp.Activation, hidden);
        else
        {
            var gated = on.Gate(mlp, hidden);
            on.Done(hidden);
            hidden = gated;
        }
        if (shown) on.Visit(Place.MlpActivation(block), hidden);
        var written = on.Apply(mlp.Down, hidden);
        on.Done(hidden);
        return written;
    }

    private static T Mix<T>(IOperations<T> on, ExpertsConfig experts, int block, T read) where T : class
    {
        var scores = on.Apply(experts.Router, read);
        on.Visit(Place.RouterScores(block), scores);
        var sum = on.Zeros(read, experts.Experts[0].Down.Outputs);
        foreach (var chosen in on.Route(experts, scores))
        {
            var rows = on.Rows(read, chosen.Rows);
            var written = Perceive(on, experts.Experts[chosen.Expert], block, rows, shown: false);
            on.AddRows(sum, chosen, written);
            on.Done(rows);
            on.Done(written);
        }
        on.Done(scores);
        return sum;
    }

    private static T Read<T>(IOperations<T> on, BranchConfig branch, T stream, Place place) where T : class
    {
        if (branch.NormBefore is not { } norm) return stream;
        var read = on.Normalize(norm, stream);
        on.Visit(place, read);
        return read;
    }

    private static T Written<T>(IOperations<T> on, BranchConfig branch, T written) where T : class
    {
        if (branch.NormOutput is { } norm) written = Normalized(on, norm, written);
        return branch.Multiplier == 1 ? written : on.Scale(written, branch.Multiplier);
    }

    private static T Write<T>(IOperations<T> on, BranchConfig branch, T stream, T read, T written) where T : class
    {
        if (!ReferenceEquals(read, stream))
        {
            if (branch.AddsToRead) (stream, read) = (read, stream);
            on.Done(read);
        }
        stream = on.Add(stream, written);
        on.Done(written);
        return branch.NormAfter is { } norm ? Normalized(on, norm, stream) : stream;
    }

    private static T Projected<T>(IOperations<T> on, LayerConfig? layer, T x) where T : class
    {
        if (layer is null) return x;
        var result = on.Apply(layer, x);
        on.Done(x);
        return result;
    }

    private static T Normalized<T>(IOperations<T> on, NormConfig norm, T x) where T : class
    {
        var result = on.Normalize(norm, x);
        on.Done(x);
        return result;
    }
}
