namespace Workbench.Core.Models;

/// <summary>The two-layer perceptron of one block: x ↦ f(x·W_up + b_up)·W_down + b_down.</summary>
/// <param name="Up">d to the inner width.</param>
/// <param name="Down">The inner width to d.</param>
/// <param name="Activation">f.</param>
public sealed record MlpWeights(Linear Up, Linear Down, Activation Activation);
