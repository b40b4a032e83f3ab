using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>The files that llama.cpp's splitting makes of one model: NAME-00001-of-00003.gguf and so on, each with an
/// entry for its own tensors, the first with the model's keys.</summary>
/// <remarks>Keys: github.com/ggml-org/llama.cpp, tools/gguf-split. The other files are looked for beside the one that
/// is opened and nowhere else.</remarks>
internal static partial class GgufParts
{
    private const string Number = "split.no", Count = "split.count", TensorCount = "split.tensors.count";

    // Of a part by itself; what else a part says must be what the first one says.
    private static readonly string[] Own = [Number, "general.alignment"];

    // Names of missing files in a message.
    private const int Shown = 5;

    /// <summary>A file and what its header says.</summary>
    public sealed record Part(MappedFile File, GgufHeader.Contents Header)
    {
        /// <summary>A whole number among the keys, of any type that holds one; null where there is none.</summary>
        public long? Whole(string key) => Header.Values.TryGetValue(key, out var said)
            ? said is byte or ushort or uint or short or int or long
                ? Convert.ToInt64(said)
                : throw Refuse(this, $"the key {key} should be a whole number, but is {Excerpt.Of($"{said}", 60)}.")
            : null;
    }

    /// <summary>The file and, where it is one of several, the others in their order.</summary>
    /// <param name="file">Any of them; stays with the caller.</param>
    /// <exception cref="WeightFileException">A part is missing or damaged, or belongs to another model.</exception>
    public static Part[] Open(MappedFile file)
    {
        var opened = new Part(file, GgufHeader.Read(file));
        var said = opened.Whole(Count) ?? 1;
        if (said is 0 or 1) return [opened];
        var name = Path.GetFileName(file.Path);
        var match = Name().Match(name);
        if (!match.Success || NumberIn(match, "count") != said)
            throw Refuse(
                opened,
                $"is one of {said} files that hold a model together, which are found by their names; those end in "
                    + $"-00001-of-{said:D5}.gguf and so on, as llama.cpp's splitting names them.");
        var count = (int)said;
        var number = match.Groups["number"];
        var own = NumberIn(match, "number");
        if (own < 1 || own > count) throw Refuse(opened, $"is named as part {own} of {count}.");
        var names = Enumerable.Range(1, count).Select(each =>
            $"{name[..number.Index]}{each.ToString($"D{number.Length}")}{name[(number.Index + number.Length)..]}");
        var folder = Path.GetDirectoryName(file.Path) ?? "";
        string[] paths = [.. names.Select(each => Path.Combine(folder, each))];
        var missing = paths.Where((path, i) => i != own - 1 && !File.Exists(path)).ToArray();
        if (missing.Length > 0)
            throw new WeightFileException(
                FileProblem.MissingFile, file.Path,
                $"is part {own} of {count} of a model, and {missing.Length} of the others {(missing.Length == 1
                    ? "is" : "are")} not beside it: "
                    + string.Join(", ", missing.Take(Shown).Select(path => Excerpt.Of(Path.GetFileName(path))))
                    + $"{(missing.Length > Shown ? " …" : "")}. Download all of them into one folder.");
        var parts = new List<Part>();
        try
        {
            for (var i = 0; i < count; i++)
                parts.Add(
                    i == own - 1
                        ? opened
                        : FileKinds.Open(paths[i], FileKind.Gguf, each => new Part(each, GgufHeader.Read(each))));
            RequireTogether(parts);
            return [.. parts];
        }
        catch
        {
            Close(parts.Where(part => part != opened));
            throw;
        }
    }

    /// <summary>Of the names of files those that begin a model: of the parts of one only the first that is
    /// there.</summary>
    public static string[] Firsts(IEnumerable<string> names) =>
    [
        .. names
            .GroupBy(name => Name().Match(name) is { Success: true } match
                ? $"{name[..match.Groups["number"].Index]}/{match.Groups["count"].Value}"
                : $"{name}/")
            .Select(group => group.Min(StringComparer.Ordinal)!),
    ];

    public static void Close(IEnumerable<Part> parts)
    {
        foreach (var part in parts) part.File.Dispose();
    }

    private static void RequireTogether(List<Part> parts)
    {
        var first = parts[0].Header.Values;
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            if (part.Whole(Count) != parts.Count || part.Whole(Number) != i)
                throw Refuse(
                    part,
                    $"is named as part {i + 1} of {parts.Count}, but says {Number} = {part.Whole(Number)?.ToString()
                        ?? "nothing"} (counted from 0) and {Count} = {part.Whole(Count)?.ToString() ?? "nothing"}: it "
                        + "was renamed, or is of another splitting.");
            foreach (var (key, value) in part.Header.Values)
                if (!Own.Contains(key) && first.TryGetValue(key, out var other) && !Same(value, other))
                    throw Refuse(
                        part,
                        $"says another {Excerpt.Of(key, 60)} than {Excerpt.Of(Path.GetFileName(parts[0].File.Path))}: "
                            + "the two are parts of different models.");
        }
        var tensors = parts.Sum(part => (long)part.Header.Entries.Count);
        if (parts[0].Whole(TensorCount) is { } wanted && wanted != tensors)
            throw Refuse(
                parts[0],
                $"the model should have {wanted} tensors ({TensorCount}), but its {parts.Count} parts have {tensors}: "
                    + "they are of different splittings.");
    }

    private static int NumberIn(Match match, string group) =>
        int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static bool Same(object one, object other) => one is Array first && other is Array second
        ? first.Length == second.Length
            && first.Cast<object>().Zip(second.Cast<object>()).All(pair => Same(pair.First, pair.Second))
        : one.Equals(other);

    private static WeightFileException Refuse(Part part, string reason) =>
        new(FileProblem.Malformed, part.File.Path, reason);

    [GeneratedRegex(@"-(?<number>[0-9]{5,9})-of-(?<count>[0-9]{5,9})\.gguf\z", RegexOptions.IgnoreCase)]
    private static partial Regex Name();
}
