using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>What an ONNX model holds: its notes, and the tensors of its main graph, with what its nodes say of
/// them.</summary>
/// <remarks>Format: onnx.proto of github.com/onnx/onnx. Nodes are looked at one after the other and not kept; the
/// format has them in an order in which each comes after what it uses.</remarks>
internal sealed class OnnxGraph
{
    // Protobuf itself stops at 100 messages within each other; a graph in a graph is three.
    private const int DeepestGraph = 32;

    // Where there is one scale for all.
    private const int NoAxis = int.MinValue;

    private const string Quantised = "_quantized";

    private readonly MappedFile file;
    private readonly OnnxDataFiles beside;
    private readonly Dictionary<string, OnnxValue> values = [];
    private readonly OnnxNames names;

    private OnnxGraph(MappedFile file, OnnxDataFiles beside)
    {
        (this.file, this.beside) = (file, beside);
        names = new OnnxNames(values);
        var graph = ReadModel();
        ReadInitialisers(graph);
        ReadNodes(graph);
    }

    /// <summary>The notes by key.</summary>
    public Dictionary<string, string> Metadata { get; } = [];

    /// <summary>All tensors under the names that the file gives them, in its order: initialisers, then what nodes hold
    /// or make of them.</summary>
    public IReadOnlyDictionary<string, OnnxValue> Values => values;

    /// <summary>What the nodes tell of names.</summary>
    public OnnxNames Names => names;

    /// <summary>Reads a model.</summary>
    /// <param name="file">Stays with the caller, as do the files beside it.</param>
    /// <param name="beside">Files beside the model.</param>
    public static OnnxGraph Read(MappedFile file, OnnxDataFiles beside) => new(file, beside);

    /// <summary>What whole numbers of this name stand for, by the names that ONNX Runtime's quantisation gives; null
    /// where it gives none.</summary>
    public static string? Stem(string name) =>
        name.EndsWith(Quantised, StringComparison.Ordinal) && name.Length > Quantised.Length
            ? name[..^Quantised.Length]
            : null;

    private FileRange ReadModel()
    {
        var (graph, version, operators) = (default(FileRange?), 0L, new List<string>());
        var fields = new ProtobufReader(file);
        while (fields.Next())
            switch (fields.Field)
            {
                case 1: version = (long)fields.Number(); break;
                case 2: Note("producer_name", fields.Text()); break;
                case 3: Note("producer_version", fields.Text()); break;
                case 4: Note("domain", fields.Text()); break;
                case 5: Note("model_version", $"{(long)fields.Number()}"); break;
                case 6: Note("doc_string", fields.Text()); break;
                case 7 when graph is not null:
                    throw fields.Refuse(FileProblem.Malformed, "holds two graphs, where a model has one.");
                case 7: graph = fields.Bytes(); break;
                case 8: operators.Add(Operators(fields.Message())); break;
                case 14:
                    var (key, value) = OnnxTensor.Note(fields.Message());
                    Note(key, value);
                    break;
                default: fields.Skip(); break;
            }
        if (version <= 0 || graph is null)
            throw fields.Refuse(
                FileProblem.Malformed, $"has no {(graph is null ? "graph" : "ir_version")}, so this is no ONNX model.");
        Note("ir_version", $"{version}");
        if (operators.Count > 0) Note("opset_import", string.Join(", ", operators));
        return graph.Value;

        void Note(string key, string value)
        {
            if (value.Length > 0) Metadata[key] = value;
        }
    }

    private static string Operators(ProtobufReader fields)
    {
        var (domain, version) = ("", 0L);
        while (fields.Next())
            switch (fields.Field)
            {
                case 1: domain = fields.Text(); break;
                case 2: version = (long)fields.Number(); break;
                default: fields.Skip(); break;
            }
        return $"{(domain.Length == 0 ? "ai.onnx" : domain)} {version}";
    }

    private void ReadInitialisers(FileRange graph)
    {
        var fields = new ProtobufReader(file, graph);
        while (fields.Next())
            switch (fields.Field)
            {
                case 2:
                    if (fields.Text() is { Length: > 0 } name) Metadata["graph"] = name;
                    break;
                case 5: Add(OnnxTensor.Read(file, fields.Bytes(), beside)); break;
                case 15: Add(Sparse(fields.Message())); break;
                default: fields.Skip(); break;
            }
    }

    private void Add(OnnxValue value)
    {
        if (!values.TryAdd(value.Info.Name, value))
            throw Refuse(FileProblem.DuplicateName, "there are two tensors of this name.", value.Info.Name);
    }

    /// <summary>A tensor of which only the values that are not 0 are stored; their tensor bears the name.</summary>
    private OnnxValue.Unread Sparse(ProtobufReader fields)
    {
        var (known, sizes) = (default(TensorInfo), new List<long>());
        while (fields.Next())
            switch (fields.Field)
            {
                case 1: known = OnnxTensor.Read(file, fields.Bytes(), beside).Info; break;
                case 3 when sizes.Count < TensorFile.MostAxes && fields.Wire == 0:
                    sizes.Add((long)fields.Number());
                    break;
                default: fields.Skip(); break;
            }
        if (known is null) throw Refuse(FileProblem.Malformed, "a sparse tensor has no values.");
        var shape = Shape.TryCountElements([.. sizes], out _) ? new Shape([.. sizes]) : known.Shape;
        return new OnnxValue.Unread(
            file.Path, known with { Shape = shape }, "is stored sparsely, which is not read; export it densely.");
    }

    private void ReadNodes(FileRange graph)
    {
        var fields = new ProtobufReader(file, graph);
        while (fields.Next())
            if (fields.Field == 1) Take(ReadNode(fields.Message(), 0));
            else fields.Skip();
        names.Finish();
    }

    private OnnxNode ReadNode(ProtobufReader fields, int depth)
    {
        var node = new OnnxNode();
        while (fields.Next())
            switch (fields.Field)
            {
                case 1: node.Inputs.Add(fields.Text()); break;
                case 2: node.Outputs.Add(fields.Text()); break;
                case 3: node.Name = fields.Text(); break;
                case 4: node.Operator = fields.Text(); break;
                case 5: ReadAttribute(node, fields.Bytes(), depth); break;
                case 9:
                    if (OnnxTensor.Note(fields.Message()) is (OnnxNode.ScopesKey, var scopes)) node.Scopes = scopes;
                    break;
                default: fields.Skip(); break;
            }
        return node.Operator.Length > 0
            ? node
            : throw Refuse(FileProblem.Malformed, $"the node \"{Excerpt.Of(node.Name)}\" has no operator.");
    }

    private void ReadAttribute(OnnxNode node, FileRange attribute, int depth)
    {
        var (name, number) = ("", 0L);
        var fields = new ProtobufReader(file, attribute);
        while (fields.Next())
            switch (fields.Field)
            {
                case 1: name = fields.Text(); break;
                case 3: number = (long)fields.Number(); break;
                case 6 or 11: RequireShallow(fields.Message(), depth + 1); break;
                default: fields.Skip(); break;
            }
        switch (name)
        {
            case "axis": node.Axis = number; break;
            case "transB": node.IsSecondTransposed = number != 0; break;
            case "block_size": node.BlockSize = number; break;
        }
        if (OnnxConstant.Attributes.Contains(name)) node.Value = attribute;
    }

    /// <summary>Passes over a graph within an attribute, such as the branch of an If: what it holds is not the
    /// model's.</summary>
    private void RequireShallow(ProtobufReader fields, int depth)
    {
        if (depth > DeepestGraph)
            throw Refuse(FileProblem.BeyondLimits, $"graphs are nested more than {DeepestGraph} deep.");
        while (fields.Next())
            if (fields.Field == 1) ReadNode(fields.Message(), depth);
            else fields.Skip();
    }

    private void Take(OnnxNode node)
    {
        switch (node.Operator)
        {
            case "Constant" when node is { Outputs: [{ Length: > 0 } output, ..], Value: { } attribute }:
                Add(OnnxConstant.Read(file, attribute, beside, output));
                break;
            case "Constant":
                throw Refuse(
                    FileProblem.Malformed,
                    $"the Constant \"{Excerpt.Of(node.Name)}\" has no value or no output.");
            case "DequantizeLinear" when node.Outputs is [{ Length: > 0 } output, ..] && Of(node, 0) is { } whole:
                if (values.ContainsKey(output))
                    throw Refuse(FileProblem.DuplicateName, "there are two tensors of this name.", output);
                values[output] = Dequantised(output, whole, Of(node, 1), node, 2, node.Axis ?? 1);
                if (Stem(whole.Info.Name) is { } stem && !values.ContainsKey(stem)) names.Add(stem, output);
                break;
            case "MatMulInteger" when Of(node, 1) is { } whole: // scales of columns, which are the last axis
                DequantiseByName(whole, node, 3, whole.Info.Shape.Rank - 1);
                break;
            case "Gather" when Of(node, 0) is { } whole:
                DequantiseByName(whole, null, 0, NoAxis);
                break;
        }
        names.Take(node);
    }

    private OnnxValue? Of(OnnxNode node, int input) =>
        node.Inputs.Count > input ? values.GetValueOrDefault(node.Inputs[input]) : null;

    /// <summary>Where a node computes with whole numbers themselves, and scales the product: their scale is found by
    /// its name.</summary>
    private void DequantiseByName(OnnxValue whole, OnnxNode? node, int zero, int axis)
    {
        if (Stem(whole.Info.Name) is not { } stem || values.ContainsKey(stem)) return;
        if (!values.TryGetValue($"{stem}_scale", out var scales)) return;
        node ??= new OnnxNode { Inputs = { $"{stem}_zero_point" } };
        values[stem] = Dequantised(stem, whole, scales, node, zero, axis);
    }

    private OnnxValue Dequantised(
        string name, OnnxValue whole, OnnxValue? scales, OnnxNode node, int zero, long axis)
    {
        var zeroName = node.Inputs.Count > zero ? node.Inputs[zero] : "";
        var zeros = values.GetValueOrDefault(zeroName);
        var (shape, rank) = (whole.Info.Shape, whole.Info.Shape.Rank);
        if (axis < 0) axis += rank;
        var count = scales?.Info.Shape.Elements;
        return whole.Info.DType is DType.I8 or DType.U8 or DType.I16 or DType.U16 or DType.I32 && shape.Elements > 0
            && scales is { Info: { DType: DType.F32, Shape.Rank: <= 1 } } && node.BlockSize == 0
            && (zeros is null ? zeroName.Length == 0 : zeros.Info.DType.IsInteger()
                && zeros.Info.Shape.Elements == count && zeros.Info.Shape.Rank <= 1)
            && (count == 1 || axis >= 0 && axis < rank && count == shape[(int)axis])
                ? new OnnxValue.Dequantised(file.Path, name, whole, scales, zeros, (int)axis)
                : new OnnxValue.Unread(
                    file.Path, new TensorInfo(name, DType.F32, shape),
                    $"is made of {Excerpt.Of(whole.Info.Name)}, {whole.Info.DType.Name()}, by scales or zero points of "
                        + "a kind that is not read: one for all, or one for each place along an axis are, in F32.");
    }

    private WeightFileException Refuse(FileProblem problem, string reason, string? tensor = null) =>
        new(problem, file.Path, reason, tensor);
}
