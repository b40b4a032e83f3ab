using System;
using System.Text;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>
/// The printable characters that GPT-2's files write for the 256 bytes: printable Latin-1 stands for itself, the other
/// 68 bytes, in their order, are U+0100 to U+0143. A space is therefore written Ġ and a line feed Ċ.
/// </summary>
/// <remarks>Radford et al. 2019, <c>bytes_to_unicode</c> in GPT-2's encoder.py.</remarks>
public static class ByteAlphabet
{
    private const int Highest = 0x143;
    private static readonly char[] Characters = new char[256];
    private static readonly short[] Values = new short[Highest + 1];

    static ByteAlphabet()
    {
        Array.Fill(Values, (short)-1);
        var next = (char)0x100;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            Characters[value] = printable ? (char)value : next++;
            Values[Characters[value]] = (short)value;
        }
    }

    /// <summary>The character that stands for a byte.</summary>
    public static char Character(byte value) => Characters[value];

    /// <summary>The byte that a character stands for, or −1 when it stands for none.</summary>
    public static int Value(char character) => character <= Highest ? Values[character] : -1;

    /// <summary>A piece's bytes; a piece with a character outside the alphabet stands for its own UTF-8, as in the Rust
    /// library's decoder.</summary>
    internal static byte[] Bytes(string piece)
    {
        var bytes = new byte[piece.Length];
        for (var i = 0; i < bytes.Length; i++)
        {
            var value = Value(piece[i]);
            if (value < 0) return Encoding.UTF8.GetBytes(piece);
            bytes[i] = (byte)value;
        }
        return bytes;
    }
}
