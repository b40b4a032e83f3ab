using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Models;

/// <summary>How queries, keys and values lie in what the first layer of an attention gives.</summary>
public enum HeadOrder
{
    /// <summary>The queries of all heads, then their keys, then their values.</summary>
    Kinds,

    /// <summary>For each key/value head the queries that use it, then its key, then its value; with as many as there
    /// are heads that is each head's query, key and value (GPT-NeoX, BLOOM, Falcon).</summary>
    Groups,

    /// <summary>Four blocks, each of a quarter of all queries, of all values and of all keys (CodeGen).</summary>
    Quarters,
}

/// <summary>The self-attention of one block: for each head softmax(scale · q·k + …) over what a token sees, times
/// v.</summary>
/// <remarks>The order: norms of q and k, clip, rotation, scale, cap, bias by distance, mask, sink, softmax.</remarks>
public sealed record AttentionConfig : BranchConfig
{
    /// <summary>Queries of all heads, keys and values of all key/value heads, ordered as <see cref="Order"/> says: d to
    /// (heads + 2 · key/value heads) · d_k.</summary>
    public required LayerConfig Input { get; init; }

    /// <summary>What all heads together write: heads · d_k to d.</summary>
    public required LayerConfig Output { get; init; }

    /// <summary>Number of heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of heads that give keys and values; each serves as many neighbouring query heads (Ainslie et
    /// al., "GQA", 2023). 0 for as many as there are heads.</summary>
    public int KeyValueHeads { get => field > 0 ? field : Heads; init; }

    /// <summary>What a query's dot product with a key is multiplied by before the softmax: 1/√d_k for most
    /// models.</summary>
    public required float Scale { get; init; }

    /// <summary>Whether a token sees itself and those before it only.</summary>
    public required bool Causal { get; init; }

    /// <summary>The order of the outputs of <see cref="Input"/>.</summary>
    public HeadOrder Order { get; init; } = HeadOrder.Kinds;

    /// <summary>A token sees those whose distance is less than this; null where it sees all.</summary>
    public int? Window { get; init; }

    /// <summary>How queries and keys are turned by their positions; null where they are not.</summary>
    public RotaryConfig? Rotary { get; init; }

    /// <summary>What is added to a score by the distance of the two tokens, a straight line for each head; null for
    /// nothing.</summary>
    public AlibiConfig? Alibi { get; init; }

    /// <summary>What is added to a score by the distance of the two tokens, learned; null for nothing.</summary>
    public RelativeBiasConfig? RelativeBias { get; init; }

    /// <summary>The norm of the queries; null for none.</summary>
    public HeadNormConfig? QueryNorm { get; init; }

    /// <summary>The norm of the keys; null for none.</summary>
    public HeadNormConfig? KeyNorm { get; init; }

    /// <summary>Queries, keys and values are brought within ± this; null for no limit.</summary>
    public double? Clip { get; init; }

    /// <summary>c, where scores become c·tanh(score / c) (Gemma 2); null for none.</summary>
    public double? ScoreCap { get; init; }

    /// <summary>The tensor of one number for each head that takes part in the softmax like a score, and of whose share
    /// nothing is made, so that a row of the pattern adds up to less than 1 (gpt-oss); null for none.</summary>
    public string? Sinks { get; init; }

    /// <summary>d_k, the dimensions of one head.</summary>
    public int HeadWidth => Output.Inputs / Heads;

    /// <summary>Number of query heads that share a key/value head.</summary>
    public int Sharing => Heads / KeyValueHeads;

    /// <summary>The key/value head that a head uses.</summary>
    public int KeyValueHead(int head) => head / Sharing;

    /// <summary>Where the queries of all heads begin among the outputs of <see cref="Input"/>.</summary>
    internal IReadOnlyList<int> QueryStarts => [.. Enumerable.Range(0, Heads).Select(QueryStart)];

    /// <summary>Where the keys of all key/value heads begin.</summary>
    internal IReadOnlyList<int> KeyStarts => [.. Enumerable.Range(0, KeyValueHeads).Select(KeyStart)];

    /// <summary>Where the values of all key/value heads begin.</summary>
    internal IReadOnlyList<int> ValueStarts => [.. Enumerable.Range(0, KeyValueHeads).Select(ValueStart)];

    /// <summary>The first output of <see cref="Input"/> that is a head's query.</summary>
    internal int QueryStart(int head) => HeadWidth * Order switch
    {
        HeadOrder.Kinds => head,
        HeadOrder.Groups => KeyValueHead(head) * (Sharing + 2) + head % Sharing,
        HeadOrder.Quarters => head / Quarter * 3 * Quarter + head % Quarter,
        _ => throw Argument.OutOfRange(nameof(Order), Order, "Not an order."),
    };

    /// <summary>The first output of <see cref="Input"/> that is a key/value head's key.</summary>
    internal int KeyStart(int keyValueHead) => HeadWidth * Order switch
    {
        HeadOrder.Kinds => Heads + keyValueHead,
        HeadOrder.Groups => keyValueHead * (Sharing + 2) + Sharing,
        HeadOrder.Quarters => keyValueHead / Quarter * 3 * Quarter + 2 * Quarter + keyValueHead % Quarter,
        _ => throw Argument.OutOfRange(nameof(Order), Order, "Not an order."),
    };

    /// <summary>The first output of <see cref="Input"/> that is a key/value head's value.</summary>
    internal int ValueStart(int keyValueHead) => HeadWidth * Order switch
    {
        HeadOrder.Kinds => Heads + KeyValueHeads + keyValueHead,
        HeadOrder.Groups => keyValueHead * (Sharing + 2) + Sharing + 1,
        HeadOrder.Quarters => keyValueHead / Quarter * 3 * Quarter + Quarter + keyValueHead % Quarter,
        _ => throw Argument.OutOfRange(nameof(Order), Order, "Not an order."),
    };

    private int Quarter => Heads / 4;

    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}
