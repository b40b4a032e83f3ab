using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>
/// The weights of a GPT-2-shaped model by what they are for, read from a checkpoint of any of the usual shapes: with or
/// without
/// <c>transformer.</c> and <c>_orig_mod.</c> before the names, layers as [inputs, outputs] (GPT-2's Conv1D) or
/// [outputs, inputs]
/// (nanoGPT's Linear), head tied or of its own, with or without biases, in any float type.
/// </summary>
/// <remarks>
/// Nothing is read before it is asked for, so that a partial checkpoint opens and gives what it has; a part whose
/// tensors are absent
/// throws a <see cref="WeightFileException"/> that says what is missing and what is there. What has been read is kept;
/// float32 stays in the
/// mapped file. The file belongs to the caller and must stay open.
/// </remarks>
public sealed class Gpt2Weights
{
    private const string Head = "lm_head.weight";
    private readonly NamedTensors tensors;
    private readonly WeightLayout layout;
    private readonly bool biases;
    private readonly ConcurrentDictionary<string, object> read = [];

    /// <summary>Weights by the tensors of a file; only their names and shapes are looked at.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="config">The model's settings.</param>
    /// <exception cref="WeightFileException">Two tensors of the file bear the same name but for a prefix.</exception>
    public Gpt2Weights(TensorFile file, Gpt2Config config)
    {
        Config = config;
        tensors = new NamedTensors(file, ["model.", "_orig_mod.", "module.", "transformer."], Parts);
        layout = FindLayout();
        biases =
            config.Biases
            ?? (
                !tensors.Names.Any()
                || tensors.Names.Any(name => name.EndsWith(".bias", StringComparison.Ordinal) && !IsMask(name))
            );
    }

    /// <summary>The model's settings.</summary>
    public Gpt2Config Config { get; }

    /// <summary>The settings with what the file decides filled in: how its layers are stored, whether they have biases,
    /// whether the head is tied.</summary>
    public Gpt2Config Stored =>
        Config with
        {
            Layout = layout,
            Biases = biases,
            TiedHead = Config.TiedHead ?? !tensors.Contains(Head),
        };

    /// <summary>The file that the weights are in.</summary>
    public string Path => tensors.File.Path;

    /// <summary>W_E, one row per token: [vocabulary, d].</summary>
    public Matrix TokenEmbeddings =>
        Once("wte", () => tensors.Matrix("wte.weight", Config.VocabularySize, Config.Width, "the token embeddings"));

    /// <summary>One row per position: [positions, d].</summary>
    public Matrix PositionEmbeddings =>
        Once("wpe", () => tensors.Matrix("wpe.weight", Config.Positions, Config.Width, "the position embeddings"));

    /// <summary>The normalisation before the output head.</summary>
    public Norm FinalNorm => Once("ln_f", () => Norm("ln_f", "the final norm"));

    /// <summary>The output head without bias: logits are x·W_U with W_U [d, vocabulary], stored with one row per
    /// token.</summary>
    /// <exception cref="WeightFileException">Absent; or the settings say that the head is tied, but the file has one of
    /// its own with other numbers.</exception>
    public Linear Unembedding => Once("head", ReadHead);

    /// <summary>Which parts of the model the file holds whole, in words.</summary>
    public string Inventory => tensors.Inventory();

    /// <summary>The tensors that the whole model needs and the file does not have, by GPT-2's own names.</summary>
    public IReadOnlyList<string> Missing => [.. tensors.Missing()];

    /// <summary>A tensor as it is stored; a vector is one row. Embeddings are read once, others each time they are
    /// asked for.</summary>
    /// <param name="name">GPT-2's own name, such as <c>h.0.attn.c_attn.weight</c>, whatever stands before it in the
    /// file.</param>
    /// <exception cref="WeightFileException">Absent.</exception>
    public Matrix Tensor(string name) => name switch
    {
        "wte.weight" => TokenEmbeddings,
        "wpe.weight" => PositionEmbeddings,
        _ => tensors.Stored(name, "the whole model"),
    };

    /// <summary>The attention layers of a block, and through them each head's factor matrices.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    /// <exception cref="WeightFileException">Its tensors are absent or of another shape.</exception>
    public AttentionWeights Attention(int block) => Once($"{Name(block)}.attn", () =>
    {
        var (d, part) = (Config.Width, $"the attention layers of block {block}");
        var all = Layer($"h.{block}.attn.c_attn", d, 3 * d, part);
        return new AttentionWeights(all.Slice(0, d), all.Slice(d, d), all.Slice(2 * d, d),
            Layer($"h.{block}.attn.c_proj", d, d, part), Config.Heads, Config.AttentionScale(block));
    });

    /// <summary>The MLP of a block.</summary>
    /// <param name="block">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block.</exception>
    /// <exception cref="WeightFileException">Its tensors are absent or of another shape.</exception>
    public MlpWeights Mlp(int block) => Once($"{Name(block)}.mlp", () =>
    {
        var part = $"the MLP layers of block {block}";
        return new MlpWeights(Layer($"h.{block}.mlp.c_fc", Config.Width, Config.InnerWidth, part),
            Layer($"h.{block}.mlp.c_proj", Config.InnerWidth, Config.Width, part), Config.Activation);
    });

    /// <summary>The normalisation of what a block's attention reads.</summary>
    /// <param name="block">From 0.</param>
    public Norm AttentionNorm(int block) =>
        Once($"{Name(block)}.ln_1", () => Norm($"h.{block}.ln_1", $"the norms of block {block}"));

    /// <summary>The normalisation of what a block's MLP reads.</summary>
    /// <param name="block">From 0.</param>
    public Norm MlpNorm(int block) =>
        Once($"{Name(block)}.ln_2", () => Norm($"h.{block}.ln_2", $"the norms of block {block}"));

    /// <summary>Refuses to run a model that has settings which are not supported.</summary>
    internal void CheckSupported()
    {
        if (Config.Refusals is { Count: > 0 } refusals)
            throw new NotSupportedException(
                $"{Path}: the forward pass does not support {string.Join(", ", refusals)}. Embeddings and head matrices can still be read."
            );
    }

    // Older checkpoints store the causal mask under the attention's name.
    private static bool IsMask(string name) => name.EndsWith(".attn.bias", StringComparison.Ordinal);

    private T Once<T>(string key, Func<T> make) where T : class => (T)read.GetOrAdd(key, _ => make());

    private string Name(int block) =>
        (uint)block < (uint)Config.Blocks
            ? $"h.{block}"
            : throw new ArgumentOutOfRangeException(
                nameof(block), block, $"The model has blocks 0 to {Config.Blocks - 1}.");

    private Norm Norm(string name, string part) =>
        new(tensors.Vector($"{name}.weight", Config.Width, part), Bias(name, Config.Width, part), Config.NormEpsilon);

    private Linear Layer(string name, int inputs, int outputs, string part) =>
        new(layout == WeightLayout.InputMajor
                ? tensors.Matrix($"{name}.weight", inputs, outputs, part)
                : tensors.Matrix($"{name}.weight", outputs, inputs, part),
            layout, Bias(name, outputs, part));

    private float[]? Bias(string name, int length, string part) =>
        biases ? tensors.Vector($"{name}.bias", length, part) : null;

    private Linear ReadHead()
    {
        var has = tensors.Contains(Head);
        if (!has && Config.TiedHead is not false) return new Linear(TokenEmbeddings, WeightLayout.OutputMajor);
        var own = tensors.Matrix(Head, Config.VocabularySize, Config.Width, "the logits");
        if (Config.TiedHead is true && tensors.Contains("wte.weight"))
            for (var row = 0; row < own.Rows; row++)
                if (!own.Row(row).SequenceEqual(TokenEmbeddings.Row(row)))
                    throw new WeightFileException(
                        FileProblem.OutOfBounds,
                        Path,
                        $"differs from wte.weight at token {row}, but the configuration says tie_word_embeddings; set that to false to use this head.",
                        Head
                    );
        return new Linear(own, WeightLayout.OutputMajor);
    }

    // A square matrix does not show which way round it is, but a file is of one kind throughout.
    private WeightLayout FindLayout()
    {
        for (var block = 0; block < Config.Blocks; block++)
        {
            if (Shows($"h.{block}.attn.c_attn.weight", 3 * Config.Width) is { } byAttention) return byAttention;
            if (Shows($"h.{block}.mlp.c_fc.weight", Config.InnerWidth) is { } byMlp) return byMlp;
        }
        return Config.Layout;

        WeightLayout? Shows(string name, int outputs) =>
            tensors.TryFind(name)?.Shape is { Rank: 2 } shape && shape[0] != shape[1]
                ? shape == new Shape(Config.Width, outputs)
                    ? WeightLayout.InputMajor
                    : shape == new Shape(outputs, Config.Width)
                        ? WeightLayout.OutputMajor
                        : null
                : null;
    }

    private IEnumerable<(string Part, int Block, string[] Names)> Parts()
    {
        yield return ("token embeddings", -1, ["wte.weight"]);
        yield return ("position embeddings", -1, ["wpe.weight"]);
        for (var block = 0; block < Config.Blocks; block++)
        {
            yield return (
                "attention layers (head spectra)", block, Names($"h.{block}.attn.c_attn", $"h.{block}.attn.c_proj"));
            yield return ("MLP layers", block, Names($"h.{block}.mlp.c_fc", $"h.{block}.mlp.c_proj"));
            yield return ("norms", block, Names($"h.{block}.ln_1", $"h.{block}.ln_2"));
        }
        yield return ("final norm", -1, Names("ln_f"));
        if (Config.TiedHead is false) yield return ("output head", -1, [Head]);

        string[] Names(params string[] layers) =>
            [
                .. layers.SelectMany(layer =>
                    biases ? new[] { $"{layer}.weight", $"{layer}.bias" } : [$"{layer}.weight"]
                ),
            ];
    }
}
