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
        "architectures",
        "attention_dropout",
        "attention_probs_dropout_prob",
        "attn_pdrop",
        "author",
        "bad_words_ids",
        "base_model",
        "begin_suppress_tokens",
        "bos_token_id",
        "chunk_size_feed_forward",
        "classifier_dropout",
        "cls_token_id",
        "datasets",
        "decoder_start_token_id",
        "description",
        "directionality",
        "diversity_penalty",
        "do_sample",
        "dropout",
        "dtype",
        "early_stopping",
        "embd_pdrop",
        "encoder_no_repeat_ngram_size",
        "eos_token_id",
        "exponential_decay_length_penalty",
        "finetuning_task",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "gradient_checkpointing",
        "hidden_dropout_prob",
        "id2label",
        "initializer_range",
        "label2id",
        "language",
        "length_penalty",
        "library_name",
        "license",
        "mask_token_id",
        "max_length",
        "metrics",
        "min_length",
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
        "problem_type",
        "remove_invalid_values",
        "repetition_penalty",
        "resid_pdrop",
        "return_dict",
        "return_dict_in_generate",
        "sentence_transformers",
        "sep_token_id",
        "summary_activation",
        "summary_first_dropout",
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
        "url",
        "use_bfloat16",
        "use_cache",
        "version",
        "xla_device",
    ];

    private readonly Dictionary<string, JsonElement> settings;
    private readonly HashSet<string> taken = [];
    private readonly List<string> refusals = [];
    private readonly string source;

    /// <param name="json">A JSON object.</param>
    /// <param name="source">The file, for messages.</param>
    public ConfigReader(string json, string source)
    {
        this.source = source;
        try
        {
            using var document = JsonDocument.Parse(json);
            settings = document
                .RootElement.EnumerateObject()
                .ToDictionary(entry => entry.Name, entry => entry.Value.Clone());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new WeightFileException(
                FileProblem.Malformed, source, $"not a JSON object of settings: {JsonFault.Of(error)}.");
        }
    }

    /// <summary>A configuration from the config.json in a checkpoint's folder.</summary>
    public static T Beside<T>(TensorFile file, Func<string, string, T> parse)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file.Path))!, ModelFiles.Config);
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
    public bool Has(string name) => settings.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A whole number of at least 1.</summary>
    public int Count(string name, int otherwise) => Count(name) ?? otherwise;

    /// <summary>A whole number of at least 1, or null where the setting is absent.</summary>
    public int? Count(string name) =>
        Take(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number > 0 ? number
        : throw Wrong(name, "a whole number of at least 1", value);

    /// <summary>A whole number of at least 0, such as a token's id.</summary>
    public int Whole(string name, int otherwise) =>
        Take(name) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= 0 ? number
        : throw Wrong(name, "a whole number of at least 0", value);

    /// <summary>A finite number.</summary>
    public double Number(string name, double otherwise) =>
        Take(name) is not { } value ? otherwise
        : value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble()) ? value.GetDouble()
        : throw Wrong(name, "a number", value);

    /// <summary>What a norm adds to the variance: a finite number of at least 0, since a root of less is
    /// none.</summary>
    public double Epsilon(string name, double otherwise) =>
        Number(name, otherwise) is >= 0 and var number ? number
        : throw Wrong(name, "a number of at least 0", settings[name]);

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

    /// <summary>The activation of a name; one that is not known is refused.</summary>
    public Activation Activation(string name, string otherwise)
    {
        var text = Text(name, otherwise);
        if (Activations.Named(text) is { } known) return known;
        refusals.Add($"{name} \"{text}\" (gelu_new, gelu and relu are known)");
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
        foreach (var (name, value) in settings)
            if (Has(name) && !taken.Contains(name) && !WithoutEffect.Contains(name) && !name.StartsWith('_'))
                Refuse(name, value);
        return refusals;
    }

    private void Refuse(string name, JsonElement value)
    {
        var text = value.GetRawText();
        refusals.Add($"{Excerpt.Of(name, 60)} {Excerpt.Of(text, 60)}");
    }

    private JsonElement? Take(string name)
    {
        taken.Add(name);
        return Has(name) ? settings[name] : null;
    }

    private WeightFileException Wrong(string name, string wanted, JsonElement value) =>
        new(FileProblem.Malformed, source, $"{name} should be {wanted}, but is {Excerpt.Of(value.GetRawText(), 60)}.");
}
