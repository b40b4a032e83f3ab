using System.Collections.Generic;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;
using Workbench.Core.Hub;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers;

/// <summary>What GPT-2's tokenizer files hold: the id of each piece, and the pairs that merge.</summary>
public sealed class BytePairVocabulary
{
    /// <summary>The token between documents. It is found in the text itself wherever the vocabulary has it.</summary>
    public const string EndOfText = "<|endoftext|>";

    // The relaxed encoder leaves Ġ readable; the file is never embedded in a web page.
    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="ids">Id by piece in the spelling of <see cref="ByteAlphabet"/>. Kept, not copied.</param>
    /// <param name="merges">Pairs of pieces, lowest rank first. Kept, not copied.</param>
    public BytePairVocabulary(
        IReadOnlyDictionary<string, int> ids,
        IReadOnlyList<(string Left, string Right)> merges) => (Ids, Merges) = (ids, merges);

    /// <summary>Id by piece.</summary>
    public IReadOnlyDictionary<string, int> Ids { get; }

    /// <summary>Pairs of pieces, lowest rank first.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>The tokenizer that these files give when they are opened.</summary>
    /// <exception cref="System.ArgumentException">Two pieces share an id, or a merge has a part or a product that is no
    /// piece.</exception>
    public Tokenizer ToTokenizer() => ToTokenizer(TokenizerConfig.None);

    /// <summary>The tokenizer that these files give together with those beside them.</summary>
    internal Tokenizer ToTokenizer(TokenizerConfig config)
    {
        var read = config.ClassFor(ModelFiles.VocabularyJson, TokenizerClass.OfBytePairs(Ids));
        var added = config.Added(Ids, [], read);
        var settings = new BytePairSettings { AddsPrefixSpace = config.Flag("add_prefix_space") ?? false };
        var parts = TokenizerParts.OfBytePairs(Ids, Merges, added, settings);
        var frame = config.Frame(parts.Vocabulary, read);
        return new Tokenizer(frame == SequenceFrame.None ? parts : parts.With(frame));
    }

    /// <summary>Writes <c>merges.txt</c>, <c>tokenizer_config.json</c> and <c>vocab.json</c>, as the Python library
    /// reads them too.</summary>
    /// <param name="folder">Made when it is not there. Each file appears when it is whole, and one that is there is
    /// replaced.</param>
    /// <param name="positions">Tokens that the model can take at once.</param>
    /// <exception cref="System.IO.IOException">The disk is full, or the folder has a <c>tokenizer.json</c>, which
    /// readers prefer to these files.</exception>
    public void Write(string folder, int positions) =>
        TokenizerFiles.Write(
            folder,
            (
                ModelFiles.Merges,
                string.Concat(Merges.Select(merge => $"{merge.Left} {merge.Right}\n").Prepend("#version: 0.2\n"))),
            (
                ModelFiles.TokenizerConfig,
                JsonSerializer.Serialize(new { tokenizer_class = "GPT2Tokenizer", model_max_length = positions })),
            (
                ModelFiles.VocabularyJson,
                JsonSerializer.Serialize(Ids.OrderBy(entry => entry.Value).ToDictionary(), Readable))
        );
}
