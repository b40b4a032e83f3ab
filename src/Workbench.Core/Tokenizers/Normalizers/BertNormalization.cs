namespace Workbench.Core.Tokenizers.Normalizers;

/// <summary>How text is prepared before WordPiece cuts it; the defaults are those of BERT uncased.</summary>
public sealed record BertNormalization
{
    /// <summary>Whether controls, NUL and U+FFFD are dropped and every kind of white space becomes a space.</summary>
    public bool CleansText { get; init; } = true;

    /// <summary>Whether ideographs become words of their own.</summary>
    public bool SpacesIdeographs { get; init; } = true;

    /// <summary>Whether text is lower-cased.</summary>
    public bool LowerCases { get; init; } = true;

    /// <summary>Whether characters are decomposed canonically and their non-spacing marks dropped; null follows
    /// <see cref="LowerCases"/>.</summary>
    public bool? StripsAccents { get; init; }
}
