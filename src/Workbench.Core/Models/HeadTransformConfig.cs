namespace Workbench.Core.Models;

/// <summary>What a masked-language-model head does before it compares with tokens.</summary>
/// <param name="Layer">d to the width of token embeddings.</param>
/// <param name="Activation">What follows it.</param>
/// <param name="Norm">What follows that; null for nothing (ELECTRA's discriminator).</param>
public sealed record HeadTransformConfig(LayerConfig Layer, Activation Activation, NormConfig? Norm);
