using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Hub;
using Workbench.Core.Tensors;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers;

/// <summary>Opens tokenizers from the files that models come with, and writes such files.</summary>
internal static class TokenizerFiles
{
    /// <summary>The largest published file is some 30 MB; a file beyond this is not a tokenizer.</summary>
    private const long LargestFile = 1L << 28;

    /// <summary>The largest published vocabulary has about a million pieces.</summary>
    private const int HighestId = 1 << 24;

    private static readonly UTF8Encoding StrictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Tokenizer Open(string path)
    {
        if (!Directory.Exists(path))
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return Path.GetFileName(path) switch
            {
                ModelFiles.VocabularyJson or ModelFiles.Merges => OpenBytePair(folder),
                ModelFiles.VocabularyText => OpenWordPiece(folder),
                ModelFiles.TokenizerJson => OpenJson(path, TokenizerConfig.Read(folder)),
                var name when name.EndsWith(".model", StringComparison.Ordinal) => OpenSentencePiece(path),
                _ => OpenJson(path, TokenizerConfig.None),
            };
        }
        if (File.Exists(Path.Combine(path, ModelFiles.TokenizerJson)))
            return Open(Path.Combine(path, ModelFiles.TokenizerJson));
        // A folder with both kinds of vocabulary says which one its tokenizer is made from, or means the first.
        var (hasJson, hasText) = (
            File.Exists(Path.Combine(path, ModelFiles.VocabularyJson)),
            File.Exists(Path.Combine(path, ModelFiles.VocabularyText)));
        if (hasText && (!hasJson || TokenizerConfig.Read(path).Class is { IsBytePair: false }))
            return OpenWordPiece(path);
        if (hasJson)
            return OpenBytePair(path);
        if (ModelFiles.SentencePiece.FirstOrDefault(name => File.Exists(Path.Combine(path, name))) is { } pieces)
            return OpenSentencePiece(Path.Combine(path, pieces));
        throw new WeightFileException(
            FileProblem.MissingFile,
            path,
            $"holds no tokenizer: neither {ModelFiles.TokenizerJson}, nor {ModelFiles.VocabularyJson} with "
                + $"{ModelFiles.Merges}, nor {ModelFiles.VocabularyText}, nor "
                + $"{string.Join(", ", ModelFiles.SentencePiece)}."
        );
    }

    private static Tokenizer OpenSentencePiece(string path)
    {
        var config = TokenizerConfig.Read(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return Guard(path, () => SentencePieceFile.Read(path, config));
    }

    private static Tokenizer OpenJson(string path, TokenizerConfig config) =>
        Guard(path, () => TokenizerJson.Read(path, config));

    /// <summary>Writes a tokenizer's files, the one by which <see cref="Open"/> knows it last.</summary>
    public static void Write(string folder, params (string Name, string Content)[] files)
    {
        Directory.CreateDirectory(folder);
        string[] preferred = [ModelFiles.TokenizerJson, ModelFiles.VocabularyJson, ModelFiles.VocabularyText];
        if (
            preferred
                .TakeWhile(name => name != files[^1].Name)
                .FirstOrDefault(name => File.Exists(Path.Combine(folder, name))) is
            { } other
        )
            throw new IOException(
                $"\"{folder}\" has a {other}, which is read before the {files[^1].Name} that was to be written. "
                    + "Delete it or choose another folder."
            );
        foreach (var (name, content) in files)
            WholeFile.Write(Path.Combine(folder, name), stream => stream.Write(StrictUtf8.GetBytes(content)));
    }

    /// <summary>The bytes of a file.</summary>
    public static byte[] ReadBytes(string path)
    {
        using var file = Map(path);
        return file.Bytes(0, (int)file.Length).ToArray();
    }

    /// <summary>The text of a file, which must be UTF-8; a byte order mark is dropped.</summary>
    public static string ReadText(string path)
    {
        using var file = Map(path);
        try
        {
            return StrictUtf8.GetString(file.Bytes(0, (int)file.Length)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new WeightFileException(FileProblem.Encoding, path, $"is not UTF-8 (near byte {error.Index}).");
        }
    }

    private static MappedFile Map(string path)
    {
        var file = FileKinds.Map(path);
        try
        {
            if (file.Length > LargestFile)
                throw new WeightFileException(
                    FileProblem.BeyondLimits, path,
                    $"has {file.Length} bytes; a tokenizer's file has at most {LargestFile}.");
            if (FileKinds.Of(file) != FileKind.Unknown)
                throw FileKinds.Explain(
                    file, FileKind.Unknown, new WeightFileException(FileProblem.Malformed, path, "is no text."));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Runs a reader and turns every way in which JSON or a tokenizer's parts can be wrong into one exception
    /// that names the file.</summary>
    public static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error)
            when (error
                    is JsonException
                        or InvalidOperationException
                        or FormatException
                        or KeyNotFoundException
                        or ArgumentException
            )
        {
            var reason = error switch
            {
                JsonException => $"is no JSON: {JsonFault.Of(error)}.",
                ArgumentException { ParamName: { } name } =>
                    error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
                KeyNotFoundException =>
                    "lacks a setting that such a file has, or names a token that its vocabulary lacks; download it "
                        + "again, or save it anew with the library it is from.",
                // Of values that are not what was asked for; whatever else has these types is worded here.
                { Source: { } source } when source.StartsWith("System.Text.Json", StringComparison.Ordinal) =>
                    $"{JsonFault.Of(error)}.",
                _ => error.Message,
            };
            throw new WeightFileException(FileProblem.Malformed, path, reason);
        }
    }

    /// <summary>Ids by piece from a JSON object.</summary>
    public static Dictionary<string, int> Ids(JsonElement vocabulary)
    {
        var ids = new Dictionary<string, int>();
        foreach (var entry in vocabulary.EnumerateObject()) ids[entry.Name] = Id(entry.Value);
        return ids;
    }

    /// <summary>An id, refused where no vocabulary has one.</summary>
    public static int Id(JsonElement value) => value.GetInt32() is >= 0 and <= HighestId and var id ? id
        : throw new FormatException($"the id {value} lies outside 0 to {HighestId}.");

    private static Tokenizer OpenBytePair(string folder)
    {
        var config = TokenizerConfig.Read(folder);
        var path = Path.Combine(folder, ModelFiles.VocabularyJson);
        var ids = Guard(path, () =>
        {
            using var json = JsonDocument.Parse(ReadText(path));
            return Ids(json.RootElement);
        });
        var mergesPath = Path.Combine(folder, ModelFiles.Merges);
        var merges = ReadMerges(mergesPath);
        if (config.Class is null && merges.Any(merge => merge.Right.EndsWith("</w>", StringComparison.Ordinal))
            && !ids.Keys.Any(piece => piece.Contains(ByteAlphabet.Character((byte)' '))))
            throw new WeightFileException(
                FileProblem.UnsupportedObject, mergesPath,
                "ends words with \"</w>\", as CLIP's and the first GPT's tokenizers do, which are not read; GPT-2's "
                    + "kind is.");
        return Guard(mergesPath, () => new BytePairVocabulary(ids, merges).ToTokenizer(config));
    }

    private static List<(string Left, string Right)> ReadMerges(string path)
    {
        var merges = new List<(string Left, string Right)>();
        var line = 0;
        foreach (var text in ReadText(path).Split('\n'))
        {
            line++;
            var merge = text.TrimEnd('\r');
            if (merge.Length == 0 || (line == 1 && merge.StartsWith("#version", StringComparison.Ordinal))) continue;
            var parts = merge.Split(' ');
            if (parts is not [{ Length: > 0 } left, { Length: > 0 } right])
                throw new WeightFileException(
                    FileProblem.Malformed, path,
                    $"line {line} should be two pieces with one space between, but is \"{merge}\".");
            merges.Add((left, right));
        }
        return merges;
    }

    private static Tokenizer OpenWordPiece(string folder)
    {
        var config = TokenizerConfig.Read(folder);
        var path = Path.Combine(folder, ModelFiles.VocabularyText);
        var ids = new Dictionary<string, int>();
        var lines = ReadText(path).Split('\n');
        // Of two equal lines the last counts, and an empty one is a piece that no text has, as in the Python library.
        for (var line = 0; line < lines.Length - (lines[^1].Length == 0 ? 1 : 0); line++)
            ids[lines[line].TrimEnd('\r')] = line;
        return Guard(path, () => WordPieceVocabulary.Build(ids, config));
    }
}
