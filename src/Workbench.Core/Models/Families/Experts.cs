using System;
using System.Linq;

namespace Workbench.Core.Models.Families;

/// <summary>The settings of a mixture of experts.</summary>
/// <param name="Count">How many there are in a block.</param>
/// <param name="Active">How many compute for a token.</param>
/// <param name="Renormalise">Whether the shares of these add up to 1.</param>
internal sealed record Experts(int Count, int Active, bool Renormalise)
{
    /// <summary>Whether all experts of a block lie in one tensor, under Qwen's names, as newer libraries write
    /// them.</summary>
    public bool Joined { get; init; }

    /// <summary>This with what the settings say; whether shares are renormalised is for the family to read.</summary>
    public Experts Read(ConfigReader settings)
    {
        var experts = this with
        {
            Count = settings.Count("num_local_experts", Count),
            Active = settings.Count("num_experts_per_tok", Active),
            Joined = settings.HasTensor("mlp.experts.gate_up_proj"),
        };
        return experts.Active <= experts.Count
            ? experts
            : throw new ArgumentException(
                $"num_experts_per_tok is {experts.Active}, where a block has {experts.Count} experts.");
    }

    /// <summary>A block's second half with a router and experts of these names.</summary>
    public ExpertsConfig Of(LayerConfig router, NormConfig norm, Func<int, MlpConfig> expert) => new()
    {
        NormBefore = norm,
        Router = router,
        Experts = [.. Enumerable.Range(0, Count).Select(expert)],
        Active = Active,
        Renormalise = Renormalise,
    };

    /// <summary>A block's second half by the names of Qwen and OLMoE.</summary>
    /// <param name="kin">The family's sizes.</param>
    /// <param name="i">The block.</param>
    /// <param name="inner">Width of an expert's inner layer.</param>
    public ExpertsConfig Of(LlamaKin kin, int i, int inner)
    {
        var name = $"layers.{i}.mlp";
        return Of(
            new LayerConfig($"{name}.gate", kin.Width, Count), kin.Norm($"layers.{i}.post_attention_layernorm"),
            e => Joined
                ? kin.Gated(name, inner) with
                {
                    Up = Slice($"{name}.experts.gate_up_proj", kin.Width, 2 * inner, e),
                    Down = Slice($"{name}.experts.down_proj", inner, kin.Width, e),
                }
                : kin.Gated($"{name}.experts.{e}", inner));
    }

    /// <summary>An expert's layer out of a tensor that holds those of all.</summary>
    public LayerConfig Slice(string name, int inputs, int outputs, int expert) =>
        new(name, inputs, outputs) { Slice = expert, Slices = Count };
}
