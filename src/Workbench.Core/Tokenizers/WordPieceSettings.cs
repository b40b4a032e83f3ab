namespace Workbench.Core.Tokenizers;

/// <summary>How WordPiece cuts words; the defaults are BERT's.</summary>
public sealed record WordPieceSettings
{
    /// <summary>The piece that stands for a word that cannot be cut.</summary>
    public string UnknownPiece { get; init; } = "[UNK]";

    /// <summary>Words of more code points are unknown.</summary>
    public int LongestWord { get; init; } = 100;
}
