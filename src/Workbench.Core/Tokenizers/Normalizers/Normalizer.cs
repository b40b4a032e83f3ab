using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary>Changes text before it is cut, each character keeping its place in the original.</summary>
internal abstract class Normalizer
{
    /// <summary>The text as it becomes; valid until this is called again.</summary>
    public abstract PlacedText Normalize(PlacedText text);
}
