namespace Workbench

open Workbench.Core.Models

/// <summary>What is changed in every pass of a model: `Residual.without`, `steer`, `patch` and their kin add to
/// it.</summary>
/// <category index="4">Models</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Edits = {
    /// In words, in order; empty where the model is as it was read.
    Steps: string list
    Changes: Interventions
} with

    /// No change.
    static member None = {
        Steps = []
        Changes = Interventions.None
    }

    member this.Display =
        if this.Steps.IsEmpty then
            "no edits"
        else
            String.concat ", " this.Steps

    override this.ToString() = this.Display
