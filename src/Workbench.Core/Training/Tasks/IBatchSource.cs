namespace Workbench.Core.Training.Tasks;

/// <summary>The batches of a training run, by number.</summary>
public interface IBatchSource
{
    /// <summary>Batch <paramref name="step"/>: a pure function of this source and the number, so that a run resumes
    /// without any other state.</summary>
    /// <param name="step">At least 0.</param>
    TokenBatch Batch(int step);

    /// <summary>Tokens in every batch, scored or not.</summary>
    int TokensPerBatch { get; }

    /// <summary>Everything the batches depend on, in words, with the hash of the token ids; equal for equal sources
    /// only.</summary>
    string Fingerprint { get; }
}
