using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Pairs;

/// <summary>Fingerprints of row blocks of a matrix. A block is read once, when it is first asked for, so that a task
/// which needs a part of a table reads that part.</summary>
/// <param name="matrix">Not copied; must not change.</param>
public sealed class RowFingerprints(Matrix matrix)
{
    private readonly ConcurrentDictionary<int, byte[]> hashes = new();

    /// <summary>SHA-256 over the shape, the range, and every value in it.</summary>
    /// <param name="range">Blocks of <see cref="PairSpace.RowBlock"/> rows.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string Of(RowBlockRange range)
    {
        _ = (MatrixView)matrix; // asks a mapped file whether it is still whole
        var first = range.First;
        Workers.Share(Workers.Count(0), range.End - first, i => hashes.GetOrAdd(first + i, Hash));
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var shape = FormattableString.Invariant($"{matrix.Rows} {matrix.Columns} {range} ");
        whole.AppendData(Encoding.UTF8.GetBytes(shape));
        for (var block = first; block < range.End; block++) whole.AppendData(hashes[block]);
        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    /// <summary>The same of all rows.</summary>
    public string OfAll() => Of(new RowBlockRange(0, (matrix.Rows + PairSpace.RowBlock - 1) / PairSpace.RowBlock));

    private byte[] Hash(int block)
    {
        var first = block * PairSpace.RowBlock;
        var rows = matrix.RowRange(first, Math.Min(PairSpace.RowBlock, matrix.Rows - first));
        return SHA256.HashData(MemoryMarshal.AsBytes(rows.Values));
    }
}
