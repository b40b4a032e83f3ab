namespace Workbench

/// <summary>A named place of a forward pass, where values can be read (`Residual.at`) and changed (`Residual.edited`):
/// `Place.MlpOutput 3`, `Place.HeadOutput(5, 3)`, `Place.Queries 0`.</summary>
/// <category index="4">Models</category>
type Place = Workbench.Core.Models.Place
