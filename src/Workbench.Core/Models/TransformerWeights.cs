using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
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
/// that models of the kind do not have an <see cref="InvalidOperationException"/>. Layers stay in the mapped file,
/// whatever their type; what is asked for as a matrix is widened and kept, where it is not float32. The file belongs to
/// the caller and must stay open.
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

    /// <summary>How the file stores its layers; null where nothing of it shows.</summary>
    internal WeightLayout? Layout => stored.Layout;

    /// <summary>The file that the weights are in.</summary>
    public string Path => tensors.File.Path;

    /// <summary>W_E, one row per token as it is stored: [vocabulary, <see cref="TransformerConfig.TokenWidth"/>]. Where
    /// the file has a head only, that. Other types than float32 are widened, all rows, and kept: for some rows ask
    /// <see cref="TokenRows"/>.</summary>
    public Matrix TokenEmbeddings => Once("widened token embeddings", () => StoredTokens.ToMatrix());

    /// <summary>Rows of <see cref="TokenEmbeddings"/>, nothing else of which is looked at.</summary>
    /// <param name="tokens">Ids of tokens; may repeat.</param>
    /// <returns>[ids, <see cref="TransformerConfig.TokenWidth"/>], copied.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is no row.</exception>
    public Matrix TokenRows(ReadOnlySpan<int> tokens) => StoredTokens.SelectRows(tokens);

    private StoredMatrix StoredTokens =>
        Once(Config.Tokens.Name, () =>
        {
            var (own, head) = ($"{Config.Tokens.Name}.weight", $"{Config.Head.Name}.weight");
            var alone = !tensors.Contains(own) && tensors.Contains(head) && Config.TiedHead is not false;
            return tensors.View(alone ? head : own, Config.Tokens.Count, Config.TokenWidth);
        });

    /// <summary>One row per position: [positions, d].</summary>
    /// <exception cref="InvalidOperationException">The model has no table of positions.</exception>
    public Matrix PositionEmbeddings =>
        Embeddings((Config.Positions ?? throw Lacks("table of position embeddings")).Table);

    /// <summary>One row per token type: [types, d].</summary>
    public Matrix TypeEmbeddings => Embeddings(Config.TokenTypes ?? throw Lacks("token types"));

    /// <summary>The normalisation of the summed embeddings.</summary>
    public Norm EmbeddingNorm =>
        Norm(
            Config.EmbeddingNorm ?? throw Lacks("norm of the embeddings"),
            Config.EmbeddingProjection?.Inputs ?? Config.Width);

    /// <summary>The normalisation after the last block.</summary>
    public Norm FinalNorm => Norm(Config.FinalNorm ?? throw Lacks("final norm"), Config.Width);

    /// <summary>The last layer of the output head: logits are x·W_U and a bias where the head has one; stored with one
    /// row per token.</summary>
    /// <remarks>A head that is in the file is used, whatever the settings say of a tie.</remarks>
    /// <exception cref="WeightFileException">Absent.</exception>
    public Linear Unembedding => Once("head", ReadHead);

    /// <summary>Whether the file has what a head does before it compares with tokens, or the model needs
    /// nothing.</summary>
    public bool HasHead =>
        Config.Head.Transform is not { } transform || tensors.Contains($"{transform.Layer.Name}.weight");

    /// <summary>The first layer of a masked-language-model head: d to d, then the activation and
    /// <see cref="HeadNorm"/>.</summary>
    public Linear HeadTransform => Layer((Config.Head.Transform ?? throw Lacks("layer before its head")).Layer);

    /// <summary>The normalisation within a masked-language-model head.</summary>
    public Norm HeadNorm =>
        Norm(Config.Head.Transform?.Norm ?? throw Lacks("norm within its head"), Config.Head.Transform.Layer.Outputs);

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
        return Once(
            $"heads of {config.Output.Name}",
            () => new AttentionWeights(
                config, Layers(config.Input), Layer(config.Output),
                config.QueryNorm is { } query ? HeadNorms(query, config.Heads, config.HeadWidth) : [],
                config.KeyNorm is { } key ? HeadNorms(key, config.KeyValueHeads, config.HeadWidth) : []));
    }

    /// <summary>The MLP of a block.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    /// <exception cref="InvalidOperationException">The block has experts instead, or a gate.</exception>
    /// <exception cref="WeightFileException">Its tensors are absent or of another shape.</exception>
    public MlpWeights Mlp(int block)
    {
        if (Block(block).FeedForward is not MlpConfig { Gate: GateOrder.None } config)
            throw Lacks($"plain MLP in block {block}");
        return new MlpWeights(Layer(config.Up), Layer(config.Down), config.Activation);
    }

    /// <summary>The norm that a block's attention has: before it, or after it was added.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public Norm AttentionNorm(int block) => OwnNorm(Block(block).Attention);

    /// <summary>The norm that a block's MLP has: before it, or after it was added.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public Norm MlpNorm(int block) => OwnNorm(Block(block).FeedForward);

    /// <summary>The norm whose result a block's attention reads: its own where it stands before, and otherwise the last
    /// one that the stream went through.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    /// <exception cref="InvalidOperationException">What the block reads comes from no norm (OLMo 2).</exception>
    public Norm NormRead(int block) => TryNormRead(block) ?? throw Lacks($"norm of what block {block} reads");

    /// <summary>As <see cref="NormRead"/>, or null where there is none.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    public Norm? TryNormRead(int block) =>
        Block(block).Attention.NormBefore is { } own ? Norm(own, Config.Width)
        : block > 0 ? Config.Blocks[block - 1].FeedForward.NormAfter is { } last ? Norm(last, Config.Width) : null
        : Config.EmbeddingNorm is not null && Config.EmbeddingProjection is null ? EmbeddingNorm
        : null;

    /// <summary>Vectors of the kind of token embeddings as they enter the stream, without position: scaled, and brought
    /// to the stream's width, as the model does it.</summary>
    /// <param name="embeddings">[n, <see cref="TransformerConfig.TokenWidth"/>].</param>
    /// <returns>[n, d]; the same matrix where the model does neither.</returns>
    public Matrix IntoStream(Matrix embeddings)
    {
        var rows = embeddings;
        if (Config.EmbeddingScale != 1)
        {
            rows = embeddings.Copy();
            for (var row = 0; row < rows.Rows; row++)
                TensorPrimitives.Multiply(rows.Row(row), (float)Config.EmbeddingScale, rows.WritableRow(row));
        }
        if (Config.TokenProjection is { } first) rows = Layer(first).Apply(rows);
        return Config.EmbeddingProjection is { } projection
            ? Layer(projection).Apply(Config.EmbeddingNorm is null ? rows : EmbeddingNorm.Apply(rows))
            : rows;
    }

    /// <summary>A tensor by the name that the family gives it, such as <c>h.0.attn.c_attn.weight</c>, whatever stands
    /// before it in the file; a vector is one row. The parts of a layer that is stored in parts lie below each other
    /// under the layer's own name. Widened; embeddings once, others each time they are asked for.</summary>
    /// <param name="name">With <c>.weight</c> or <c>.bias</c>.</param>
    /// <exception cref="WeightFileException">Absent.</exception>
    public Matrix Tensor(string name)
    {
        if (name == $"{Config.Tokens.Name}.weight") return TokenEmbeddings;
        foreach (var table in new[] { Config.Positions?.Table, Config.TokenTypes })
            if (table is not null && name == $"{table.Name}.weight") return Embeddings(table);
        var dot = name.LastIndexOf('.');
        if (dot < 0 || tensors.Contains(name) || !joined.TryGetValue(name[..dot], out var layer))
            return tensors.Stored(name);
        var parts = layer.Parts!.Select(part => tensors.Stored($"{layer.Name}.{part.Name}{name[dot..]}")).ToArray();
        var whole = Matrix.Uninitialized(parts.Sum(part => part.Rows), parts[0].Columns);
        var row = 0;
        foreach (var part in parts)
            for (var i = 0; i < part.Rows; i++)
                part.Row(i).CopyTo(whole.WritableRow(row++));
        return whole;
    }

    internal Matrix Embeddings(EmbeddingConfig table) =>
        Once($"widened {table.Name}", () => StoredEmbeddings(table).ToMatrix());

    /// <summary>Some rows of a table.</summary>
    internal Matrix EmbeddingRows(EmbeddingConfig table, ReadOnlySpan<int> rows) =>
        StoredEmbeddings(table).SelectRows(rows);

    private StoredMatrix StoredEmbeddings(EmbeddingConfig table) =>
        Once(table.Name, () => tensors.View($"{table.Name}.weight", table.Count, table.Width ?? Config.Width));

    /// <summary>A norm of vectors of some length.</summary>
    internal Norm Norm(NormConfig norm, int length) =>
        Once($"{norm.Name}, {length}", () => new Norm(
            norm.Weighted ? Gain(norm.Kind, tensors.Vector($"{norm.Name}.weight", length)) : Ones(length),
            norm.Weighted && norm.Kind == NormKind.Layer ? Bias($"{norm.Name}.bias", length, norm.Bias) : null,
            norm.Epsilon, norm.Kind));

    /// <summary>The norms of queries or keys: one for all heads, or one for each.</summary>
    internal Norm[] HeadNorms(HeadNormConfig config, int heads, int headWidth) =>
        Once($"{config.Norm.Name} of heads", () => config.Scope switch
        {
            HeadNormScope.EachHead => [Norm(config.Norm, headWidth)],
            HeadNormScope.AllHeads => [Norm(config.Norm, heads * headWidth)],
            HeadNormScope.EachHeadOwnTensor => Enumerable.Range(0, heads)
                .Select(head => Norm(config.Norm with { Name = $"{config.Norm.Name}.norms.{head}" }, headWidth))
                .ToArray(),
            HeadNormScope.EachHeadOwnGain => Enumerable.Range(0, heads)
                .Select(head => new Norm(
                    Gain(config.Norm.Kind,
                        tensors.Matrix($"{config.Norm.Name}.weight", heads, headWidth).Row(head).ToArray()),
                    null, config.Norm.Epsilon, config.Norm.Kind))
                .ToArray(),
            _ => throw Argument.OutOfRange(nameof(config), config.Scope, "Not a scope."),
        });

    /// <summary>One number for each head.</summary>
    internal float[] Sinks(AttentionConfig attention) =>
        Once(attention.Sinks!, () => tensors.Vector(attention.Sinks!, attention.Heads));

    /// <summary>The layer, or the layers of its parts: their outputs side by side are its own.</summary>
    internal Linear[] Layers(LayerConfig layer) =>
        Once(layer.Slice is { } slice ? $"{layer.Name}[{slice}]" : layer.Name, () =>
            layer.Slice is not null ? [ReadSlice(layer)]
            : layer.Parts is null ? [ReadLayer(layer.Name, layer.Inputs, layer.Outputs, layer.Layout, layer.Bias)]
            : layer.Parts
                .Select(part => ReadLayer(
                    $"{layer.Name}.{part.Name}", layer.Inputs, part.Outputs, layer.Layout, part.Bias ?? layer.Bias))
                .ToArray());

    private Linear Layer(LayerConfig layer) => Layers(layer)[0];

    private Linear ReadLayer(string name, int inputs, int outputs, WeightLayout? own, bool? bias)
    {
        var layout = own ?? stored.Layout;
        return new Linear(
            layout == WeightLayout.InputMajor
                ? tensors.View($"{name}.weight", inputs, outputs)
                : tensors.View($"{name}.weight", outputs, inputs),
            layout, Bias($"{name}.bias", outputs, bias));
    }

    /// <summary>A layer out of tensors that hold many: weights [layers, …, …] and biases [layers, outputs].</summary>
    private Linear ReadSlice(LayerConfig layer)
    {
        var (slice, layout) = (layer.Slice!.Value, layer.Layout ?? stored.Layout);
        var (rows, columns) = layout == WeightLayout.InputMajor
            ? (layer.Inputs, layer.Outputs)
            : (layer.Outputs, layer.Inputs);
        var whole = Once(layer.Name, () => tensors.Stack(layer.Name, layer.Slices, rows, columns));
        var biases = $"{layer.Name}_bias";
        var bias = layer.Bias is true || tensors.Contains(biases)
            ? Once(biases, () => tensors.Stack(biases, layer.Slices, layer.Outputs)).SelectRows([slice]).ToArray()
            : null;
        return new Linear(whole.RowRange(slice * rows, rows), layout, bias);
    }

    // A bias counts if its tensor is there, whatever settings say.
    private float[]? Bias(string name, int length, bool? said) =>
        (said ?? stored.Biases is true) || tensors.Contains(name) ? tensors.Vector(name, length) : null;

    private static float[] Gain(NormKind kind, float[] weights) =>
        kind == NormKind.RootMeanSquareOfOnePlus ? Array.ConvertAll(weights, weight => 1 + weight) : weights;

    private static float[] Ones(int length)
    {
        var ones = new float[length];
        Array.Fill(ones, 1);
        return ones;
    }

    private Norm OwnNorm(BranchConfig branch) =>
        Norm(branch.NormBefore ?? branch.NormAfter ?? branch.NormOutput ?? throw Lacks("such norm"), Config.Width);

    /// <summary>Whether the head is the token embeddings: where the configuration does not deny it and the file has no
    /// other, or has the same numbers under both names, as nanoGPT's checkpoints do. Where there are two they are
    /// read.</summary>
    private bool IsTied()
    {
        var (head, tokens) = ($"{Config.Head.Name}.weight", $"{Config.Tokens.Name}.weight");
        if (Config.TiedHead is false) return false;
        if (!tensors.Contains(head) || !tensors.Contains(tokens)) return true;
        if (tensors.TryFind(tokens)!.Shape != tensors.TryFind(head)!.Shape) return false;
        var (own, table) = (tensors.View(head), tensors.View(tokens));
        var (a, b) = (new float[own.Columns], new float[own.Columns]);
        for (var row = 0; row < own.Rows; row++)
        {
            own.Widen(row, 0, a);
            table.Widen(row, 0, b);
            if (!a.AsSpan().SequenceEqual(b)) return false;
        }
        return true;
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
        var head = $"{Config.Head.Name}.weight";
        var scores = Config.Head.Scores ?? Config.Tokens.Count;
        var bias = stored.Head.Bias is { } name ? tensors.Vector(name, scores) : null;
        var tied = !tensors.Contains(head) && Config.TiedHead is not false && Config.Head.Scores is null;
        return new Linear(
            tied
                ? StoredTokens
                : tensors.View(head, scores, Config.Head.Transform?.Layer.Outputs ?? Config.TokenWidth),
            WeightLayout.OutputMajor, bias);
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
            foreach (var layer in new[] { block.Attention.Input, (block.FeedForward as MlpConfig)?.Up })
                if (layer is not null && Shows(layer) is { } layout) return layout;
        return null;

        WeightLayout? Shows(LayerConfig layer) =>
            layer.Parts is null && layer.Layout is null
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
        if (Config.Positions is { } positions)
            yield return new ModelPart("position embeddings", -1, [$"{positions.Table.Name}.weight"]);
        if (Config.TokenTypes is { } types)
            yield return new ModelPart("embeddings of token types", -1, [$"{types.Name}.weight"]);
        if (Config.EmbeddingNorm is { } norm)
            yield return new ModelPart("norm of the embeddings", -1, Norms(norm));
        var beside = new[] { Config.TokenProjection, Config.EmbeddingProjection, Config.OutputProjection };
        foreach (var projection in beside.OfType<LayerConfig>())
            yield return new ModelPart("layers beside the blocks", -1, Layers(projection));
        for (var i = 0; i < Config.Blocks.Count; i++)
        {
            var (attention, perceptron) = Config.Blocks[i];
            string[] extras =
            [
                .. attention.RelativeBias is { } relative ? new[] { $"{relative.Name}.weight" } : [],
                .. attention.Sinks is { } sinks ? new[] { sinks } : [],
            ];
            yield return new ModelPart(
                "attention layers", i, [.. Layers(attention.Input), .. Layers(attention.Output), .. extras])
            {
                Note = " (head spectra)",
            };
            yield return perceptron is ExpertsConfig experts
                ? new ModelPart(
                    "experts", i,
                    [
                        .. Layers(experts.Router),
                        .. experts.Experts.SelectMany(one => Layers(one.Up).Concat(Layers(one.Down))).Distinct(),
                    ])
                : new ModelPart(
                    "MLP layers", i, [.. Layers(((MlpConfig)perceptron).Up), .. Layers(((MlpConfig)perceptron).Down)]);
            var norms = new[] { attention, (BranchConfig)perceptron }
                .SelectMany(branch => new[] { branch.NormBefore, branch.NormOutput, branch.NormAfter })
                .Concat([OneOf(attention.QueryNorm), OneOf(attention.KeyNorm)]);
            yield return new ModelPart("norms", i, Norms([.. norms]));
        }
        if (Config.FinalNorm is { } last) yield return new ModelPart("final norm", -1, Norms(last));
        var head = Config.TiedHead is false ? [$"{Config.Head.Name}.weight"] : Array.Empty<string>();
        if (Config.Head.Transform is { } transform)
            yield return new ModelPart(
                "masked-language-model head", -1,
                [.. Layers(transform.Layer), .. Norms(transform.Norm), .. head], Needed: false);
        else if (head.Length > 0)
            yield return new ModelPart("output head", -1, head);
        if (Config.Pooler is { } pooler)
            yield return new ModelPart("pooler", -1, Layers(pooler), Needed: false);

        string[] Layers(LayerConfig layer) =>
            layer.Slice is not null
                ? layer.Bias is true ? [layer.Name, $"{layer.Name}_bias"] : [layer.Name]
                :
                [
                    .. Stems(layer).SelectMany((stem, i) => (layer.Parts?[i].Bias ?? layer.Bias ?? biases)
                        ? new[] { $"{stem}.weight", $"{stem}.bias" }
                        : [$"{stem}.weight"]),
                ];

        string[] Norms(params NormConfig?[] norms) =>
        [
            .. norms.Where(norm => norm is { Weighted: true }).SelectMany(norm =>
                norm!.Kind == NormKind.Layer && (norm.Bias ?? biases)
                    ? new[] { $"{norm.Name}.weight", $"{norm.Name}.bias" }
                    : [$"{norm.Name}.weight"]),
        ];

        // A norm with a tensor for each head is asked for by its first.
        static NormConfig? OneOf(HeadNormConfig? norm) =>
            norm is { Scope: HeadNormScope.EachHeadOwnTensor }
                ? norm.Norm with { Name = $"{norm.Norm.Name}.norms.0" }
                : norm?.Norm;
    }

    private static IEnumerable<string> Stems(LayerConfig layer) =>
        layer.Parts is null ? [layer.Name] : layer.Parts.Select(part => $"{layer.Name}.{part.Name}");
}
