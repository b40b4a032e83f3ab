using System.Text;

namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary><c>FixedLength</c>: so many characters to a piece.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : PreTokenizer
{
    /// <inheritdoc/>
    public override void Cut(ref PreTokenizedText text)
    {
        var cut = text.Begin();
        foreach (var (from, to) in text.Pieces)
        {
            var (begun, count) = (from, 0);
            for (var at = from; at < to;)
            {
                Rune.DecodeFromUtf16(text.Text.Characters[at..to], out _, out var width);
                at += width;
                if (++count < length && at < to) continue;
                cut.Add((begun, at));
                (begun, count) = (at, 0);
            }
        }
        text.Cut();
    }
}
