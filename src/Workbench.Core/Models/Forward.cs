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
        on.Visit(Place.Embedding, tokens);
        var stream = on.AddPositions(tokens);
        on.Visit(Place.PositionedEmbedding, stream);
        if (config.EmbeddingNorm is { } first)
        {
            stream = Normalized(on, first, stream);
            on.Visit(Place.EmbeddingNorm, stream);
        }
        for (var block = 0; block < config.Blocks.Count; block++)
        {
            var (attention, mlp) = config.Blocks[block];
            var read = Read(on, attention, stream, Place.AttentionInput(block));
            stream = Write(on, attention, stream, read, Attend(on, attention, block, read));
            on.Visit(Place.AfterAttention(block), stream);
            read = Read(on, mlp, stream, Place.MlpInput(block));
            stream = Write(on, mlp, stream, read, Perceive(on, mlp, block, read));
            on.Visit(Place.AfterBlock(block), stream);
        }
        if (config.FinalNorm is { } last)
        {
            stream = Normalized(on, last, stream);
            on.Visit(Place.FinalNorm, stream);
        }
        return stream;
    }

    /// <summary>What an output head compares with tokens.</summary>
    public static T BeforeHead<T>(TransformerConfig config, IOperations<T> on, T states) where T : class =>
        config.Head.Transform is { } transform
            ? Normalized(on, transform.Norm, on.Activate(transform.Activation, on.Apply(transform.Layer, states)))
            : states;

    private static T Attend<T>(IOperations<T> on, AttentionConfig attention, int block, T read) where T : class
    {
        var width = attention.Output.Inputs;
        var queriesKeysValues = on.Apply(attention.Input, read);
        on.Visit(Place.Queries(block), queriesKeysValues, 0, width);
        on.Visit(Place.Keys(block), queriesKeysValues, width, width);
        on.Visit(Place.Values(block), queriesKeysValues, 2 * width, width);
        var mixed = on.Attend(attention, block, queriesKeysValues);
        on.Done(queriesKeysValues);
        for (var head = 0; head < attention.Heads; head++)
            on.Visit(Place.HeadOutput(block, head), mixed, head * attention.HeadWidth, attention.HeadWidth);
        var written = on.Apply(attention.Output, mixed);
        on.Done(mixed);
        on.Visit(Place.AttentionOutput(block), written);
        return written;
    }

    private static T Perceive<T>(IOperations<T> on, MlpConfig mlp, int block, T read) where T : class
    {
        var hidden = on.Apply(mlp.Up, read);
        on.Visit(Place.MlpHidden(block), hidden);
        hidden = on.Activate(mlp.Activation, hidden);
        on.Visit(Place.MlpActivation(block), hidden);
        var written = on.Apply(mlp.Down, hidden);
        on.Done(hidden);
        on.Visit(Place.MlpOutput(block), written);
        return written;
    }

    private static T Read<T>(IOperations<T> on, BranchConfig branch, T stream, Place place) where T : class
    {
        if (branch.NormBefore is not { } norm) return stream;
        var read = on.Normalize(norm, stream);
        on.Visit(place, read);
        return read;
    }

    private static T Write<T>(IOperations<T> on, BranchConfig branch, T stream, T read, T written) where T : class
    {
        if (!ReferenceEquals(read, stream)) on.Done(read);
        stream = on.Add(stream, written);
        on.Done(written);
        return branch.NormAfter is { } norm ? Normalized(on, norm, stream) : stream;
    }

    private static T Normalized<T>(IOperations<T> on, NormConfig norm, T x) where T : class
    {
        var result = on.Normalize(norm, x);
        on.Done(x);
        return result;
    }
}
