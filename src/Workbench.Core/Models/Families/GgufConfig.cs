using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;

namespace Workbench.Core.Models.Families;

/// <summary>The table of a GGUF file: its keys in the words of the family's own settings, and what llama.cpp's
/// converter has changed in the weights. Keys and tensors that are neither obeyed nor known to change nothing are
/// refused by name.</summary>
internal sealed class GgufConfig
{
    // Of bookkeeping, or of what is made of the states when the model is done.
    private static readonly string[] WithoutEffect = ["vocab_size", "pooling_type", "tensor_data_layout"];

    private readonly GgufFile file;
    private readonly string architecture;
    private readonly HashSet<string> taken = [];
    private readonly List<string> refusals = [];
    private readonly HashSet<string> used;

    private GgufConfig(GgufFile file, string architecture) =>
        (this.file, this.architecture, used) = (file, architecture, [.. file.Aliases.Values]);

    /// <summary>The table of a file.</summary>
    /// <exception cref="WeightFileException">The architecture is not known here, or a key that it needs is
    /// missing.</exception>
    public static TransformerConfig Read(GgufFile file)
    {
        if (file.Architecture is { } name && GgufNames.Architectures.Contains(name))
            return new GgufConfig(file, name).Read();
        throw new WeightFileException(
            FileProblem.UnsupportedObject, file.Path,
            (file.Architecture is { } other
                ? $"its architecture is \"{Excerpt.Of(other, 60)}\"; "
                : "says no general.architecture; ")
                + $"of GGUF files, models of {string.Join(", ", GgufNames.Architectures)} can be run.");
    }

    private TransformerConfig Read()
    {
        var settings = architecture switch
        {
            "gpt2" => Gpt2Settings(),
            "bert" => BertSettings(),
            _ => LlamaSettings(),
        };
        List<string> names = [.. file.Tensors.Select(info => info.Name), .. file.Aliases.Keys];
        var config = Family.Parse(JsonSerializer.Serialize(settings), file.Path, names);
        config = config with
        {
            // The converter turns GPT-2's layers round, so that all are stored as PyTorch's are.
            Layout = WeightLayout.OutputMajor,
            Blocks = [.. config.Blocks.Select(Block)],
            FinalNorm = Norm(config.FinalNorm),
        };
        return config with { Refusals = [.. config.Refusals, .. refusals.Distinct(), .. Left()] };
    }

    private Dictionary<string, object?> Settings(string type)
    {
        var settings = new Dictionary<string, object?>
        {
            ["model_type"] = type,
            ["hidden_size"] = Needed("embedding_length"),
            ["num_hidden_layers"] = Needed("block_count"),
            ["num_attention_heads"] = Needed("attention.head_count"),
            ["vocab_size"] = Rows("token_embd.weight"),
        };
        if (Whole("context_length") is { } length) settings["max_position_embeddings"] = length;
        if (Whole("expert_count") is > 0 and var experts) refusals.Add($"{architecture}.expert_count = {experts}");
        return settings;
    }

    private Dictionary<string, object?> Gpt2Settings()
    {
        var settings = Settings("gpt2");
        settings["max_position_embeddings"] = Rows("position_embd.weight");
        settings["n_inner"] = Needed("feed_forward_length");
        settings["layer_norm_epsilon"] = NeededNumber("attention.layer_norm_epsilon");
        return settings;
    }

    private Dictionary<string, object?> BertSettings()
    {
        var settings = Settings("bert");
        settings["max_position_embeddings"] = Rows("position_embd.weight");
        settings["type_vocab_size"] = Rows("token_types.weight");
        settings["intermediate_size"] = Needed("feed_forward_length");
        settings["layer_norm_eps"] = NeededNumber("attention.layer_norm_epsilon");
        if (Take("attention.causal") is not (null or false)) refusals.Add($"{architecture}.attention.causal = true");
        return settings;
    }

    private Dictionary<string, object?> LlamaSettings()
    {
        var settings = Settings(architecture == "gemma3" ? "gemma3_text" : architecture);
        var (width, heads, blocks) = (
            Needed("embedding_length"), Needed("attention.head_count"), Needed("block_count"));
        settings["intermediate_size"] = Needed("feed_forward_length");
        settings["num_key_value_heads"] = Whole("attention.head_count_kv") ?? heads;
        var own = Whole("attention.key_length");
        settings["head_dim"] = own;
        var headWidth = own ?? (heads > 0 ? width / heads : 0);
        if (Whole("attention.value_length") is { } value && value != headWidth)
            refusals.Add($"{architecture}.attention.value_length = {value} beside keys of {headWidth}");
        settings["rms_norm_eps"] = NeededNumber("attention.layer_norm_rms_epsilon");
        settings["rope_theta"] = Number("rope.freq_base") ?? 10_000;
        settings["tie_word_embeddings"] = !file.Contains("output.weight");
        if (architecture is "gemma2" or "gemma3" or "phi3" && Whole("attention.sliding_window") is { } window)
            settings["sliding_window"] = window > 0 ? window : null;
        if (architecture is "gemma2" or "gemma3")
        {
            // By its size alone llama.cpp knows the one model of each kind whose scores are scaled by another width.
            var largest = blocks == (architecture == "gemma2" ? 46 : 62);
            settings["query_pre_attn_scalar"] = largest && heads > 0 ? width / heads : headWidth;
        }
        if (architecture == "gemma3") settings["rope_local_base_freq"] = Number("rope.freq_base_swa") ?? 10_000;
        if (architecture == "gemma2")
            foreach (var cap in (string[])["attn_logit_softcapping", "final_logit_softcapping"])
                if (Number(cap) is { } said) settings[cap] = said;
        return settings;
    }

    private BlockConfig Block(BlockConfig block)
    {
        var attention = block.Attention;
        return block with
        {
            Attention = attention with
            {
                NormBefore = Norm(attention.NormBefore),
                NormOutput = Norm(attention.NormOutput),
                QueryNorm = Norm(attention.QueryNorm),
                KeyNorm = Norm(attention.KeyNorm),
                // Blocks of Gemma 3 with a window are never scaled.
                Rotary = attention.Rotary is { } rotary
                    ? Turning(rotary, scaled: architecture != "gemma3" || attention.Window is null)
                    : null,
            },
            FeedForward = block.FeedForward switch
            {
                MlpConfig mlp => mlp with { NormBefore = Norm(mlp.NormBefore), NormOutput = Norm(mlp.NormOutput) },
                var other => other,
            },
        };
    }

    private HeadNormConfig? Norm(HeadNormConfig? norm) => norm is null ? null : norm with { Norm = Norm(norm.Norm)! };

    /// <summary>The converter has added the 1 of Gemma's gains.</summary>
    private static NormConfig? Norm(NormConfig? norm) =>
        norm is { Kind: NormKind.RootMeanSquareOfOnePlus } ? norm with { Kind = NormKind.RootMeanSquare } : norm;

    private RotaryConfig Turning(RotaryConfig rotary, bool scaled)
    {
        var width = Whole("rope.dimension_count") ?? rotary.Width;
        if (width % 2 != 0 || width > rotary.Width || width == 0)
            throw Malformed("rope.dimension_count", $"an even number up to {rotary.Width}");
        return rotary with
        {
            Width = width,
            // The rows of Llama's queries and keys were put into another order, in which neighbours are pairs.
            Pairing = architecture == "llama" ? RotaryPairing.Neighbours : RotaryPairing.Halves,
            Scaling = scaled ? Scaling(width / 2) : null,
        };
    }

    private RotaryScaling? Scaling(int pairs)
    {
        var type = Take("rope.scaling.type") as string ?? "linear";
        var factor = Number("rope.scaling.factor") ?? Number("rope.scale_linear") ?? 0;
        var original = Whole("rope.scaling.original_context_length");
        var stretch = Number("rope.scaling.attn_factor") ?? 1;
        Take("rope.scaling.finetuned"); // says only that the model was trained so
        if (Divisors("rope_freqs.weight", pairs) is { } divisors)
        {
            if (factor is not (0 or 1) || stretch != 1) refusals.Add("rope.scaling beside rope_freqs.weight");
            return new LongRopeScaling(divisors, divisors, 1, 1);
        }
        if (Divisors("rope_factors_short.weight", pairs) is { } near
            && Divisors("rope_factors_long.weight", pairs) is { } far)
            return new LongRopeScaling(
                near, far, original ?? throw Malformed("rope.scaling.original_context_length", "a length"), stretch);
        if (type == "yarn" && factor > 0)
            return new YarnScaling(factor, original ?? Needed("context_length"))
            {
                Attention = stretch * YarnScaling.StretchOf(factor, 1),
            };
        if (type is not ("none" or "linear") && factor is not (0 or 1))
            refusals.Add($"rope.scaling.type = {Excerpt.Of(type, 60)}");
        if (stretch != 1) refusals.Add($"rope.scaling.attn_factor = {stretch}");
        return type == "linear" && factor is not (0 or 1) ? new LinearScaling(factor) : null;
    }

    private double[]? Divisors(string tensor, int pairs)
    {
        if (!file.Contains(tensor)) return null;
        used.Add(tensor);
        var divisors = file.ReadVector(tensor);
        return divisors.Length == pairs && divisors.All(divisor => float.IsFinite(divisor) && divisor > 0)
            ? Array.ConvertAll(divisors, divisor => (double)divisor)
            : throw new WeightFileException(
                FileProblem.Malformed, file.Path,
                $"should hold {pairs} numbers above 0, one for each pair of places that turns.", tensor);
    }

    private IEnumerable<string> Left() =>
        file.Values.Keys
            .Where(key => key.StartsWith($"{architecture}.", StringComparison.Ordinal)
                && key[(architecture.Length + 1)..] is var name
                && !taken.Contains(name) && !WithoutEffect.Contains(name))
            .Select(key => $"{Excerpt.Of(key, 60)} = {Excerpt.Of(file.Metadata[key], 60)}")
            .Concat(file.Tensors
                .Where(info => !used.Contains(info.Name))
                .Select(info => $"the tensor {Excerpt.Of(info.Name, 60)}"));

    private int Rows(string tensor) => file.Find(tensor).Shape is { Rank: 2 } shape && shape[0] <= int.MaxValue
        ? (int)shape[0]
        : throw new WeightFileException(FileProblem.Malformed, file.Path, "should be a matrix.", tensor);

    private object? Take(string name)
    {
        taken.Add(name);
        return file.Values.GetValueOrDefault($"{architecture}.{name}");
    }

    private int Needed(string name) => Whole(name) ?? throw Malformed(name, "a whole number");

    private double NeededNumber(string name) => Number(name) ?? throw Malformed(name, "a number");

    private int? Whole(string name) => Take(name) switch
    {
        null => null,
        byte value => value,
        ushort value => value,
        uint and <= int.MaxValue and var value => (int)value,
        int and >= 0 and var value => value,
        ulong and <= int.MaxValue and var value => (int)value,
        long and >= 0 and <= int.MaxValue and var value => (int)value,
        _ => throw Malformed(name, "one whole number of at least 0"),
    };

    /// <summary>A number; one that is stored in single precision as the shortest decimal that gives it, which is what
    /// the model's own settings said.</summary>
    private double? Number(string name) => Take(name) switch
    {
        null => null,
        float value when float.IsFinite(value) => double.Parse(
            value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        double value when double.IsFinite(value) => value,
        _ => Whole(name),
    };

    private WeightFileException Malformed(string name, string wanted)
    {
        var key = $"{architecture}.{name}";
        return new WeightFileException(
            FileProblem.Malformed, file.Path,
            $"the key {key} should be {wanted}, but "
                + (file.Metadata.TryGetValue(key, out var said) ? $"is {Excerpt.Of(said, 60)}." : "is not there."));
    }
}
