using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// A checkpoint some of whose weights are stored as codes with scales in tensors of their own: what is read are the
/// weights that these mean together. A weight whose scales nobody here obeys is refused by name, since without them it
/// is silently wrong; all others are read as ever.
/// </summary>
/// <remarks>
/// <para>
/// fp8: X in F8_E4M3, [rows, columns], times <c>X_scale_inv</c>, one number for each block.
/// </para>
/// <para>
/// MXFP4, as gpt-oss has it: <c>X_blocks</c>, [n, rows, g, 16] bytes of two codes, the lower four bits first, and
/// <c>X_scales</c>, [n, rows, g], powers of two with a bias of 127, are X, [n, 32·g, rows]: its last two axes are
/// exchanged. (Open Compute Project 2023, Microscaling Formats.)
/// </para>
/// </remarks>
internal sealed class ScaledTensors : TensorFile
{
    private const string ScaleEnding = "_scale_inv", BlocksEnding = "_blocks", ScalesEnding = "_scales";
    private const int BlockBytes = 16, ScaleBias = 127, NoNumber = 255;

    // What tools put beside a weight that they have coded: the weight's name and an ending.
    private static readonly string[] Beside =
    [
        ScaleEnding, "_scale", "_zero_point", "_global_scale", "_packed", ".absmax", ".quant_map", ".nested_absmax",
        ".nested_quant_map",
    ];

    // And in its place, or beside its layer.
    private static readonly string[] InLayer = [".qweight", ".qzeros", ".g_idx", ".scales", ".SCB"];

    private static readonly float[] Codes = [0, .5f, 1, 1.5f, 2, 3, 4, 6, -0f, -.5f, -1, -1.5f, -2, -3, -4, -6];

    private readonly TensorFile file;
    private readonly Quantisation? scheme;
    private readonly string why;
    private readonly HashSet<string> scaled = [], coded = [];
    private readonly Dictionary<string, string> disobeyed;

    private ScaledTensors(TensorFile file, Dictionary<string, string> beside)
    {
        (this.file, disobeyed) = (file, beside);
        scheme = Quantisation.Beside(file.Path, out why);
        var tensors = new List<TensorInfo>();
        foreach (var info in file.Tensors)
            if (scheme?.Method == Quantisation.Fp8 && info.Name.EndsWith(ScaleEnding, StringComparison.Ordinal)
                && file.Contains(info.Name[..^ScaleEnding.Length]))
            {
                if (file.Find(info.Name[..^ScaleEnding.Length]) is { DType: DType.F8E4M3 } weight)
                    scaled.Add(weight.Name);
            }
            else if (scheme?.Method == Quantisation.MxFp4 && IsPair(info, BlocksEnding, ScalesEnding))
            {
                var (name, sizes) = (info.Name[..^BlocksEnding.Length], info.Shape.Sizes);
                coded.Add(name);
                tensors.Add(new TensorInfo(name, DType.F32, new Shape(sizes[0], 2 * BlockBytes * sizes[2], sizes[1])));
            }
            else if (!(scheme?.Method == Quantisation.MxFp4 && IsPair(info, ScalesEnding, BlocksEnding)))
                tensors.Add(info);
        // What is read of these are floats.
        Tensors = [.. tensors.Select(info => scaled.Contains(info.Name) ? info with { DType = DType.F32 } : info)];
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Metadata => file.Metadata;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Aliases => file.Aliases;

    /// <summary>The file itself, or, where weights are stored as codes with scales, the weights that these
    /// mean.</summary>
    /// <param name="file">Disposed with what is returned.</param>
    public static TensorFile Over(TensorFile file)
    {
        if (file is GgufFile or NpyFile or NpzFile) return file;
        var beside = new Dictionary<string, string>();
        var isCoded = false;
        foreach (var info in file.Tensors)
        {
            isCoded |= info.DType is DType.F8E4M3 or DType.F8E5M2
                || info.Name.EndsWith(BlocksEnding, StringComparison.Ordinal);
            if (CodedName(info.Name) is { } weight) beside.TryAdd(weight, info.Name);
        }
        return isCoded || beside.Count > 0 ? new ScaledTensors(file, beside) : file;
    }

    /// <inheritdoc/>
    public override bool Contains(string name) => base.Contains(name) || !IsHidden(name) && file.Contains(name);

    /// <inheritdoc/>
    public override TensorInfo Find(string name) =>
        base.Contains(name) || IsHidden(name) ? base.Find(name) : file.Find(name);

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name)
    {
        var info = Find(name);
        if (coded.Contains(info.Name)) return Decoded(info);
        if (!scaled.Contains(info.Name))
        {
            RequireObeyed(info);
            return file.ReadMatrix(info.Name);
        }
        var scales = Scales(info);
        var matrix = file.ReadMatrix(info.Name); // widened, and so a copy
        for (var row = 0; row < matrix.Rows; row++)
        {
            var values = matrix.WritableRow(row);
            for (var block = 0; block < scales.Columns; block++)
            {
                var start = block * scheme!.BlockColumns;
                var part = values[start..Math.Min(values.Length, start + scheme.BlockColumns)];
                TensorPrimitives.Multiply(part, scales[row / scheme.BlockRows, block], part);
            }
        }
        return matrix;
    }

    /// <inheritdoc/>
    public override StoredMatrix View(string name)
    {
        var info = Find(name);
        if (coded.Contains(info.Name) || scaled.Contains(info.Name)) return base.View(info.Name);
        RequireObeyed(info);
        return file.View(info.Name);
    }

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name)
    {
        var info = Find(name);
        if (coded.Contains(info.Name) || scaled.Contains(info.Name))
            return Array.ConvertAll(ReadMatrix(info.Name).ToArray(), value => (double)value);
        RequireObeyed(info);
        return file.ReadDoubles(info.Name);
    }

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name)
    {
        var info = Find(name);
        return coded.Contains(info.Name) ? throw Refuse(info.Name, "its elements are floats, stored as codes.")
            : file.ReadIntegers(info.Name);
    }

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();

    /// <inheritdoc/>
    internal override WeightFileException? WhyAbsent(string name)
    {
        var found = disobeyed.Keys.FirstOrDefault(weight =>
            weight == name || weight.EndsWith($".{name}", StringComparison.Ordinal));
        return found is null || file.Contains(found) ? null : Disobeyed(found, disobeyed[found]);
    }

    /// <summary>The weight that a tensor of this name codes or scales, by its name; null where it is none of
    /// these.</summary>
    private static string? CodedName(string name)
    {
        var state = name.IndexOf(".quant_state.", StringComparison.Ordinal);
        if (state >= 0) return name[..state];
        foreach (var ending in Beside)
            if (name.EndsWith(ending, StringComparison.Ordinal)) return name[..^ending.Length];
        foreach (var ending in InLayer)
            if (name.EndsWith(ending, StringComparison.Ordinal)) return name[..^ending.Length] + ".weight";
        return null;
    }

    private bool IsHidden(string name) =>
        coded.Any(weight => name == weight + BlocksEnding || name == weight + ScalesEnding)
        || name.EndsWith(ScaleEnding, StringComparison.Ordinal) && scaled.Contains(name[..^ScaleEnding.Length]);

    private bool IsPair(TensorInfo info, string own, string other) =>
        info.Name.EndsWith(own, StringComparison.Ordinal)
        && info.DType == DType.U8
        && info.Name[..^own.Length] is var name
        && file.Contains(name + other)
        && (own == BlocksEnding ? info : file.Find(name + other)) is { DType: DType.U8, Shape.Rank: 4 } blocks
        && blocks.Shape[3] == BlockBytes
        && file.Find(name + ScalesEnding) is { DType: DType.U8 } scales
        && scales.Shape == new Shape(blocks.Shape[0], blocks.Shape[1], blocks.Shape[2]);

    private Matrix Scales(TensorInfo weight)
    {
        var scale = file.Find(weight.Name + ScaleEnding);
        var needed = weight.Shape.Rank == 2
            ? new Shape(
                (weight.Shape[0] + scheme!.BlockRows - 1) / scheme.BlockRows,
                (weight.Shape[1] + scheme.BlockColumns - 1) / scheme.BlockColumns)
            : throw Refuse(weight.Name, $"its shape is {weight.Shape}, where only a matrix has scales.");
        if (scale.Shape != needed || scale.DType is not (DType.F32 or DType.BF16 or DType.F16))
            throw Refuse(
                weight.Name,
                $"its scales are {scale}, where blocks of {scheme.BlockRows} × {scheme.BlockColumns} "
                    + $"(weight_block_size) need {needed} floats.");
        return file.ReadMatrix(scale.Name);
    }

    private Matrix Decoded(TensorInfo info)
    {
        var blocks = file.ReadMatrix(info.Name + BlocksEnding);
        var scales = file.ReadMatrix(info.Name + ScalesEnding);
        var (count, inputs, outputs) = ((int)info.Shape[0], (int)info.Shape[1], (int)info.Shape[2]);
        var groups = inputs / (2 * BlockBytes);
        if ((long)count * inputs > int.MaxValue)
            throw new WeightFileException(
                FileProblem.BeyondLimits, Path, $"shape {info.Shape} has more rows than a matrix can.", info.Name);
        var matrix = Matrix.Uninitialized(count * inputs, outputs);
        for (var one = 0; one < count; one++)
            for (var output = 0; output < outputs; output++)
                for (var group = 0; group < groups; group++)
                {
                    var scale = (int)scales[one * outputs + output, group];
                    if (scale == NoNumber) throw Refuse(info.Name, "one of its scales is 255, which is no number.");
                    var row = ((one * (long)outputs) + output) * groups + group;
                    var bytes = blocks.Row((int)row);
                    for (var i = 0; i < BlockBytes; i++)
                    {
                        var input = one * inputs + group * 2 * BlockBytes + 2 * i;
                        var code = (int)bytes[i];
                        matrix[input, output] = MathF.ScaleB(Codes[code & 15], scale - ScaleBias);
                        matrix[input + 1, output] = MathF.ScaleB(Codes[code >> 4], scale - ScaleBias);
                    }
                }
        return matrix;
    }

    private void RequireObeyed(TensorInfo info)
    {
        if (disobeyed.TryGetValue(info.Name, out var beside)) throw Disobeyed(info.Name, beside);
        if (info.DType is DType.F8E4M3 or DType.F8E5M2)
            throw Refuse(
                info.Name,
                $"is stored as {info.DType.Name()}, with no scales beside it that are known; without them its values "
                    + $"would be wrong unseen. {Cure}");
    }

    private WeightFileException Disobeyed(string name, string beside) =>
        Refuse(
            name,
            $"is stored as codes with {Excerpt.Of(beside)} beside it, which nothing here obeys"
                + $"{(why.Length > 0 ? $": config.json has a quantization_config {why}" : "")}; without it the values "
                + $"would be wrong unseen. {Cure}");

    private const string Cure =
        "Take the checkpoint in bfloat16 or float32; as they are stored, SafetensorsFile.Open gives the numbers.";

    private WeightFileException Refuse(string name, string reason) =>
        new(FileProblem.UnsupportedObject, Path, reason, name);
}
