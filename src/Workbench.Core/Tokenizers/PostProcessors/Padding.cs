namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary>How texts are filled up to a length, as <c>tokenizer.json</c> says.</summary>
/// <param name="Length">Tokens that there should be; 0 for as many as the text has.</param>
/// <param name="Multiple">What the number of tokens should be a multiple of; 0 for any number.</param>
/// <param name="OnLeft">Whether they are put before the text, and not behind it.</param>
/// <param name="Id">The token's id.</param>
/// <param name="Piece">Its spelling.</param>
/// <param name="TypeId">Its type.</param>
public sealed record Padding(int Length, int Multiple, bool OnLeft, int Id, string Piece, int TypeId)
{
    /// <summary>Fills a text up.</summary>
    internal EncodedText Fill(EncodedText text)
    {
        var length = Length > 0 ? Length : text.Count;
        if (Multiple > 0 && length % Multiple > 0) length += Multiple - length % Multiple;
        if (text.Count >= length) return text;
        var (result, missing) = (new EncodedText(), length - text.Count);
        if (!OnLeft) result.Append(text);
        for (var i = 0; i < missing; i++) result.AddSpecial(Id, Piece, TypeId);
        if (OnLeft) result.Append(text);
        return result;
    }
}
