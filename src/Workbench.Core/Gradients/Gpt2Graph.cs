using System;
using System.Collections.Generic;
using Workbench.Core.Formats;
using Workbench.Core.Models;

namespace Workbench.Core.Gradients;

/// <summary>A GPT-2-shaped model as a recorded computation: what <see cref="Gpt2Model"/> computes, with
/// derivatives.</summary>
/// <remarks>Several texts of one length go through it one below the other. The head is the token embeddings, or
/// <c>lm_head.weight</c> where the settings say that it is not tied.</remarks>
public sealed class Gpt2Graph
{
    private readonly Gpt2Config config;
    private readonly Func<string, Variable> tensor;

    /// <summary>The computation with these tensors.</summary>
    /// <param name="config">The model's settings; layers are stored as <see cref="Gpt2Config.Layout"/> says.</param>
    /// <param name="tensor">The variable of a tensor by GPT-2's own name, such as <c>h.0.attn.c_attn.weight</c>; the
    /// same one each time. All on one tape.</param>
    public Gpt2Graph(Gpt2Config config, Func<string, Variable> tensor) => (this.config, this.tensor) = (config, tensor);

    /// <summary>The computation with a checkpoint's weights as constants.</summary>
    /// <param name="weights">Stored in any way that <see cref="Gpt2Weights"/> reads; float32 stays in the mapped file,
    /// which must stay open.</param>
    /// <param name="tape">Where it is recorded.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that change the forward pass and are not
    /// supported; the message names them.</exception>
    /// <exception cref="WeightFileException">A tensor is absent; thrown when it is first needed.</exception>
    public static Gpt2Graph Of(Gpt2Weights weights, Tape tape)
    {
        weights.CheckSupported();
        var constants = new Dictionary<string, Variable>();
        return new Gpt2Graph(
            weights.Stored,
            name =>
                constants.TryGetValue(name, out var constant)
                    ? constant
                    : constants[name] = tape.Constant(weights.Tensor(name))
        );
    }

    /// <summary>Token embeddings plus position embeddings.</summary>
    /// <param name="ids">Sequences of one length, one after the other.</param>
    /// <param name="sequences">How many.</param>
    /// <returns>[ids, d].</returns>
    /// <exception cref="ArgumentException">The ids cannot be cut into so many sequences, or these are longer than the
    /// model's positions.</exception>
    public Variable Embed(ReadOnlyMemory<int> ids, int sequences) =>
        AddPositions(tensor("wte.weight").GatherRows(ids), sequences);

    /// <summary>Adds position embeddings to embedded tokens, whose derivatives may be wanted.</summary>
    /// <param name="tokens">[sequences · length, d].</param>
    /// <param name="sequences">How many sequences lie one below the other.</param>
    /// <exception cref="ArgumentException">The rows cannot be cut into so many sequences, or these are longer than the
    /// model's positions.</exception>
    public Variable AddPositions(Variable tokens, int sequences) =>
        tokens.Add(tensor("wpe.weight").GatherRows(PositionIds.Of(tokens.Rows, sequences, config.Positions)));

    /// <summary>The residual stream behind the last block, through the final norm.</summary>
    /// <param name="stream">What <see cref="Embed"/> gives.</param>
    /// <param name="sequences">How many sequences lie one below the other.</param>
    /// <returns>[rows, d].</returns>
    public Variable Run(Variable stream, int sequences)
    {
        for (var block = 0; block < config.Blocks; block++)
        {
            var name = $"h.{block}";
            var mixed = Layer($"{name}.attn.c_attn", Norm($"{name}.ln_1", stream))
                .Attend(sequences, config.Heads, config.AttentionScale(block), causal: true);
            stream = stream.Add(Layer($"{name}.attn.c_proj", mixed));
            var hidden = Layer($"{name}.mlp.c_fc", Norm($"{name}.ln_2", stream)).Activate(config.Activation);
            stream = stream.Add(Layer($"{name}.mlp.c_proj", hidden));
        }
        return Norm("ln_f", stream);
    }

    /// <summary>Scores of every token at every place.</summary>
    /// <param name="final">What <see cref="Run"/> gives.</param>
    /// <returns>[rows, vocabulary].</returns>
    public Variable Logits(Variable final) => final.Affine(Head, WeightLayout.OutputMajor);

    /// <summary>The mean cross-entropy in nats.</summary>
    /// <param name="final">What <see cref="Run"/> gives.</param>
    /// <param name="targets">The token that came at each place, or −1 where none is scored.</param>
    /// <returns>1 × 1.</returns>
    public Variable Loss(Variable final, ReadOnlyMemory<int> targets) => CrossEntropy.OfLinear(final, Head, targets);

    private Variable Head => tensor(config.TiedHead is false ? "lm_head.weight" : "wte.weight");

    private Variable Layer(string name, Variable x) =>
        x.Affine(tensor($"{name}.weight"), config.Layout, Bias(name));

    private Variable Norm(string name, Variable x) =>
        x.LayerNorm(tensor($"{name}.weight"), Bias(name), config.NormEpsilon);

    private Variable? Bias(string name) => config.Biases is false ? null : tensor($"{name}.bias");
}
