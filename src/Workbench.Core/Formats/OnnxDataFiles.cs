using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>The files beside an ONNX model that hold values of its tensors. None outside the model's own folder is
/// opened, by whatever name or link.</summary>
internal sealed class OnnxDataFiles(string model) : IDisposable
{
    private readonly Dictionary<string, MappedFile> files = [];

    public void Dispose()
    {
        foreach (var file in files.Values) file.Dispose();
    }

    /// <summary>Where a tensor's values lie.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="notes">What the model says of their place: location, offset, length.</param>
    /// <param name="bytes">How many they take.</param>
    public (MappedFile File, long Offset) Find(string tensor, List<(string Key, string Value)> notes, UInt128 bytes)
    {
        var said = new Dictionary<string, string>();
        foreach (var (key, value) in notes)
            if (!said.TryAdd(key, value))
                throw Refuse(FileProblem.Malformed, $"the key \"{Excerpt.Of(key, 40)}\" of its place is there twice.");
        var file = Open(said.GetValueOrDefault("location", ""));
        var offset = Whole("offset") ?? 0;
        var length = Whole("length") ?? bytes;
        if (length != bytes)
            throw Refuse(FileProblem.OutOfBounds, $"its values take {bytes} bytes, but its length is {length}.");
        return offset + length <= (ulong)file.Length
            ? (file, (long)offset)
            : throw Refuse(
                FileProblem.OutOfBounds,
                $"its values end at byte {offset + length} of {Excerpt.Of(Path.GetFileName(file.Path))}, which has "
                    + $"{file.Length}. A download that was cut short looks like this: get that file again.");

        UInt128? Whole(string key) =>
            !said.TryGetValue(key, out var text) ? null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw Refuse(
                FileProblem.Malformed, $"its {key} is \"{Excerpt.Of(text, 40)}\", which is no whole number.");

        MappedFile Open(string location)
        {
            if (files.TryGetValue(location, out var known)) return known;
            var path = Inside(location)
                ?? throw Refuse(
                    FileProblem.PathEscape,
                    $"its values should lie in \"{Excerpt.Of(location)}\", which is not the name of a file in the "
                        + "model's folder.");
            if (OrdinaryFile.Target(path) is null)
                throw Refuse(
                    FileProblem.MissingFile,
                    $"its values lie in {Excerpt.Of(location)} beside the model, and there is no such file. Download "
                        + "it too, into the same folder.");
            if (!IsInside(OrdinaryFile.RealPath(path)))
                throw Refuse(
                    FileProblem.PathEscape,
                    $"its values should lie in {Excerpt.Of(location)}, a link that leads out of the model's folder.");
            return files[location] = FileKinds.Map(path);
        }

        WeightFileException Refuse(FileProblem problem, string reason) => new(problem, model, reason, tensor);
    }

    /// <summary>The path of a name that stays in the folder whatever system reads it, or null.</summary>
    private string? Inside(string location)
    {
        var name = location.AsSpan();
        if (name.ContainsAny('\\', ':') || name.ContainsAnyInRange('\0', '\u001f')) return null;
        var parts = location.Split('/');
        if (parts[^1] == "." || Array.Exists(parts, part => part is "" or "..")) return null;
        return Path.Combine([Path.GetDirectoryName(Path.GetFullPath(model))!, .. parts]);
    }

    // In the hub's cache the model and its data are links to files of one other folder.
    private bool IsInside(string? path)
    {
        if (path is null) return false;
        return IsBelow(OrdinaryFile.RealPath(Path.GetDirectoryName(Path.GetFullPath(model))!))
            || IsBelow(Path.GetDirectoryName(OrdinaryFile.RealPath(Path.GetFullPath(model))));

        bool IsBelow(string? folder) =>
            folder is not null
            && path.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar,
                StringComparison.Ordinal);
    }
}
