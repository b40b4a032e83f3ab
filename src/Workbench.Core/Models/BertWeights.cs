using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// The weights of a BERT-shaped encoder by what they are for, read from a checkpoint with or without <c>bert.</c>
/// before the names, with layer
/// norms called weight and bias or, as in the first conversions from TensorFlow, gamma and beta, in any float type.
/// </summary>
/// <remarks>
/// Nothing is read before it is asked for, so that a partial checkpoint opens and gives what it has; a part whose
/// tensors are absent
/// throws a <see cref="WeightFileException"/> that says what is missing and what is there. What has been read is kept;
/// float32 stays in the
/// mapped file. The file belongs to the caller and must stay open.
/// </remarks>
public sealed class BertWeights
{
    private const string Head = "cls.predictions";
    private readonly NamedTensors tensors;
    private readonly ConcurrentDictionary<string, object> read = [];

    /// <summary>Weights by the tensors of a file; only their names and shapes are looked at.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="config">The model's settings.</param>
    /// <exception cref="WeightFileException">Two tensors of the file bear the same name but for a prefix.</exception>
    public BertWeights(TensorFile file, BertConfig config)
    {
        Config = config;
        tensors = new NamedTensors(file, ["model.", "_orig_mod.", "module.", "bert."], Parts);
    }

    /// <summary>The model's settings.</summary>
    public BertConfig Config { get; }

    /// <summary>The file that the weights are in.</summary>
    public string Path => tensors.File.Path;

    /// <summary>One row per token: [vocabulary, d].</summary>
    public Matrix TokenEmbeddings => Embeddings("word", Config.VocabularySize, "the token embeddings");

    /// <summary>One row per position: [positions, d].</summary>
    public Matrix PositionEmbeddings => Embeddings("position", Config.Positions, "the position embeddings");

    /// <summary>One row per token type: [types, d].</summary>
    public Matrix TypeEmbeddings => Embeddings("token_type", Config.TokenTypes, "the token types' embeddings");

    /// <summary>The normalisation of the summed embeddings.</summary>
    public Norm EmbeddingNorm =>
        Once("embeddings.LayerNorm", () => Norm("embeddings.LayerNorm", "the embeddings' norm"));

    /// <summary>What comes before the softmax over the first token in classifiers: d to d, then tanh.</summary>
    public Linear Pooler => Once("pooler", () => Layer("pooler.dense", Config.Width, Config.Width, "the pooler"));

    /// <summary>Whether the file has a pooler.</summary>
    public bool HasPooler => tensors.Contains("pooler.dense.weight");

    /// <summary>Whether the file has a masked-language-model head.</summary>
    public bool HasHead => tensors.Contains($"{Head}.transform.dense.weight");

    /// <summary>The first layer of the masked-language-model head: d to d, then the activation and
    /// <see cref="HeadNorm"/>.</summary>
    public Linear HeadTransform => Once($"{Head}.transform", () =>
        Layer($"{Head}.transform.dense", Config.Width, Config.Width, "the masked-language-model head's layers"));

    /// <summary>The normalisation within the masked-language-model head.</summary>
    public Norm HeadNorm =>
        Once($"{Head}.norm", () => Norm($"{Head}.transform.LayerNorm", "the masked-language-model head's layers"));

    /// <summary>The last layer of the masked-language-model head: d to the vocabulary, with one bias per
    /// token.</summary>
    public Linear Unembedding => Once(Head, ReadHead);

    /// <summary>Which parts of the model the file holds whole, in words.</summary>
    public string Inventory => tensors.Inventory();

    /// <summary>The tensors that the encoder needs and the file does not have, by BERT's own names; pooler and output
    /// head are not counted.</summary>
    public IReadOnlyList<string> Missing => [.. tensors.Missing()];

    /// <summary>The attention layers of a block, and through them each head's factor matrices.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    /// <exception cref="WeightFileException">Its tensors are absent or of another shape.</exception>
    public AttentionWeights Attention(int block) =>
        Once(
            $"{Name(block)}.attention",
            () =>
            {
                var (d, part) = (Config.Width, $"the attention layers of block {block}");
                return new AttentionWeights(
                    Layer($"{Name(block)}.attention.self.query", d, d, part),
                    Layer($"{Name(block)}.attention.self.key", d, d, part),
                    Layer($"{Name(block)}.attention.self.value", d, d, part),
                    Layer($"{Name(block)}.attention.output.dense", d, d, part), Config.Heads,
                    (float)(1 / Math.Sqrt(Config.HeadWidth)));
            }
        );

    /// <summary>The MLP of a block.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    /// <exception cref="WeightFileException">Its tensors are absent or of another shape.</exception>
    public MlpWeights Mlp(int block) => Once($"{Name(block)}.mlp", () =>
    {
        var part = $"the MLP layers of block {block}";
        return new MlpWeights(Layer($"{Name(block)}.intermediate.dense", Config.Width, Config.InnerWidth, part),
            Layer($"{Name(block)}.output.dense", Config.InnerWidth, Config.Width, part), Config.Activation);
    });

    /// <summary>The normalisation of the stream after a block's attention was added.</summary>
    /// <param name="block">From 0.</param>
    public Norm AttentionNorm(int block) =>
        Once(
            $"{Name(block)}.ln_1",
            () => Norm($"{Name(block)}.attention.output.LayerNorm", $"the norms of block {block}"));

    /// <summary>The normalisation of the stream after a block's MLP was added.</summary>
    /// <param name="block">From 0.</param>
    public Norm MlpNorm(int block) =>
        Once($"{Name(block)}.ln_2", () => Norm($"{Name(block)}.output.LayerNorm", $"the norms of block {block}"));

    private T Once<T>(string key, Func<T> make) where T : class => (T)read.GetOrAdd(key, _ => make());

    private string Name(int block) =>
        (uint)block < (uint)Config.Blocks
            ? $"encoder.layer.{block}"
            : throw new ArgumentOutOfRangeException(
                nameof(block), block, $"The model has blocks 0 to {Config.Blocks - 1}.");

    private Matrix Embeddings(string kind, int rows, string part) =>
        Once(kind, () => tensors.Matrix($"embeddings.{kind}_embeddings.weight", rows, Config.Width, part));

    private Norm Norm(string name, string part) =>
        new(
            tensors.Vector($"{name}.weight", Config.Width, part), tensors.Vector($"{name}.bias", Config.Width, part),
            Config.NormEpsilon);

    private Linear Layer(string name, int inputs, int outputs, string part) =>
        new(
            tensors.Matrix($"{name}.weight", outputs, inputs, part), WeightLayout.OutputMajor,
            tensors.Vector($"{name}.bias", outputs, part));

    private Linear ReadHead()
    {
        const string part = "the masked-language-model head's logits";
        var own = $"{Head}.decoder.weight";
        var weight = Config.TiedHead is false || Config.TiedHead is null && tensors.Contains(own)
            ? tensors.Matrix(own, Config.VocabularySize, Config.Width, part)
            : TokenEmbeddings;
        var bias = tensors.Contains($"{Head}.bias") ? $"{Head}.bias" : $"{Head}.decoder.bias";
        return new Linear(weight, WeightLayout.OutputMajor, tensors.Vector(bias, Config.VocabularySize, part));
    }

    private IEnumerable<(string Part, int Block, string[] Names)> Parts()
    {
        yield return ("token embeddings", -1, ["embeddings.word_embeddings.weight"]);
        yield return ("position embeddings", -1, ["embeddings.position_embeddings.weight"]);
        yield return ("the token types' embeddings", -1, ["embeddings.token_type_embeddings.weight"]);
        yield return ("the embeddings' norm", -1, Names("embeddings.LayerNorm"));
        for (var block = 0; block < Config.Blocks; block++)
        {
            var layer = Name(block);
            yield return (
                "attention layers (head spectra)",
                block,
                Names(
                    $"{layer}.attention.self.query", $"{layer}.attention.self.key", $"{layer}.attention.self.value",
                    $"{layer}.attention.output.dense")
            );
            yield return ("MLP layers", block, Names($"{layer}.intermediate.dense", $"{layer}.output.dense"));
            yield return ("norms", block, Names($"{layer}.attention.output.LayerNorm", $"{layer}.output.LayerNorm"));
        }

        static string[] Names(params string[] layers) =>
            [.. layers.SelectMany(layer => new[] { $"{layer}.weight", $"{layer}.bias" })];
    }
}
