using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>GPT-BigCode (Ben Allal et al., "SantaCoder: don't reach for the stars!", 2023): a GPT-2 whose heads share
/// one key and one value, with weights as PyTorch's Linear layers.</summary>
internal static class GptBigCode
{
    private const string ModelType = "gpt_bigcode";

    internal static Family Family { get; } = new(ModelType, null, "GPTBigCode", Read);

    private static TransformerConfig Read(ConfigReader settings)
    {
        // Orders of operations for half precision, and settings of servers.
        settings.Ignore(
            "is_decoder", "attention_softmax_in_fp32", "scale_attention_softmax_in_fp32", "inference_runner",
            "max_batch_size", "max_sequence_length", "pad_key_length", "pre_allocate_kv_cache",
            "validate_runner_input");
        var gpt2 = Gpt2.Config(
            settings.Count("vocab_size", 50257), settings.Count("n_positions", 1024), settings.Count("n_embd", 768),
            settings.Count("n_layer", 12), settings.Count("n_head", 12), settings.Count("n_inner"),
            settings.Activation("activation_function", "gelu_pytorch_tanh"),
            settings.Epsilon("layer_norm_epsilon", 1e-5), settings.Truth("scale_attn_weights") ?? true);
        var heads = gpt2.Blocks[0].Attention.Heads;
        var keyValueHeads = settings.Truth("multi_query") ?? true ? 1 : heads;
        settings.Only("num_key_value_heads", $"{keyValueHeads}");
        return gpt2 with
        {
            Family = ModelType,
            Blocks = [.. gpt2.Blocks.Select(block => block with { Attention = Grouped(block.Attention) })],
            TiedHead = settings.Truth("tie_word_embeddings"),
            Biases = true,
            Layout = WeightLayout.OutputMajor,
        };

        AttentionConfig Grouped(AttentionConfig attention) => attention with
        {
            Input = attention.Input with { Outputs = (heads + 2 * keyValueHeads) * attention.HeadWidth },
            KeyValueHeads = keyValueHeads,
            Order = HeadOrder.Groups,
        };
    }
}
