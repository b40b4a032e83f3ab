using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// A transformer's weights by what they are for, read from a checkpoint of any of the usual shapes: with or without
/// what libraries put before the names, layers as [inputs, outputs] or [outputs, inputs], norms called weight and bias
/// or gamma and beta, head tied or of its own, with or without biases, in any float type.
/// </summary>
/// <remarks>
/// Nothing is read before it is asked for, so that a partial checkpoint opens and gives what it has; a part whose
/// tensors are absent throws a <see cref="WeightFileException"/> that says what is missing and what is there, and one
/// that models of the kind do not have an <see cref="InvalidOperationException"/>. What has been read is kept; float32
/// stays in the mapped file. The file belongs to the caller and must stay open.
/// </remarks>
public sealed class TransformerWeights
{
    private readonly NamedTensors tensors;
    private readonly TransformerConfig stored;
    private readonly ConcurrentDictionary<string, object> read = [];
    private readonly Dictionary<string, LayerConfig> joined = [];

    /// <summary>Weights by the tensors of a file; only their names and shapes are looked at.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="config">The model's table.</param>
    /// <exception cref="WeightFileException">Two tensors of the file bear the same name but for a prefix.</exception>
    public TransformerWeights(TensorFile file, TransformerConfig config)
    {
        tensors = new NamedTensors(file, ["model.", "_orig_mod.", "module.", .. config.Prefixes], Parts);
        Config = config = config with { Refusals = [.. config.Refusals, .. BlocksBeyond(config)] };
        stored = config with
        {
            Layout = FindLayout() ?? config.Layout,
            Biases = config.Biases ?? HasBiases(),
            Head = config.Head.Bias is { } bias && !tensors.Contains(bias) && config.Head.BiasElsewhere is { } elsewhere
                ? config.Head with { Bias = elsewhere }
                : config.Head,
        };
        foreach (var layer in config.Blocks.Select(block => block.Attention.Input))
            if (layer.Parts is not null) joined[layer.Name] = layer;
    }

    /// <summary>The model's table.</summary>
    public TransformerConfig Config { get; }

    /// <summary>The table with what the file decides filled in: how its layers are stored, whether they have biases,
    /// whether the head is tied, which it is too where head and token embeddings are stored with the same
    /// numbers.</summary>
    public TransformerConfig Stored =>
        (TransformerConfig)read.GetOrAdd("tie", _ => stored with { TiedHead = IsTied() });

    /// <summary>The file that the weights are in.</summary>
    public string Path => tensors.File.Path;

    /// <summary>W_E, one row per token: [vocabulary, d].</summary>
    public Matrix TokenEmbeddings => Embeddings(Config.Tokens);

    /// <summary>One row per position: [positions, d].</summary>
    public Matrix PositionEmbeddings => Embeddings(Config.Positions.Table);

    /// <summary>One row per token type: [types, d].</summary>
    public Matrix TypeEmbeddings => Embeddings(Config.TokenTypes ?? throw Lacks("token types"));

    /// <summary>The normalisation of the summed embeddings.</summary>
    public Norm EmbeddingNorm => Norm(Config.EmbeddingNorm ?? throw Lacks("norm of the embeddings"));

    /// <summary>The normalisation after the last block.</summary>
    public Norm FinalNorm => Norm(Config.FinalNorm ?? throw Lacks("final norm"));

    /// <summary>The last layer of the output head: logits are x·W_U and a bias where the head has one; stored with one
    /// row per token.</summary>
    /// <exception cref="WeightFileException">Absent; or the settings say that the head is tied, but the file has one of
    /// its own with other numbers.</exception>
    public Linear Unembedding => Once("head", ReadHead);

    /// <summary>Whether the file has what a head does before it compares with tokens, or the model needs
    /// nothing.</summary>
    public bool HasHead =>
        Config.Head.Transform is not { } transform || tensors.Contains($"{transform.Layer.Name}.weight");

    /// <summary>The first layer of a masked-language-model head: d to d, then the activation and
    /// <see cref="HeadNorm"/>.</summary>
    public Linear HeadTransform => Layer((Config.Head.Transform ?? throw Lacks("layer before its head")).Layer);

    /// <summary>The normalisation within a masked-language-model head.</summary>
    public Norm HeadNorm => Norm((Config.Head.Transform ?? throw Lacks("norm within its head")).Norm);

    /// <summary>What comes before the softmax over the first token in classifiers: d to d, then tanh.</summary>
    public Linear Pooler => Layer(Config.Pooler ?? throw Lacks("pooler"));

    /// <summary>Whether the file has a pooler.</summary>
    public bool HasPooler => Config.Pooler is { } pooler && tensors.Contains($"{pooler.Name}.weight");

    /// <summary>Which parts of the model the file holds whole, in words.</summary>
    public string Inventory => tensors.Inventory();

    /// <summary>The tensors that running a text needs and the file does not have, by the family's own names; poolers
    /// and the heads of encoders are not counted.</summary>
    public IReadOnlyList<string> Missing => [.. tensors.Missing()];

    /// <summary>Whether the file holds a block's attention layers, which is enough for its heads' spectra; not for a
    /// block that the model does not have.</summary>
    /// <param name="block">From 0.</param>
    public bool HasAttention(int block) =>
        (uint)block < (uint)Config.Blocks.Count
        && Stems(Config.Blocks[block].Attention.Input)
            .Concat(Stems(Config.Blocks[block].Attention.Output))
            .All(stem => tensors.Contains($"{stem}.weight"));

    /// <summary>The attention layers of a block, and through them each head's factor matrices.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    /// <exception cref="WeightFileException">Its tensors are absent or of another shape.</exception>
    public AttentionWeights Attention(int block)
    {
        var config = Block(block).Attention;
        return Once($"heads of {config.Output.Name}", () =>
        {
            var (input, width) = (Layers(config.Input), config.Output.Inputs);
            var parts = input.Length == 1
                ? [input[0].Slice(0, width), input[0].Slice(width, width), input[0].Slice(2 * width, width)]
                : input;
            return new AttentionWeights(
                parts[0], parts[1], parts[2], Layer(config.Output), config.Heads, config.Scale);
        });
    }

    /// <summary>The MLP of a block.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    /// <exception cref="WeightFileException">Its tensors are absent or of another shape.</exception>
    public MlpWeights Mlp(int block)
    {
        var config = Block(block).Mlp;
        return new MlpWeights(Layer(config.Up), Layer(config.Down), config.Activation);
    }

    /// <summary>The norm that a block's attention has: before it, or after it was added.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public Norm AttentionNorm(int block) => OwnNorm(Block(block).Attention);

    /// <summary>The norm that a block's MLP has: before it, or after it was added.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public Norm MlpNorm(int block) => OwnNorm(Block(block).Mlp);

    /// <summary>The norm whose result a block's attention reads: its own where it stands before, and otherwise the last
    /// one that the stream went through.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public Norm NormRead(int block) =>
        Norm(
            Block(block).Attention.NormBefore
                ?? (block == 0 ? Config.EmbeddingNorm : Config.Blocks[block - 1].Mlp.NormAfter)
                ?? throw Lacks($"norm of what block {block} reads"));

    /// <summary>A tensor by the name that the family gives it, such as <c>h.0.attn.c_attn.weight</c>, whatever stands
    /// before it in the file; a vector is one row. The parts of a layer that is stored in parts lie below each other
    /// under the layer's own name. Embeddings are read once, others each time they are asked for.</summary>
    /// <param name="name">With <c>.weight</c> or <c>.bias</c>.</param>
    /// <exception cref="WeightFileException">Absent.</exception>
    public Matrix Tensor(string name)
    {
        foreach (var table in new[] { Config.Tokens, Config.Positions.Table, Config.TokenTypes })
            if (table is not null && name == $"{table.Name}.weight") return Embeddings(table);
        var dot = name.LastIndexOf('.');
        if (dot < 0 || tensors.Contains(name) || !joined.TryGetValue(name[..dot], out var layer))
            return tensors.Stored(name);
        var parts = layer.Parts!.Select(part => tensors.Stored($"{layer.Name}.{part}{name[dot..]}")).ToArray();
        var whole = Matrix.Uninitialized(parts.Sum(part => part.Rows), parts[0].Columns);
        var row = 0;
        foreach (var part in parts)
            for (var i = 0; i < part.Rows; i++)
                part.Row(i).CopyTo(whole.WritableRow(row++));
        return whole;
    }

    internal Matrix Embeddings(EmbeddingConfig table) =>
        Once(table.Name, () => tensors.Matrix($"{table.Name}.weight", table.Count, Config.Width));

    internal Norm Norm(NormConfig norm) =>
        Once(norm.Name, () =>
            new Norm(tensors.Vector($"{norm.Name}.weight", Config.Width), Bias(norm.Name, Config.Width), norm.Epsilon));

    /// <summary>The layer, or the layers of its parts: their outputs side by side are its own.</summary>
    internal Linear[] Layers(LayerConfig layer) =>
        Once(layer.Name, () =>
            layer.Parts is null
                ? [ReadLayer(layer.Name, layer.Inputs, layer.Outputs)]
                : layer.Parts
                    .Select(part => ReadLayer($"{layer.Name}.{part}", layer.Inputs, layer.Outputs / layer.Parts.Count))
                    .ToArray());

    private Linear Layer(LayerConfig layer) => Layers(layer)[0];

    private Linear ReadLayer(string name, int inputs, int outputs) =>
        new(stored.Layout == WeightLayout.InputMajor
                ? tensors.Matrix($"{name}.weight", inputs, outputs)
                : tensors.Matrix($"{name}.weight", outputs, inputs),
            stored.Layout, Bias(name, outputs));

    private float[]? Bias(string name, int length) =>
        stored.Biases is true ? tensors.Vector($"{name}.bias", length) : null;

    private Norm OwnNorm(BranchConfig branch) =>
        Norm(branch.NormBefore ?? branch.NormAfter ?? throw Lacks("such norm"));

    /// <summary>Whether the head is the token embeddings: by the configuration, or because the file has no other, or
    /// has the same numbers under both names, as nanoGPT's checkpoints do. Where there are two they are read.</summary>
    private bool IsTied()
    {
        var (head, tokens) = ($"{Config.Head.Name}.weight", $"{Config.Tokens.Name}.weight");
        if (Config.TiedHead is { } said) return said;
        if (!tensors.Contains(head)) return true;
        if (tensors.TryFind(tokens)?.Shape != tensors.TryFind(head)?.Shape) return false;
        var (own, table) = (tensors.Stored(head), tensors.Stored(tokens));
        return Enumerable.Range(0, own.Rows).All(row => own.Row(row).SequenceEqual(table.Row(row)));
    }

    /// <summary>What to say of a file that has more blocks than the configuration: the rest would be left out of
    /// every pass without a word.</summary>
    private IEnumerable<string> BlocksBeyond(TransformerConfig config)
    {
        var last = config.Blocks.Count - 1;
        var name = config.Blocks[last].Attention.Output.Name;
        var dot = name.IndexOf($".{last}.", StringComparison.Ordinal);
        if (dot < 0) yield break;
        var stem = name[..(dot + 1)];
        var highest = tensors.Names
            .Where(tensor => tensor.StartsWith(stem, StringComparison.Ordinal))
            .Select(tensor => int.TryParse(tensor[stem.Length..].Split('.')[0], out var block) ? block : -1)
            .DefaultIfEmpty(-1)
            .Max();
        if (highest > last)
            yield return $"{last + 1} blocks by the configuration, where the file has {highest + 1} ({stem}{highest})";
    }

    private Linear ReadHead()
    {
        var (head, tokens) = ($"{Config.Head.Name}.weight", $"{Config.Tokens.Name}.weight");
        var bias = stored.Head.Bias is { } name ? tensors.Vector(name, Config.Tokens.Count) : null;
        if (!tensors.Contains(head) && Config.TiedHead is not false)
            return new Linear(TokenEmbeddings, WeightLayout.OutputMajor, bias);
        var own = tensors.Matrix(head, Config.Tokens.Count, Config.Width);
        if (Config.TiedHead is true && tensors.Contains(tokens))
            for (var row = 0; row < own.Rows; row++)
                if (!own.Row(row).SequenceEqual(TokenEmbeddings.Row(row)))
                    throw new WeightFileException(
                        FileProblem.OutOfBounds,
                        Path,
                        $"differs from {tokens} at token {row}, but the configuration says tie_word_embeddings; set "
                            + "that to false to use this head.",
                        head
                    );
        return new Linear(own, WeightLayout.OutputMajor, bias);
    }

    private T Once<T>(string key, Func<T> make) where T : class => (T)read.GetOrAdd(key, _ => make());

    private BlockConfig Block(int block) =>
        (uint)block < (uint)Config.Blocks.Count
            ? Config.Blocks[block]
            : throw Argument.OutOfRange(
                nameof(block), block, $"The model has blocks 0 to {Config.Blocks.Count - 1}.");

    private InvalidOperationException Lacks(string part) =>
        new($"{Path}: a model of type {Config.Family} has no {part}.");

    // A square matrix does not show which way round it is, but a file is of one kind throughout.
    private WeightLayout? FindLayout()
    {
        foreach (var block in Config.Blocks)
            foreach (var layer in new[] { block.Attention.Input, block.Mlp.Up })
                if (Shows(layer) is { } layout) return layout;
        return null;

        WeightLayout? Shows(LayerConfig layer) =>
            layer.Parts is null
            && tensors.TryFind($"{layer.Name}.weight")?.Shape is { Rank: 2 } shape
            && shape[0] != shape[1]
                ? shape == new Shape(layer.Inputs, layer.Outputs) ? WeightLayout.InputMajor
                    : shape == new Shape(layer.Outputs, layer.Inputs) ? WeightLayout.OutputMajor
                    : null
                : null;
    }

    private bool HasBiases() =>
        !tensors.Names.Any()
        || Parts(biases: true)
            .SelectMany(part => part.Tensors)
            .Any(name => name.EndsWith(".bias", StringComparison.Ordinal) && tensors.Contains(name));

    private IEnumerable<ModelPart> Parts() => Parts(stored.Biases is true);

    private IEnumerable<ModelPart> Parts(bool biases)
    {
        yield return new ModelPart("token embeddings", -1, [$"{Config.Tokens.Name}.weight"]);
        yield return new ModelPart("position embeddings", -1, [$"{Config.Positions.Table.Name}.weight"]);
        if (Config.TokenTypes is { } types)
            yield return new ModelPart("embeddings of token types", -1, [$"{types.Name}.weight"]);
        if (Config.EmbeddingNorm is { } norm)
            yield return new ModelPart("norm of the embeddings", -1, Named([norm.Name]));
        for (var i = 0; i < Config.Blocks.Count; i++)
        {
            var (attention, mlp) = Config.Blocks[i];
            yield return new ModelPart(
                "attention layers", i, Named([.. Stems(attention.Input), .. Stems(attention.Output)]))
            {
                Note = " (head spectra)",
            };
            yield return new ModelPart("MLP layers", i, Named([.. Stems(mlp.Up), .. Stems(mlp.Down)]));
            var norms = new[] { attention.NormBefore, attention.NormAfter, mlp.NormBefore, mlp.NormAfter };
            yield return new ModelPart("norms", i, Named([.. norms.OfType<NormConfig>().Select(each => each.Name)]));
        }
        if (Config.FinalNorm is { } last) yield return new ModelPart("final norm", -1, Named([last.Name]));
        var head = Config.TiedHead is false ? [$"{Config.Head.Name}.weight"] : Array.Empty<string>();
        if (Config.Head.Transform is { } transform)
            yield return new ModelPart(
                "masked-language-model head", -1,
                [.. Named([transform.Layer.Name, transform.Norm.Name]), .. head], Needed: false);
        else if (head.Length > 0) yield return new ModelPart("output head", -1, head);
        if (Config.Pooler is { } pooler)
            yield return new ModelPart("pooler", -1, Named([pooler.Name]), Needed: false);

        string[] Named(string[] stems) =>
            [.. stems.SelectMany(stem => biases ? new[] { $"{stem}.weight", $"{stem}.bias" } : [$"{stem}.weight"])];
    }

    private static IEnumerable<string> Stems(LayerConfig layer) =>
        layer.Parts is null ? [layer.Name] : layer.Parts.Select(part => $"{layer.Name}.{part}");
}
