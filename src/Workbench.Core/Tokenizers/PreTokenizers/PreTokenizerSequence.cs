using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.PreTokenizers;

/// <summary><c>Sequence</c>: one after another.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> parts) : PreTokenizer
{
    /// <summary>The parts in order.</summary>
    public IReadOnlyList<PreTokenizer> Parts { get; } = parts;

    /// <inheritdoc/>
    public override void Cut(ref PreTokenizedText text)
    {
        foreach (var part in Parts) part.Cut(ref text);
    }
}
