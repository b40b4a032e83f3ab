using System.Text;

namespace Workbench.Core.Tokenizers.Characters;

/// <summary>
/// A text rewritten character by character, each new one said to replace an old one (and to swallow more), or to be put
/// in: the rule of <c>NormalizedString::transform</c> in the Rust library, by which places are kept.
/// </summary>
/// <param name="old">The text as it was.</param>
internal ref struct Transformation(PlacedText old)
{
    private readonly PlacedText old = old;
    private readonly NormalizedText result = new(old.Length + old.Length / 8 + 8);
    private int at;
    private (int CodePoint, int Change)? held;

    /// <summary>Adds a code point.</summary>
    /// <param name="codePoint">The new character.</param>
    /// <param name="change">1 when it is put in, and gets the place of the old character before; 0 when it replaces
    /// one, −n when it swallows n more.</param>
    public void Add(int codePoint, int change)
    {
        Finish();
        held = (codePoint, change);
    }

    /// <summary>Says that the character added last swallows more; when there is none yet, the places of what follows
    /// stay behind, as they do in the Rust library.</summary>
    public void Swallow(int characters)
    {
        if (held is { } last) held = (last.CodePoint, last.Change - characters);
    }

    /// <summary>Ends the text.</summary>
    public void Finish()
    {
        if (held is not { } last) return;
        held = null;
        Put(last.CodePoint, last.Change);
    }

    private void Put(int codePoint, int change)
    {
        if (change > 0 || at >= old.Length)
        {
            result.Append(codePoint, at < 1 ? (old.Origin, old.Origin) : old.At(at - 1));
            return;
        }
        result.Append(codePoint, old.At(at));
        Skip(1 - change);
    }

    private void Skip(int characters)
    {
        for (; characters > 0 && at < old.Length; characters--)
        {
            Rune.DecodeFromUtf16(old.Characters[at..], out _, out var width);
            at += width;
        }
    }

    /// <summary>The new text.</summary>
    public PlacedText ToText()
    {
        Finish();
        return result.Text(old.Origin);
    }
}
