using System.Collections.Generic;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>
/// An ONNX file, a model as a graph of operations: the weights that the graph starts from, and the constants in it. The
/// graph itself is not run.
/// </summary>
/// <remarks>
/// <para>Opening maps the file, checks its structure and looks through the nodes; no value is read. Values that lie in
/// files beside it are mapped too; nothing outside its folder is opened. Plain F32 is viewed in the mapping, everything
/// else widened on reading.</para>
/// <para>A weight that the exporter has turned round and left without a name (<c>onnx::MatMul_367</c>) is listed under
/// the name and in the shape that the model's definition gives it, where the node that uses it tells; as it lies in the
/// file it can still be read by the file's name. What is quantised to whole numbers with scales is there too, as the
/// float32 numbers that it stands for. Format: github.com/onnx/onnx; what is refused is said in the documentation's
/// page on formats.</para>
/// </remarks>
/// <example><code>
/// using var file = OnnxFile.Open("all-MiniLM-L6-v2/onnx/model.onnx");
/// file.Find("encoder.layer.0.intermediate.dense.weight")
/// </code>
/// is encoder.layer.0.intermediate.dense.weight: F32 [1536, 384].</example>
public sealed class OnnxFile : TensorFile
{
    private readonly MappedFile file;
    private readonly OnnxDataFiles beside;
    private readonly Dictionary<string, OnnxValue> listed = [];
    private readonly Dictionary<string, OnnxValue> asStored = [];

    private OnnxFile(MappedFile file)
    {
        this.file = file;
        beside = new OnnxDataFiles(file.Path);
        try
        {
            var graph = OnnxGraph.Read(file, beside);
            var tensors = new List<TensorInfo>(graph.Values.Count);
            foreach (var (stored, value) in graph.Values)
            {
                var (name, shown) = (stored, value);
                if (graph.Names.Renamed.TryGetValue(stored, out var renamed))
                {
                    name = renamed.Name;
                    if (renamed.IsTransposed) shown = new OnnxValue.Transposed(name, value);
                    asStored.Add(stored, value);
                }
                listed.Add(name, shown);
                tensors.Add(shown.Info with { Name = name });
            }
            (Tensors, Metadata, Aliases) = (tensors, graph.Metadata, graph.Names.Aliases);
        }
        catch
        {
            beside.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Path => file.Path;

    /// <summary>Initialisers in the file's order, then values of constants and what is made of whole numbers.</summary>
    public override IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The model's own notes, and what it says of its maker, its version and its operators.</summary>
    public override IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Names of equal weights, which are stored once, and those that nodes repeat.</summary>
    public override IReadOnlyDictionary<string, string> Aliases { get; }

    /// <summary>Maps a file, and those beside it that hold its values, and checks their structure.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="WeightFileException">There is no such file, it is not a whole ONNX model, or a file beside it
    /// is missing, too short or outside its folder.</exception>
    public static OnnxFile Open(string path) => FileKinds.Open(path, FileKind.Onnx, file => new OnnxFile(file));

    /// <inheritdoc/>
    public override bool Contains(string name) => asStored.ContainsKey(name) || base.Contains(name);

    /// <inheritdoc/>
    public override TensorInfo Find(string name) =>
        asStored.TryGetValue(name, out var value) ? value.Info : base.Find(name);

    /// <inheritdoc/>
    public override Matrix ReadMatrix(string name) => Value(name).ReadMatrix();

    /// <inheritdoc/>
    public override StoredMatrix View(string name) => Value(name).View();

    /// <inheritdoc/>
    public override double[] ReadDoubles(string name) => Value(name).ReadDoubles();

    /// <inheritdoc/>
    public override long[] ReadIntegers(string name) => Value(name).ReadIntegers();

    /// <inheritdoc/>
    public override void Dispose()
    {
        file.Dispose();
        beside.Dispose();
    }

    private OnnxValue Value(string name) => asStored.GetValueOrDefault(name) ?? listed[Find(name).Name];
}
