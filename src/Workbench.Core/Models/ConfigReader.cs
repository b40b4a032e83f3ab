using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;
using Workbench.Core.Hub;

namespace Workbench.Core.Models;

/// <summary>
/// A model's settings, each taken once by name; what is left over at the end and is not known to leave the forward pass
/// alone is refused.
/// </summary>
internal sealed class ConfigReader
{
    // Settings of training, of generation, of heads that are not run here, or of bookkeeping; a name that begins with
    // an underscore is bookkeeping by the library's own custom.
    private static readonly HashSet<string> WithoutEffect =
    [
        "activation_dropout",
        "architectures",
        "attention_dropout",
        "attention_probs_dropout_prob",
        "attn_implementation",
        "attn_pdrop",
        "author",
        "auto_map",
        "bad_words_ids",
        "base_model",
        "begin_suppress_tokens",
        "bos_token_id",
        "cache_implementation",
        "chunk_size_feed_forward",
        "classifier_dropout",
        "classifier_dropout_prob",
        "cls_token_id",
        "cross_attention_hidden_size",
        "datasets",
        "decoder_start_token_id",
        "description",
        "directionality",
        "diversity_penalty",
        "do_sample",
        "dropout",
        "dtype",
        "early_stopping",
        "emb_pdrop",
        "embd_pdrop",
        "embed_dropout",
        "embedding_dropout",
        "encoder_no_repeat_ngram_size",
        "eos_token_id",
        "exponential_decay_length_penalty",
        "finetuning_task",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "gradient_checkpointing",
        "hidden_dropout",
        "hidden_dropout_prob",
        "id2label",
        "init_std",
        "initializer_cutoff_factor",
        "initializer_factor",
        "initializer_range",
        "label2id",
        "language",
        "layerdrop",
        "length_penalty",
        "library_name",
        "license",
        "mask_token_id",
        "max_length",
        "max_sequence_length",
        "metrics",
        "min_length",
        "mlp_dropout",
        "model_max_length",
        "model_name",
        "name",
        "no_repeat_ngram_size",
        "num_beam_groups",
        "num_beams",
        "num_labels",
        "num_return_sequences",
        "output_attentions",
        "output_hidden_states",
        "output_past",
        "output_router_logits",
        "output_scores",
        "pad_token_id",
        "pipeline_tag",
        "pooler_fc_size",
        "pooler_num_attention_heads",
        "pooler_num_fc_layers",
        "pooler_size_per_head",
        "pooler_type",
        "predict_special_tokens",
        "prefix",
        "pretraining_tp",
        "problem_type",
        "qa_dropout",
        "remove_invalid_values",
        "repetition_penalty",
        "resid_dropout",
        "resid_pdrop",
        "residual_dropout",
        "return_dict",
        "return_dict_in_generate",
        "router_aux_loss_coef",
        "router_jitter_noise",
        "sentence_transformers",
        "sep_token_id",
        "seq_classif_dropout",
        "summary_activation",
        "summary_first_dropout",
        "summary_last_dropout",
        "summary_proj_to_labels",
        "summary_type",
        "summary_use_proj",
        "suppress_tokens",
        "tags",
        "task_specific_params",
        "temperature",
        "tf_legacy_loss",
        "tokenizer_class",
        "top_k",
        "top_p",
        "torch_dtype",
        "torchscript",
        "transformers.js_config",
        "transformers_version",
        "typical_p",
        "unk_token_id",
        "unsloth_fixed",
        "unsloth_version",
        "url",
        "use_bfloat16",
        "use_cache",
        "use_return_dict",
        "version",
        "xla_device",
    ];

    // Of blocks and experts. The deepest models that are published have some 130 blocks, the widest some 400 experts;
    // two thousand million of them, which a file can say in ten bytes, no table can list.
    private const int MostListed = 1_000;

    private static readonly HashSet<string> Listed =
        ["num_hidden_layers", "num_local_experts", "num_hidden_groups", "inner_group_num"];

    // Families call the same things by several names, and files of one family may bear another's.
    private static readonly Dictionary<string, string> OtherNames = new()
    {
        ["n_layer"] = "num_hidden_layers",
        ["num_layers"] = "num_hidden_layers",
        ["n_layers"] = "num_hidden_layers",
        ["n_head"] = "num_attention_heads",
        ["num_heads"] = "num_attention_heads",
        ["n_heads"] = "num_attention_heads",
        ["n_embd"] = "hidden_size",
        ["n_embed"] = "hidden_size",
        ["d_model"] = "hidden_size",
        ["dim"] = "hidden_size",
        ["n_positions"] = "max_position_embeddings",
        ["max_seq_len"] = "max_position_embeddings",
        ["num_experts"] = "num_local_experts",
        ["experts_per_token"] = "num_experts_per_tok",
        ["rotary_emb_base"] = "rope_theta",
        ["global_rope_theta"] = "rope_theta",
        ["rope_local_base_freq"] = "local_rope_theta",
        ["rotary_pct"] = "partial_rotary_factor",
    };

    private readonly Dictionary<string, JsonElement> settings = [];
    private readonly HashSet<string> spelt = [];
    private readonly Dictionary<string, string> written = []; // the name that the text has for it
    private readonly HashSet<string> taken = [];
    private readonly List<string> refusals;
    private readonly IReadOnlyCollection<string> tensors;
    private readonly string source;
    private readonly string within;

    /// <param name="json">A JSON object.</param>
    /// <param name="source">The file, for messages.</param>
    /// <param name="tensors">The names of the checkpoint's tensors.</param>
    public ConfigReader(string json, string source, IReadOnlyCollection<string>? tensors = null)
    {
        (this.source, this.tensors, refusals, within) = (source, tensors ?? [], [], "");
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var entry in document.RootElement.EnumerateObject()) Add(entry);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new WeightFileException(
                FileProblem.Malformed, source, $"not a JSON object of settings: {JsonFault.Of(error)}.");
        }
    }

    private ConfigReader(ConfigReader outer, string name, JsonElement inner)
    {
        (source, tensors, refusals) = (outer.source, outer.tensors, outer.refusals);
        within = $"{outer.within}{name}.";
        foreach (var entry in inner.EnumerateObject()) Add(entry);
    }

    /// <summary>A configuration from the config.json in a checkpoint's folder.</summary>
    public static T Beside<T>(TensorFile file, Func<string, string, T> parse)
    {
        var path = Path.Combine(Checkpoint.FolderOf(file.Path), ModelFiles.Config);
        return File.Exists(path)
            ? parse(OrdinaryFile.ReadAllText(path), path)
            : throw new WeightFileException(
                FileProblem.MissingFile,
                path,
                $"is not there, and {file.Path} does not say by itself how many heads its model has; put the model's "
                    + "config.json beside it."
            );
    }

    /// <summary>Whether a setting is there and not null.</summary>
    public bool Has(string name) =>
        settings.TryGetValue(Known(name), out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>Whether a setting is there and null, which where a family says so is not the default.</summary>
    public bool IsNull(string name) =>
        settings.TryGetValue(Known(name), out var value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>Whether the checkpoint has a tensor of this name, whatever stands before it.</summary>
    public bool HasTensor(string name) =>
        tensors.Any(tensor => tensor == name || tensor.EndsWith($".{name}", StringComparison.Ordinal));

    /// <summary>A whole number of at least 1.</summary>
    public int Count(string name, int otherwise) => Count(name) ?? otherwise;

    /// <summary>A whole number of at least 1, or null where the setting is absent.</summary>
    /// <remarks>Of what a table lists one by one there are at most <see cref="MostListed"/>.</remarks>
    public int? Count(string name) =>
        Take(name) is not { } value ? null
        : value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out var number) || number < 1
            ? throw Wrong(name, "a whole number of at least 1", value)
        : number > MostListed && Listed.Contains(Known(name))
            ? throw Wrong(name, $"at most {MostListed}", value)
        : number;

    /// <summary>A whole number of at least 0, such as a token's id.</summary>
    public int Whole(string name, int otherwise) =>
        Take(name) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 ? number
        : throw Wrong(name, "a whole number of at least 0", value);

    /// <summary>A finite number.</summary>
    public double Number(string name, double otherwise) => Number(name) ?? otherwise;

    /// <summary>A finite number, or null where the setting is absent.</summary>
    public double? Number(string name) =>
        Take(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble()) ? value.GetDouble()
        : throw Wrong(name, "a number", value);

    /// <summary>A finite number above 0, or null where the setting is absent.</summary>
    public double? Positive(string name) =>
        Number(name) is not <= 0 and var number ? number
        : throw Wrong(name, "a number above 0", settings[Known(name)]);

    /// <summary>What a norm adds to the variance: a finite number of at least 0, since a root of less is
    /// none.</summary>
    public double Epsilon(string name, double otherwise) =>
        Number(name, otherwise) is >= 0 and var number ? number
        : throw Wrong(name, "a number of at least 0", settings[Known(name)]);

    /// <summary>A truth value, or null where the setting is absent.</summary>
    public bool? Truth(string name) => Take(name) is not { } value ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(name, "true or false", value),
    };

    /// <summary>A text.</summary>
    public string Text(string name, string otherwise) =>
        Take(name) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw Wrong(name, "a text", value);

    /// <summary>Takes settings that change nothing in the forward pass.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) Take(name);
    }

    /// <summary>A list of texts, or null where the setting is absent.</summary>
    public string[]? Texts(string name) =>
        List(name, "a list of texts", JsonValueKind.String, element => element.GetString()!);

    /// <summary>A list of numbers, or null where the setting is absent.</summary>
    public double[]? Numbers(string name) =>
        List(name, "a list of numbers", JsonValueKind.Number, element => element.GetDouble());

    /// <summary>The settings within a setting, or null where that is absent. They end with
    /// <see cref="FinishInner"/>.</summary>
    public ConfigReader? Object(string name) =>
        Take(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new ConfigReader(this, name, value)
        : throw Wrong(name, "an object of settings", value);

    /// <summary>What a setting says as JSON, for shapes of one family's own; null where it is absent.</summary>
    public JsonElement? Json(string name) => Take(name);

    /// <summary>Refuses what the other methods cannot know to be wrong.</summary>
    /// <param name="name">The setting, which is there.</param>
    /// <param name="why">What to say behind its value.</param>
    public void Refuse(string name, string? why = null) => Refuse(name, settings[Known(name)], why);

    /// <summary>The activation of a name; one that is not known is refused.</summary>
    public Activation Activation(string name, string otherwise)
    {
        var text = Text(name, otherwise);
        if (Activations.Named(text) is { } known) return known;
        refusals.Add(
            $"{within}{Written(name)} \"{Excerpt.Of(text, 60)}\" (known are gelu_new, gelu, quick_gelu, relu, relu2 "
                + "and silu)");
        return default;
    }

    /// <summary>Refuses the setting unless it is absent, null (which everywhere means the default), or has the value of
    /// this JSON, however it is spelt.</summary>
    public void Only(string name, string json)
    {
        using var wanted = JsonDocument.Parse(json);
        if (Take(name) is { } value && !JsonElement.DeepEquals(value, wanted.RootElement)) Refuse(name, value);
    }

    /// <summary>The first of a list of texts, or null where the setting is absent or is no such list.</summary>
    public string? FirstText(string name) =>
        Take(name) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0
        && list[0].ValueKind == JsonValueKind.String
            ? list[0].GetString()
            : null;

    /// <summary>All refusals, after every setting that is known has been taken.</summary>
    public IReadOnlyList<string> Finish()
    {
        FinishInner();
        return [.. refusals.Distinct()]; // a setting that is taken for two kinds of blocks is refused once
    }

    /// <summary>Refuses what of the settings within a setting was not taken.</summary>
    public void FinishInner()
    {
        foreach (var (name, value) in settings)
            if (Has(name) && !taken.Contains(name) && !WithoutEffect.Contains(name) && !name.StartsWith('_'))
                Refuse(name, value);
    }

    private static string Known(string name) => OtherNames.GetValueOrDefault(name, name);

    private string Written(string name) => Excerpt.Of(written.GetValueOrDefault(Known(name), name), 60);

    private void Add(JsonProperty entry)
    {
        if (!spelt.Add(entry.Name))
            throw new WeightFileException(
                FileProblem.Malformed, source, $"\"{within}{Excerpt.Of(entry.Name, 60)}\" stands there twice.");
        var (name, value) = (Known(entry.Name), entry.Value.Clone());
        if (settings.TryGetValue(name, out var other) && !JsonElement.DeepEquals(value, other))
            refusals.Add(
                $"{within}{Excerpt.Of(entry.Name, 60)} {Excerpt.Of(value.GetRawText(), 60)} beside another value of "
                    + "the same setting under another name");
        (settings[name], written[name]) = (value, entry.Name);
    }

    private void Refuse(string name, JsonElement value, string? why = null)
    {
        var text = value.GetRawText();
        refusals.Add($"{within}{Written(name)} {Excerpt.Of(text, 60)}{(why is null ? "" : $" ({why})")}");
    }

    private JsonElement? Take(string name)
    {
        taken.Add(Known(name));
        return Has(name) ? settings[Known(name)] : null;
    }

    private T[]? List<T>(string name, string wanted, JsonValueKind kind, Func<JsonElement, T> read) =>
        Take(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(element => element.ValueKind == kind)
            ? [.. value.EnumerateArray().Select(read)]
            : throw Wrong(name, wanted, value);

    private WeightFileException Wrong(string name, string wanted, JsonElement value) =>
        new(FileProblem.Malformed, source,
            $"{within}{Written(name)} should be {wanted}, but is {Excerpt.Of(value.GetRawText(), 60)}.");
}
