using System.Collections.Generic;

namespace Workbench.Core.Models;

/// <summary>An affine layer, stored as one pair of tensors, <c>Name.weight</c> and <c>Name.bias</c>, or as several that
/// give parts of its outputs.</summary>
/// <param name="Name">What its tensors' names have in common.</param>
/// <param name="Inputs">Length of a row vector that it takes.</param>
/// <param name="Outputs">Length of a row vector that it gives.</param>
/// <param name="Parts">The ends of the parts' names, which give equal shares of the outputs in this order:
/// <c>Name.query.weight</c> and so on. Null for one pair of tensors.</param>
public sealed record LayerConfig(string Name, int Inputs, int Outputs, IReadOnlyList<string>? Parts = null);
