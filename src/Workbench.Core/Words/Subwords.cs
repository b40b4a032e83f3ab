using System;
using System.Collections.Generic;

namespace Workbench.Core.Words;

/// <summary>
/// The pieces by which fastText knows words that it never saw: all runs of Min to Max characters of the word between
/// &lt; and &gt;, each with one of a number of vectors, which its hash chooses.
/// </summary>
/// <remarks>Bojanowski et al. 2017, Enriching Word Vectors with Subword Information. Characters are code points of
/// UTF-8; &lt; and &gt; alone are no pieces.</remarks>
/// <param name="Min">Characters of the shortest piece.</param>
/// <param name="Max">Characters of the longest.</param>
/// <param name="Buckets">Vectors that the pieces share.</param>
internal sealed record Subwords(int Min, int Max, int Buckets)
{
    /// <summary>Models are made with 3 to 6; the work for a word grows with this and with its length.</summary>
    public const int Longest = 100;

    // FNV-1a of 32 bits, but for bytes being signed: those from 128 on flip the upper bits too.
    private const uint HashBasis = 2_166_136_261, HashPrime = 16_777_619;

    /// <summary>A piece: where it stands among the bytes of the word between its brackets, and its vector.</summary>
    public readonly record struct Piece(int Start, int Length, int Bucket);

    /// <summary>A word between its brackets.</summary>
    public static byte[] Bracketed(ReadOnlySpan<byte> word) => [(byte)'<', .. word, (byte)'>'];

    /// <summary>The pieces of a word in the order in which they begin, the shorter first; the same one as often as it
    /// comes.</summary>
    /// <param name="bracketed">The word between its brackets.</param>
    /// <returns>One after the other, in no memory of their own: a word of n characters has n · Max.</returns>
    public IEnumerable<Piece> Of(byte[] bracketed)
    {
        for (var start = 0; start < bracketed.Length; start++)
        {
            if (Continues(bracketed[start])) continue;
            var hash = HashBasis;
            for (int end = start, count = 1; end < bracketed.Length && count <= Max; count++)
            {
                do hash = (hash ^ (uint)(sbyte)bracketed[end++]) * HashPrime;
                while (end < bracketed.Length && Continues(bracketed[end]));
                if (count >= Min && !(count == 1 && (start == 0 || end == bracketed.Length)))
                    yield return new Piece(start, end - start, (int)(hash % (uint)Buckets));
            }
        }
    }

    private static bool Continues(byte value) => (value & 0xC0) == 0x80;
}
