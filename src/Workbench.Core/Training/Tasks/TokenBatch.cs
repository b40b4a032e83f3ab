using System;

namespace Workbench.Core.Training.Tasks;

/// <summary>Sequences of equal length: token ids and, for each, the token to be predicted there, or −1 where nothing
/// is.</summary>
public sealed class TokenBatch
{
    /// <summary>A target that is not scored.</summary>
    public const int Unscored = -1;

    /// <summary>A batch over arrays that the batch takes over.</summary>
    /// <param name="sequences">Number of sequences, at least 1.</param>
    /// <param name="length">Tokens in each, at least 1.</param>
    /// <param name="inputs">Token ids, row-major [sequences, length].</param>
    /// <param name="targets">For each input the token to be predicted at its place, or <see cref="Unscored"/>.</param>
    /// <exception cref="ArgumentException">An array has another length, an id is negative, or a target is below
    /// −1.</exception>
    public TokenBatch(int sequences, int length, int[] inputs, int[] targets)
    {
        Argument.AtLeast(sequences, 1);
        Argument.AtLeast(length, 1);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(targets);
        if (inputs.Length != (long)sequences * length)
            throw new ArgumentException(
                $"{sequences} sequences of {length} are {(long)sequences * length} tokens, but {inputs.Length} were "
                    + "given.",
                nameof(inputs)
            );
        if (targets.Length != inputs.Length)
            throw new ArgumentException(
                $"{inputs.Length} inputs need as many targets, but {targets.Length} were given.", nameof(targets));
        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] < 0)
                throw new ArgumentException($"Input {i} is {inputs[i]}; a token id is at least 0.", nameof(inputs));
            if (targets[i] < Unscored)
                throw new ArgumentException(
                    $"Target {i} is {targets[i]}; it is a token id, or −1 where nothing is predicted.",
                    nameof(targets));
            if (targets[i] != Unscored)
                Scored++;
        }
        (Sequences, Length, Inputs, Targets) = (sequences, length, inputs, targets);
    }

    /// <summary>Number of sequences.</summary>
    public int Sequences { get; }

    /// <summary>Tokens in each sequence.</summary>
    public int Length { get; }

    /// <summary>Token ids, row-major [<see cref="Sequences"/>, <see cref="Length"/>].</summary>
    public ReadOnlyMemory<int> Inputs { get; }

    /// <summary>The token to be predicted at each place, or <see cref="Unscored"/>; row-major like
    /// <see cref="Inputs"/>.</summary>
    public ReadOnlyMemory<int> Targets { get; }

    /// <summary>Number of places whose target is scored.</summary>
    public int Scored { get; }
}
