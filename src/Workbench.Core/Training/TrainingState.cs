using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Workbench.Core.Training.Optimisers;

namespace Workbench.Core.Training;

/// <summary>Writes and reads the file of a <see cref="TrainingCheckpoint"/>: everything from which a run goes on as if
/// it had never stopped.</summary>
/// <remarks>Tensors <c>value.NAME</c>, <c>first_moment.NAME</c> and <c>second_moment.NAME</c> in float32; notes
/// <c>run.…</c> say which run it is, <c>curve</c> holds its losses, and <c>sha256</c> covers all of it.</remarks>
internal sealed class TrainingState(
    string path, IReadOnlyList<Parameter> parameters, AdamW optimizer, IReadOnlyDictionary<string, string> run)
{
    private const string RunPrefix = "run.", CurveKey = "curve", HashKey = "sha256";

    public void Save(LossCurve curve)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, parameter, values) in Tensors()) writer.Add(name, values, parameter.Shape);
        foreach (var (key, value) in run) writer.Metadata[RunPrefix + key] = value;
        writer.Metadata[CurveKey] = curve.ToJson();
        writer.Metadata[HashKey] = Hash(writer.Metadata[CurveKey], Tensors().Select(tensor => tensor.Values));
        writer.Write(path);
    }

    /// <summary>Fills parameters and moments from the file; nothing is changed when it is refused.</summary>
    /// <returns>The losses so far, one for each step made.</returns>
    /// <exception cref="WeightFileException">The file is damaged.</exception>
    /// <exception cref="InvalidDataException">It belongs to another run; the message names what differs, with both
    /// values.</exception>
    public LossCurve Load()
    {
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(CurveKey, out var json) || !file.Metadata.TryGetValue(HashKey, out var hash))
            throw new InvalidDataException(
                $"{path}: the file is no checkpoint of a training run; it has no loss curve. Name another file.");
        CheckSameRun(file);
        var stored = Tensors().Select(tensor => file.ReadMatrix(tensor.Name)).ToArray();
        if (Hash(json, stored) != hash)
            throw new WeightFileException(
                FileProblem.Malformed,
                path,
                "its contents do not have the hash that was saved with them: the file was damaged. Delete it to begin "
                    + "again."
            );
        LossCurve curve;
        try
        {
            curve = LossCurve.FromJson(json);
        }
        catch (JsonException error)
        {
            throw new WeightFileException(
                FileProblem.Malformed, path,
                $"its loss curve cannot be read: {JsonFault.Of(error)}. Delete it to begin again.");
        }
        foreach (var ((_, _, values), source) in Tensors().Zip(stored))
            for (var row = 0; row < values.Rows; row++) source.Row(row).CopyTo(values.WritableRow(row));
        optimizer.Resume(curve.Training.Count);
        return curve;
    }

    /// <summary>Deletes what a process that was killed while saving has left beside the file.</summary>
    public void DeleteUnfinished()
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        foreach (
            var unfinished in Directory.EnumerateFiles(
                folder, Path.GetFileName(path) + ".????????????????????????????????.part")
        )
            File.Delete(unfinished);
    }

    private IEnumerable<(string Name, Parameter Parameter, Matrix Values)> Tensors()
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            yield return ($"value.{parameters[i].Name}", parameters[i], parameters[i].Value);
            yield return ($"first_moment.{parameters[i].Name}", parameters[i], optimizer.FirstMoments[i]);
            yield return ($"second_moment.{parameters[i].Name}", parameters[i], optimizer.SecondMoments[i]);
        }
    }

    private void CheckSameRun(SafetensorsFile file)
    {
        foreach (
            var key in run
                .Keys.Concat(
                    file.Metadata.Keys.Where(key => key.StartsWith(RunPrefix, StringComparison.Ordinal))
                        .Select(key => key[RunPrefix.Length..])
                )
                .Distinct()
        )
            Same(
                key, run.GetValueOrDefault(key, "(nothing)"),
                file.Metadata.GetValueOrDefault(RunPrefix + key, "(nothing)"));
        foreach (var (name, parameter, _) in Tensors())
            Same(
                $"tensor \"{name}\"", parameter.Shape.ToString(),
                file.Contains(name) ? file.Find(name).Shape.ToString() : "(nothing)");
        Same("the number of tensors", Tensors().Count().ToString(), file.Tensors.Count.ToString());
    }

    private void Same(string what, string mine, string theirs)
    {
        if (mine != theirs)
            throw new InvalidDataException(
                $"{path}: the checkpoint is of another run. They differ in {what}: {mine} here, {theirs} there. "
                    + "Delete it to begin again, or name another file."
            );
    }

    private string Hash(string curve, IEnumerable<Matrix> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (key, value) in run) hash.AppendData(Encoding.UTF8.GetBytes($"{key}\n{value}\n"));
        hash.AppendData(Encoding.UTF8.GetBytes(curve));
        foreach (var tensor in tensors)
            for (var row = 0; row < tensor.Rows; row++) hash.AppendData(MemoryMarshal.AsBytes(tensor.Row(row)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
