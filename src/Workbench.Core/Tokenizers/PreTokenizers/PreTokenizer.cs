namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary>Cuts text into the pieces that a model sees one at a time.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Cuts every piece further.</summary>
    public abstract void Cut(ref PreTokenizedText text);
}
