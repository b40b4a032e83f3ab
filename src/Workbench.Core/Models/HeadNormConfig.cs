namespace Workbench.Core.Models;

/// <summary>Over what a norm of queries or keys is taken.</summary>
public enum HeadNormScope
{
    /// <summary>Over each head by itself, with one gain for all of them (Qwen 3).</summary>
    EachHead,

    /// <summary>Over each head by itself, each with a gain of its own: a tensor [heads, d_k]
    /// <c>Name.weight</c> (Cohere).</summary>
    EachHeadOwnGain,

    /// <summary>As <see cref="EachHeadOwnGain"/>, in a tensor for each head, <c>Name.norms.H.weight</c>
    /// (StableLM).</summary>
    EachHeadOwnTensor,

    /// <summary>Over all heads at once, before they are told apart (OLMo 2).</summary>
    AllHeads,
}

/// <summary>A normalisation of the queries, or of the keys, before they are turned and compared: what a head scores is
/// then not linear in what it reads.</summary>
/// <param name="Norm">What is computed.</param>
/// <param name="Scope">Over what.</param>
public sealed record HeadNormConfig(NormConfig Norm, HeadNormScope Scope);
