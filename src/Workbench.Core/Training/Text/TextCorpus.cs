using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Workbench.Core.Training.Text;

/// <summary>The plain texts of a folder, each with its end held out from training.</summary>
/// <remarks>
/// The held-out part begins at the paragraph whose beginning lies nearest to the wanted cut, so that no sentence is in
/// both parts;
/// paragraphs are parted by lines that are empty or blank.
/// </remarks>
public sealed class TextCorpus
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private TextCorpus(IReadOnlyList<CorpusFile> files) => Files = files;

    /// <summary>The files in ordinal order of their names.</summary>
    public IReadOnlyList<CorpusFile> Files { get; }

    /// <summary>The part of every file to train on, in order.</summary>
    public IEnumerable<string> Training => Files.Select(file => file.Training);

    /// <summary>The part of every file that is kept from training, in order; files without one are left out.</summary>
    public IEnumerable<string> HeldOut => Files.Select(file => file.HeldOut).Where(text => text.Length > 0);

    /// <summary>Reads every <c>.txt</c> file that lies directly in a folder.</summary>
    /// <param name="folder">The folder; its texts are UTF-8, with or without a byte-order mark.</param>
    /// <param name="heldOutShare">How much of every file's end, in characters, is kept from training: above 0 and below
    /// 1.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It has no text file, a file is not UTF-8 or is empty, or nothing can be
    /// held out.</exception>
    public static TextCorpus Read(string folder, double heldOutShare = 0.05)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!(heldOutShare > 0 && heldOutShare < 1))
            throw Argument.OutOfRange(
                nameof(heldOutShare), heldOutShare, "The share that is held out lies above 0 and below 1.");
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: there is no such folder.");
        var paths = Directory
            .GetFiles(folder)
            .Where(path => path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
            .ToArray();
        if (paths.Length == 0)
            throw new InvalidDataException($"{folder}: there is no .txt file in it; put plain UTF-8 texts there.");
        Array.Sort(paths, (a, b) => string.CompareOrdinal(Path.GetFileName(a), Path.GetFileName(b)));
        var corpus = new TextCorpus([.. paths.Select(path => ReadFile(path, heldOutShare))]);
        if (!corpus.HeldOut.Any())
            throw new InvalidDataException(
                $"{folder}: none of its {paths.Length} texts has an empty line between paragraphs, so none can be "
                    + "cut; put empty lines between paragraphs."
            );
        return corpus;
    }

    private static CorpusFile ReadFile(string path, double heldOutShare)
    {
        var bytes = File.ReadAllBytes(path);
        var text = Decode(path, bytes).ReplaceLineEndings("\n");
        if (string.IsNullOrWhiteSpace(text))
            throw new InvalidDataException($"{path}: the file has no text; delete it or fill it.");
        var cut = Cut(text, text.Length * (1 - heldOutShare));
        return new CorpusFile(
            Path.GetFileName(path), bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), text[..cut],
            text[cut..]);
    }

    private static string Decode(string path, byte[] bytes)
    {
        try
        {
            return StrictUtf8.GetString(
                bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes
            );
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException(
                $"{path}: the file is not UTF-8 text ({error.Message.TrimEnd('.')}); convert it, e.g. with iconv.",
                error);
        }
    }

    /// <summary>Where the paragraph begins that lies nearest to a place, the first of the text apart; the text's end
    /// when there is only one.</summary>
    private static int Cut(string text, double wanted)
    {
        var (best, afterBlank, seen) = (text.Length, false, false);
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is >= 0 and var found ? found + 1 : text.Length;
            var isBlank = text.AsSpan(start, end - start).IsWhiteSpace();
            if (
                !isBlank
                && seen
                && afterBlank
                && (best == text.Length || Math.Abs(start - wanted) < Math.Abs(best - wanted))
            )
                best = start;
            seen |= !isBlank;
            (afterBlank, start) = (isBlank, end);
        }
        return best;
    }
}
