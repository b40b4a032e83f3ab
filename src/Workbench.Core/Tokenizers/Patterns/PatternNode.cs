using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>A pattern as it was written, in parts.</summary>
internal abstract record PatternNode
{
    /// <summary>One character of a set.</summary>
    public sealed record One(CharacterSet Set) : PatternNode;

    /// <summary>One after another.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>The first that fits.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Parts) : PatternNode;

    /// <summary>Again and again.</summary>
    /// <param name="Part">What is repeated.</param>
    /// <param name="Least">How often at least.</param>
    /// <param name="Most">How often at most; <see cref="int.MaxValue"/> without end.</param>
    /// <param name="Kind">Which number is tried first, and whether others are tried.</param>
    public sealed record Repeat(PatternNode Part, int Least, int Most, RepeatKind Kind) : PatternNode;

    /// <summary>What is not gone back into once it has fitted.</summary>
    public sealed record Atomic(PatternNode Part) : PatternNode;

    /// <summary>What must, or must not, stand before or behind a place.</summary>
    public sealed record Look(PatternNode Part, bool IsBehind, bool IsNegative) : PatternNode;

    /// <summary>A place.</summary>
    public sealed record At(PatternPlace Place) : PatternNode;
}

/// <summary>How a repetition chooses its number.</summary>
internal enum RepeatKind { Greedy, Lazy, Possessive }

/// <summary>Places that a pattern can name.</summary>
internal enum PatternPlace { LineStart, LineEnd, TextStart, TextEnd, LastLineEnd, WordEdge, NoWordEdge }
