using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary>A text, or two, as a model is given them: with the tokens around them, and cut or filled up to a length
/// where the tokenizer's file says so.</summary>
public sealed class EncodedText
{
    private readonly List<int> ids = [];
    private readonly List<string> tokens = [];
    private readonly List<(int Start, int End)> places = [];
    private readonly List<int> typeIds = [];
    private readonly List<bool> special = [];
    private readonly List<int> sequences = [];

    /// <param name="source">The text that places are in.</param>
    internal EncodedText(string source = "") => Source = source;

    /// <summary>The text that places are in, while there is only one.</summary>
    internal string Source { get; }

    /// <summary>The ids.</summary>
    public IReadOnlyList<int> Ids => ids;

    /// <summary>Each token as its vocabulary spells it; an added token as it stands in the text, and where the model is
    /// Unigram what is unknown too.</summary>
    public IReadOnlyList<string> Tokens => tokens;

    /// <summary>First UTF-16 unit of each token in its text and one past the last; both 0 for tokens that stand for no
    /// text. White space at the edges of a token is left out where the file says <c>trim_offsets</c>.</summary>
    public IReadOnlyList<(int Start, int End)> Places => places;

    /// <summary>The type of each token, such as 1 for those of a second text.</summary>
    public IReadOnlyList<int> TypeIds => typeIds;

    /// <summary>Whether each token was put there by the tokenizer and is not of the text.</summary>
    public IReadOnlyList<bool> IsPutIn => special;

    /// <summary>0 or 1 for the text that each token is of, −1 for tokens of none.</summary>
    public IReadOnlyList<int> Sequences => sequences;

    internal int Count => ids.Count;

    internal void Add(int id, string token, (int Start, int End) place, int typeId, bool isPutIn, int sequence)
    {
        ids.Add(id);
        tokens.Add(token);
        places.Add(place);
        typeIds.Add(typeId);
        special.Add(isPutIn);
        sequences.Add(sequence);
    }

    internal void AddSpecial(int id, string token, int typeId) => Add(id, token, (0, 0), typeId, true, -1);

    internal void Append(EncodedText other)
    {
        for (var i = 0; i < other.Count; i++)
            Add(
                other.ids[i], other.tokens[i], other.places[i], other.typeIds[i], other.special[i],
                other.sequences[i]);
    }

    internal void SetType(int typeId)
    {
        for (var i = 0; i < Count; i++) typeIds[i] = typeId;
    }

    internal void SetSequence(int sequence)
    {
        for (var i = 0; i < Count; i++)
            if (!special[i]) sequences[i] = sequence;
    }

    internal void SetPlace(int token, (int Start, int End) place) => places[token] = place;

    /// <summary>A part of it.</summary>
    internal EncodedText Slice(int from, int count)
    {
        var part = new EncodedText(Source);
        for (var i = from; i < from + count; i++)
            part.Add(ids[i], tokens[i], places[i], typeIds[i], special[i], sequences[i]);
        return part;
    }
}
