using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary><c>UnicodeScripts</c>: where the script changes. A space goes with what is before it, and is lost at the
/// beginning, as in the Rust library.</summary>
internal sealed class ScriptsPreTokenizer : PreTokenizer
{
    /// <inheritdoc/>
    public override void Cut(ref PreTokenizedText text)
    {
        var cut = text.Begin();
        foreach (var (from, to) in text.Pieces)
        {
            int last = -1, begun = -1;
            for (var at = from; at < to;)
            {
                Rune.DecodeFromUtf16(text.Text.Characters[at..to], out var rune, out var width);
                var script = Scripts.WithKana(rune.Value);
                if (script != Scripts.Any && script != last)
                {
                    if (begun >= 0) cut.Add((begun, at));
                    (begun, last) = (at, script);
                }
                at += width;
            }
            if (begun >= 0) cut.Add((begun, to));
        }
        text.Cut();
    }
}
