using System.Linq;
using Workbench.Core.Models;
using Workbench.Core.Randomness;
using Workbench.Core.Training;
using Workbench.Core.Training.Tasks;

namespace Workbench.Benchmarks;

/// <summary>Training steps of the pocket models' shapes, loss and all gradients, beside the FMA peak.</summary>
public static class TrainingSteps
{
    /// <summary>pocket-gpt2's shape, 16 texts of 256 tokens, every token scored.</summary>
    public static Outcome Gpt2(int threads)
    {
        var config = Core.Models.Families.Gpt2.Config(
            vocabulary: 8192, positions: 256, width: 192, blocks: 6, heads: 6);
        var (model, batch) = (new CausalLanguageModel(config, 1, threads), Batch(16, 256, config.Tokens.Count, 1));
        return Outcome.Of(
            threads, 6e-9 * (Products(config, 256, 4096) + 4096.0 * config.Width * config.Tokens.Count),
            () => model.LossAndGradients(batch));
    }

    /// <summary>pocket-bert's shape, 32 texts of 128 tokens, one token in seven scored.</summary>
    public static Outcome Bert(int threads)
    {
        var config = Core.Models.Families.Bert.Config(
            vocabulary: 8192, positions: 128, width: 192, blocks: 4, heads: 6, inner: 768);
        var (model, batch) = (new MaskedLanguageModel(config, 1, threads), Batch(32, 128, config.Tokens.Count, 7));
        return Outcome.Of(
            threads,
            6e-9 * (Products(config, 128, 4096) + 4096.0 / 7 * config.Width * (config.Tokens.Count + config.Width)),
            () => model.LossAndGradients(batch));
    }

    // Multiply-adds of a forward pass; a step has three times as many, and each counts as two operations.
    private static double Products(TransformerConfig config, int length, int tokens)
    {
        var (width, inner) = (config.Width, config.Blocks[0].Mlp.Up.Outputs);
        return (double)tokens * config.Blocks.Count
            * (4.0 * width * width + 2.0 * width * inner + 2.0 * length * width);
    }

    private static TokenBatch Batch(int sequences, int length, int vocabulary, int scoreOneIn)
    {
        var random = new Philox(3);
        var ids = Enumerable.Range(0, sequences * length).Select(_ => (int)random.NextInteger(vocabulary)).ToArray();
        return new TokenBatch(
            sequences,
            length,
            ids,
            [.. ids.Select((id, i) => i % scoreOneIn == 0 ? id : TokenBatch.Unscored)]
        );
    }
}
