using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;

namespace Workbench.Core.Training.Tasks;

/// <summary>What the batches have in common: windows over one long sequence of token ids.</summary>
internal static class TokenStream
{
    // The high half of a random stream's number is its purpose, the low half the step it serves.
    public const ulong CausalBatches = 1UL << 32;
    public const ulong MaskedBatches = 2UL << 32;
    public const ulong MaskedHeldOut = 3UL << 32;

    /// <summary>Number and hash of token ids: the SHA-256 of them as little-endian int32.</summary>
    public static string Describe(ReadOnlySpan<int> tokens)
    {
        var bytes = new byte[tokens.Length * sizeof(int)];
        for (var i = 0; i < tokens.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), tokens[i]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{tokens.Length} tokens of SHA-256 {Convert.ToHexStringLower(SHA256.HashData(bytes))}");
    }

    /// <summary>Cuts consecutive windows into batches; the last batch may have fewer sequences.</summary>
    /// <param name="windows">Number of windows.</param>
    /// <param name="sequences">Windows in a batch.</param>
    /// <param name="length">Tokens in a sequence.</param>
    /// <param name="fill">Writes window n into its inputs and targets.</param>
    public static IReadOnlyList<TokenBatch> Batches(int windows, int sequences, int length, WindowFiller fill)
    {
        var batches = new List<TokenBatch>();
        for (var first = 0; first < windows; first += sequences)
        {
            var count = Math.Min(sequences, windows - first);
            var (inputs, targets) = (new int[count * length], new int[count * length]);
            for (var i = 0; i < count; i++)
                fill(first + i, inputs.AsSpan(i * length, length), targets.AsSpan(i * length, length));
            batches.Add(new TokenBatch(count, length, inputs, targets));
        }
        return batches;
    }

    public delegate void WindowFiller(int window, Span<int> inputs, Span<int> targets);

    /// <summary>Refuses sizes that make no batch, and ids that are none.</summary>
    public static void Check(ReadOnlySpan<int> tokens, int sequences, int length, int shortest, int needed)
    {
        Argument.AtLeast(sequences, 1);
        Argument.AtLeast(length, shortest);
        if (tokens.Length < needed)
            throw new ArgumentException(
                $"Sequences of {length} need a text of at least {needed} tokens, but it has {tokens.Length}; shorten "
                    + "the sequences or add text.",
                nameof(tokens)
            );
        for (var i = 0; i < tokens.Length; i++)
            if (tokens[i] < 0)
                throw new ArgumentException($"Token {i} is {tokens[i]}; a token id is at least 0.", nameof(tokens));
    }
}
