using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;

namespace Workbench.Core.Models.Families;

/// <namespacedoc><summary>One file for each family of models: its <c>model_type</c>, its settings by name, its tensors
/// by name and layout.</summary></namespacedoc>
/// <summary>A family of models that can be run, and how its settings become a table.</summary>
public sealed class Family
{
    private readonly Func<ConfigReader, TransformerConfig> read;
    private readonly string architecture;

    /// <param name="modelType">What <c>model_type</c> says.</param>
    /// <param name="signature">The tensor by which a checkpoint of the family is known, without prefix; null where
    /// other families have it too.</param>
    /// <param name="architecture">What names in <c>architectures</c> begin with, before <c>For…</c>, <c>LMHead…</c> or
    /// <c>Model</c>.</param>
    /// <param name="read">From settings to the table; what it does not take is refused.</param>
    internal Family(
        string modelType, string? signature, string architecture, Func<ConfigReader, TransformerConfig> read)
    {
        (ModelType, Signature, this.architecture, this.read) = (modelType, signature, architecture, read);
    }

    /// <summary>All families; a new one is added here.</summary>
    /// <remarks>Where no configuration says what a checkpoint is, the first one whose signature it bears is taken:
    /// those with names like GPT-2's stand before it, and those with names like BERT's before that.</remarks>
    public static IReadOnlyList<Family> All { get; } =
    [
        GptNeo.Family, GptJ.Family, GptJ.CodeGen, Mpt.Family, GptBigCode.Family, Gpt2.Family,
        GptNeoX.Family, Opt.Family, BioGpt.Family, Bloom.Family, Falcon.Family,
        .. Roberta.Families, DistilBert.Family, Albert.Family, Electra.Family, MpNet.Family, ModernBert.Family,
        Bert.Family, .. LlamaKin.Families,
    ];

    /// <summary>The <c>model_type</c> of its configurations.</summary>
    public string ModelType { get; }

    /// <summary>The name of a tensor by which its checkpoints are known where no configuration says what they are, for
    /// most that of the token embeddings; null where others share it.</summary>
    public string? Signature { get; }

    /// <summary>The table of a checkpoint: by the <c>config.json</c> in its folder, by nanoGPT's model_args inside it,
    /// or by the keys of a GGUF file.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <exception cref="WeightFileException">There is neither, it cannot be read, or the model is of no family that is
    /// known here; the message names those that are.</exception>
    /// <example><code>Family.ConfigOf(Checkpoint.Open("gpt2")).Blocks.Count</code> is 12.</example>
    public static TransformerConfig ConfigOf(TensorFile file) =>
        file is GgufFile model ? GgufConfig.Read(model)
            : Gpt2.Arguments(file) is { } arguments
            ? Parse(arguments, file.Path)
            : ConfigReader.Beside(file, (json, path) => Parse(json, path, [.. file.Tensors.Select(info => info.Name)]));

    /// <summary>The table that a <c>config.json</c> describes.</summary>
    /// <param name="json">The text. Settings that are absent have the transformers library's defaults. An object with a
    /// <c>block_size</c> is nanoGPT's.</param>
    /// <param name="source">Where the text comes from, for messages.</param>
    /// <param name="tensors">The checkpoint's tensors, which tell the family where the text does not.</param>
    /// <exception cref="WeightFileException">The text is not a JSON object, a setting is of the wrong type, or the
    /// model is of no family that is known here.</exception>
    /// <remarks>A setting that is not known, or has a value that is not supported, ends in
    /// <see cref="TransformerConfig.Refusals"/>.</remarks>
    public static TransformerConfig Parse(string json, string source, IReadOnlyList<string>? tensors = null)
    {
        var settings = new ConfigReader(json, source, tensors);
        var family = Find(settings, source, tensors ?? []);
        try
        {
            if (
                settings.Json("quantization_config") is { } quantised
                && Quantisation.Parse(quantised, out var why) is null
            )
                settings.Refuse("quantization_config", why);
            settings.Only("add_cross_attention", "false");
            settings.Only("is_encoder_decoder", "false");
            settings.Only("pruned_heads", "{}");
            settings.Only("tie_encoder_decoder", "false");
            var config = family.read(settings);
            foreach (var attention in config.Blocks.Select(block => block.Attention))
                if (attention.Heads % attention.KeyValueHeads != 0)
                    throw new ArgumentException(
                        $"{attention.Heads} heads cannot share {attention.KeyValueHeads} key/value heads evenly.");
            return config with { Refusals = settings.Finish() };
        }
        catch (ArgumentException error)
        {
            throw new WeightFileException(FileProblem.Malformed, source, error.Message);
        }
    }

    /// <summary>d_k of a model whose heads share the width.</summary>
    internal static int HeadWidth(int width, int heads) =>
        heads > 0 && width % heads == 0
            ? width / heads
            : throw new ArgumentException($"a width of {width} cannot be cut into {heads} heads.");

    /// <summary>What most models multiply scores by: 1/√d_k.</summary>
    internal static float Scale(int headWidth) => (float)(1 / Math.Sqrt(headWidth));

    /// <inheritdoc/>
    public override string ToString() => ModelType;

    private static Family Find(ConfigReader settings, string source, IReadOnlyList<string> tensors)
    {
        var known = string.Join(", ", All);
        if (settings.Has("model_type"))
        {
            var type = settings.Text("model_type", "");
            return All.FirstOrDefault(family => family.ModelType == type)
                ?? throw Unknown($"model_type is \"{type}\", but models of type {known} can be run.");
        }
        if (settings.Has("block_size")) return Gpt2.Family;
        if (settings.FirstText("architectures") is { } name)
            return All.FirstOrDefault(family => IsOf(family, name))
                ?? throw Unknown($"architectures names \"{name}\", but models of type {known} can be run.");
        var found = All.FirstOrDefault(family => family.Signature is not null && tensors.Any(tensor =>
            tensor == family.Signature || tensor.EndsWith($".{family.Signature}", StringComparison.Ordinal)));
        return found
            ?? throw Unknown($"there is no model_type; write that of the model into it. Known are {known}.");

        static bool IsOf(Family family, string name) =>
            name.StartsWith(family.architecture, StringComparison.Ordinal)
            && name[family.architecture.Length..] is var rest
            && (rest.StartsWith("For", StringComparison.Ordinal) || rest.StartsWith("LMHead", StringComparison.Ordinal)
                || rest.StartsWith("Model", StringComparison.Ordinal));

        WeightFileException Unknown(string message) => new(FileProblem.UnsupportedObject, source, message);
    }
}
