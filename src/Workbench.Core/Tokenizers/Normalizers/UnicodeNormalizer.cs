using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary><c>NFC</c>, <c>NFD</c>, <c>NFKC</c> and <c>NFKD</c>.</summary>
/// <param name="composes">Whether marks are joined with the letters before them.</param>
/// <param name="isCompatible">Whether letters become the plain ones that they stand for.</param>
internal sealed class UnicodeNormalizer(bool composes, bool isCompatible) : Normalizer
{
    /// <inheritdoc/>
    public override PlacedText Normalize(PlacedText text) =>
        composes ? UnicodeForm.Compose(text, isCompatible) : UnicodeForm.Decompose(text, isCompatible);
}
