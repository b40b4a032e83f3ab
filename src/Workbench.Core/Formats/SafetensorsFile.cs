using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// A safetensors file: an 8-byte little-endian header length, a JSON header that names every tensor, and the tensors'
/// bytes without gaps.
/// </summary>
/// <remarks>
/// Opening maps the file and checks the header against it; no value is read. F32 at an aligned place is then viewed in
/// the mapping, and everything else is widened on reading. Format and checks: github.com/huggingface/safetensors; where
/// this reader is stricter is said in the documentation's page on formats.
/// </remarks>
/// <example><code>
/// using var file = SafetensorsFile.Open("gpt2/model.safetensors");
/// file.ReadMatrix("wpe.weight").Shape
/// </code>
/// is [1024, 768].</example>
public sealed class SafetensorsFile : TensorFile
{
    /// <summary>Headers beyond this are refused, as the original library does: 100,000,000 bytes.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    private const int LengthBytes = sizeof(ulong);
    private readonly MappedFile file;
    private readonly Dictionary<string, StoredTensor> stored = [];

    private SafetensorsFile(MappedFile file)
    {
        this.file = file;
        if (file.Length < LengthBytes)
            throw Refuse(
                FileProblem.Malformed,
                $"has {file.Length} bytes; a safetensors file begins with 8 that give its header's length.");
        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(file.Bytes(0, LengthBytes));
        if (headerLength > MaxHeaderBytes)
            throw Refuse(
                FileProblem.Malformed,
                $"its first 8 bytes give a header of {headerLength} bytes; more than {MaxHeaderBytes} are not read, "
                    + "so this is no safetensors file."
            );
        var data = LengthBytes + (long)headerLength;
        if (data > file.Length)
            throw Refuse(
                FileProblem.OutOfBounds,
                $"the header should end at byte {data}, but the file has {file.Length}. {CutShort}");
        var (entries, metadata) = SafetensorsHeader.Parse(file.Path, file.Bytes(LengthBytes, (int)headerLength));
        RequireCovered(entries, file.Length - data);
        foreach (var (info, begin, _) in entries) stored.Add(info.Name, new StoredTensor(file, info, data + begin));
        Tensors = [.. entries.Select(entry => entry.Info)];
        Metadata = metadata;
        // Tensors that share their values are stored once; safetensors' save_model notes the other names.
        Aliases = metadata
            .Where(note => stored.ContainsKey(note.Value) && !stored.ContainsKey(note.Key))
            .ToDictionary(note => note.Key, note => note.Value);
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Aliases { get; }

    private static string CutShort =>
        "This is what a download that was cut short looks like: delete the file and download it again.";

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">There is no such file, or it is not a whole safetensors file.</exception>
    public static SafetensorsFile Open(string path) =>
        FileKinds.Open(path, FileKind.Safetensors, file => new SafetensorsFile(file));

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => stored[Find(name).Name].ReadMatrix();

    /// <inheritdoc/>
    public override StoredMatrix View(string name) => stored[Find(name).Name].View();

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) => stored[Find(name).Name].ReadDoubles();

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) => stored[Find(name).Name].ReadIntegers();

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();

    /// <summary>The tensors must cover the data from its first byte to its last, each byte once.</summary>
    private void RequireCovered(List<SafetensorsHeader.Entry> entries, long dataLength)
    {
        var covered = 0L;
        var before = "the header";
        foreach (var (info, begin, end) in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (begin < covered)
                throw Refuse(
                    FileProblem.OutOfBounds,
                    $"its bytes begin at {begin}, inside those of \"{Excerpt.Of(before)}\", which end at "
                        + $"{covered}.", info.Name);
            if (begin > covered)
                throw Refuse(
                    FileProblem.OutOfBounds,
                    $"its bytes begin at {begin}, but \"{Excerpt.Of(before)}\" ends at {covered}: the "
                        + $"{begin - covered} between belong to no tensor.",
                    info.Name
                );
            if (end > dataLength)
                throw Refuse(
                    FileProblem.OutOfBounds,
                    $"its bytes end at {end} of the data, but the file has {dataLength}. {CutShort}", info.Name);
            (covered, before) = (end, info.Name);
        }
        if (covered < dataLength)
            throw Refuse(
                FileProblem.TrailingData, $"{dataLength - covered} bytes after the last tensor belong to none.");
    }

    private WeightFileException Refuse(FileProblem problem, string reason, string? tensor = null) =>
        new(problem, file.Path, reason, tensor);
}
