using System;
using System.Buffers.Binary;
using System.Text;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary>SentencePiece's compiled rules: a double array (Darts) from UTF-8 to places in a list of texts that end in
/// zero.</summary>
internal sealed class PrecompiledMap
{
    private readonly uint[] units;
    private readonly byte[] texts;

    /// <param name="blob">Size of the array in bytes, the array, the texts.</param>
    /// <exception cref="FormatException">The size and the array do not agree.</exception>
    public PrecompiledMap(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < 4) throw Damaged(blob.Length);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size == 0 || size % 4 != 0 || size > blob.Length - 4) throw Damaged(blob.Length);
        units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + 4 * i)..]);
        texts = blob[(int)(4 + size)..].ToArray();
    }

    /// <summary>The rule for the shortest beginning of a text that has one, as the Rust library takes it, or for the
    /// longest, as SentencePiece does.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="longest">Which of the two.</param>
    /// <param name="result">What the beginning becomes.</param>
    /// <returns>Bytes of the beginning, or 0 when there is no rule.</returns>
    public int Find(ReadOnlySpan<byte> text, bool longest, out string result)
    {
        result = "";
        uint node = Offset(units[0]), value = 0;
        var length = 0;
        for (var i = 0; i < text.Length && text[i] != 0; i++)
        {
            node ^= text[i];
            if (node >= units.Length || (units[node] & 0x800000FF) != text[i]) break;
            var hasLeaf = (units[node] >> 8 & 1) != 0;
            node ^= Offset(units[node]);
            if (!hasLeaf || node >= units.Length) continue;
            (value, length) = (units[node] & 0x7FFFFFFF, i + 1);
            if (!longest) break;
        }
        if (length == 0 || value >= texts.Length) return length == 0 ? 0 : length;
        var end = texts.AsSpan((int)value).IndexOf((byte)0);
        result = Encoding.UTF8.GetString(
            end < 0 ? texts.AsSpan((int)value) : texts.AsSpan((int)value, end));
        return length;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);

    private static FormatException Damaged(int length) =>
        new($"the precompiled map of {length} bytes is damaged: its size and its array do not agree.");
}
