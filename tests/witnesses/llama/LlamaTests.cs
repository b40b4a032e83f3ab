using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using LLama;
using LLama.Common;
using LLama.Native;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tokenizers;
using Xunit;

namespace Workbench.Witnesses;

/// <summary>llama.cpp itself reads the files that we read: metadata, token ids and next tokens. It rounds activations
/// to the weights' type before each product, so that it is a witness of the layout, not of the digits. Skipped, by
/// name, where its native half does not load.</summary>
public sealed class LlamaTests
{
    private const string Reference = "reference/gguf-onnx";
    private const string Smol = "smollm2-135m-instruct";

    [WitnessTheory(Reference)]
    [InlineData("stories260K-f16.gguf"), InlineData("gpt2-tiny.gguf"), InlineData("qwen2-tiny.gguf")]
    [InlineData("gemma-tiny.gguf")]
    public void Metadata_is_what_llama_cpp_reads(string name)
    {
        using var file = GgufFile.Open(Models.At(Reference, name));
        using var model = LLamaWeights.LoadFromFile(Parameters(file.Path));
        var compared = 0;
        foreach (var (key, value) in model.Metadata)
        {
            // Arrays are shortened there.
            if (!file.Values.TryGetValue(key, out var ours) || ours is Array) continue;
            var said = ours switch
            {
                bool flag => flag ? "true" : "false",
                float number => number.ToString("F6", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => ours.ToString(),
            };
            Assert.Equal($"{key} = {value}", $"{key} = {said}");
            compared++;
        }
        Assert.True(compared >= 10, $"{compared} keys compared");
    }

    [WitnessTheory(Reference)]
    [InlineData("stories260K-f16.gguf", "stories260K"), InlineData("gpt2-tiny.gguf", "gpt2-tiny.gguf")]
    [InlineData("qwen2-tiny.gguf", "qwen2-tiny.gguf"), InlineData("gemma-tiny.gguf", "gemma-tiny.gguf")]
    public void Texts_become_the_ids_of_llama_cpp(string name, string texts)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Models.At(Reference, "gguf.ids.json")));
        RequireSameIds(
            Models.At(Reference, name),
            json.RootElement.GetProperty(texts).GetProperty("texts").EnumerateArray(), 4);
    }

    [WitnessTheory(Smol), InlineData(200)]
    public void Two_hundred_texts_become_the_ids_of_llama_cpp(int least)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Models.At("reference", "smollm2", "tokens.json")));
        RequireSameIds(Only(Smol), json.RootElement.GetProperty("rows").EnumerateArray(), least);
    }

    // How far its rounding was seen to take llama.cpp from the same weights in float64, on another text; twice that is
    // allowed.
    [WitnessTheory(Reference)]
    [InlineData("stories260K-f16.gguf", 0.011), InlineData("stories260K-q8_0.gguf", 0.16)]
    [InlineData("gpt2-tiny.gguf", 0.005), InlineData("qwen2-tiny.gguf", 0.0014), InlineData("gemma-tiny.gguf", 0.002)]
    public void Scores_are_those_of_llama_cpp(string name, double seen)
    {
        var path = Models.At(Reference, name);
        using var file = Checkpoint.Open(path);
        var ids = GgufTokenizer.Read((GgufFile)file).EncodeSequence("Once upon a time there was a cat").ToArray();
        var (ours, theirs) = Scores(file, path, ids);
        Assert.InRange(Off(ours, theirs), 0, 2 * seen);
    }

    [WitnessTheory(Smol), InlineData("The capital of France is")]
    public void SmolLM2_goes_on_as_in_llama_cpp(string text)
    {
        using var file = Checkpoint.Open(Models.At(Smol));
        var (ours, theirs) = Scores(file, Only(Smol), GgufTokenizer.Read((GgufFile)file).EncodeToIds(text).ToArray());
        Assert.InRange(Off(ours, theirs), 0, 1.0);
        Assert.Equal(Array.IndexOf(theirs, theirs.Max()), Array.IndexOf(ours, ours.Max()));
    }

    private static void RequireSameIds(string path, IEnumerable<JsonElement> texts, int least)
    {
        using var file = GgufFile.Open(path);
        using var model = LLamaWeights.LoadFromFile(Parameters(path));
        var tokenizer = GgufTokenizer.Read(file);
        var compared = 0;
        foreach (var text in texts.Select(one => one.GetProperty("text").GetString()!))
        {
            // Without what is put around a text, and with added tokens found in it.
            var theirs = model.Tokenize(text, add_bos: false, special: true, Encoding.UTF8).Select(token => (int)token);
            Assert.Equal(theirs, tokenizer.EncodeToIds(text));
            compared++;
        }
        Assert.True(compared >= least, $"{compared} texts compared");
    }

    private static (float[] Ours, float[] Theirs) Scores(TensorFile file, string path, int[] ids)
    {
        var model = new Transformer(new TransformerWeights(file, Family.ConfigOf(file)));
        var states = model.Run(ids).Output;
        var ours = model.Logits(states.RowRange(ids.Length - 1, 1)).ToArray();
        using var weights = LLamaWeights.LoadFromFile(Parameters(path));
        using var context = weights.CreateContext(Parameters(path));
        var batch = new LLamaBatch();
        for (var i = 0; i < ids.Length; i++)
            batch.Add((LLamaToken)ids[i], (LLamaPos)i, LLamaSeqId.Zero, i == ids.Length - 1);
        Assert.Equal(DecodeResult.Ok, context.NativeHandle.Decode(batch));
        return (ours, context.NativeHandle.GetLogitsIth(ids.Length - 1).ToArray());
    }

    private static double Off(float[] ours, float[] theirs)
    {
        Assert.Equal(theirs.Length, ours.Length);
        return ours.Zip(theirs, (a, b) => Math.Abs((double)a - b)).Max();
    }

    private static string Only(string folder) => Directory.GetFiles(Models.At(folder), "*.gguf").Single();

    private static ModelParams Parameters(string path) => new(path) { ContextSize = 128, GpuLayerCount = 0 };
}

/// <summary>A table of cases that needs llama.cpp and files under WORKBENCH_MODELS.</summary>
internal sealed class WitnessTheoryAttribute : TheoryAttribute
{
    public WitnessTheoryAttribute(string needs)
    {
        Skip = Models.WhyMissing(needs);
        if (Skip is not null) return;
        try
        {
            NativeApi.llama_empty_call();
        }
        catch (Exception error)
            when (error is DllNotFoundException or TypeInitializationException or LLama.Exceptions.RuntimeError)
        {
            Skip = $"llama.cpp's native half does not load: {error.GetBaseException().Message}";
        }
    }
}
