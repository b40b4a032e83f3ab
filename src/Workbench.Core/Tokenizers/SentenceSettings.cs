using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Hub;

namespace Workbench.Core.Tokenizers;

/// <summary>What the sentence-transformers library does to a text before its tokenizer sees it, by
/// <c>sentence_bert_config.json</c>: it may put it in lower case.</summary>
internal static class SentenceSettings
{
    /// <summary>The tokenizer, refused where the texts would have to be changed before it.</summary>
    /// <param name="path">The folder or file that it was opened from.</param>
    /// <param name="tokenizer">What was read there.</param>
    /// <exception cref="WeightFileException">Lower case is asked for, and the tokenizer tells cases apart.</exception>
    public static Tokenizer Obeyed(string path, Tokenizer tokenizer)
    {
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        var file = Path.Combine(folder, ModelFiles.SentenceConfig);
        if (!File.Exists(file) || !AsksForLowerCase(file)) return tokenizer;
        // A vocabulary in lower case is of a tokenizer that brings texts to it by itself.
        var cased = tokenizer.Vocabulary.Pieces.Keys.FirstOrDefault(piece =>
            piece.Any(char.IsAsciiLetterUpper) && !tokenizer.SpecialTokens.ContainsKey(piece));
        return cased is null
            ? tokenizer
            : throw new WeightFileException(
                FileProblem.UnsupportedObject,
                file,
                $"asks for texts in lower case (do_lower_case), and this tokenizer tells cases apart, with pieces such "
                    + $"as \"{Excerpt.Of(cased, 40)}\"; that is not done here. Set it to false, and give the model "
                    + "texts in lower case."
            );
    }

    private static bool AsksForLowerCase(string file) => TokenizerFiles.Guard(file, () =>
    {
        using var json = JsonDocument.Parse(TokenizerFiles.ReadText(file));
        return json.RootElement.TryGetProperty("do_lower_case", out var flag) && flag.ValueKind == JsonValueKind.True;
    });
}
