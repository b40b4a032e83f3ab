namespace Workbench

open Workbench.Core.Frames

/// <summary>How the columns of a table in a file become a matrix.</summary>
/// <category index="1">Foundations</category>
type FrameSettings = {
    Labels: RowLabels
    /// Names of columns that are not read: texts, dates, what is not asked for.
    LeaveOut: string list
    Missing: MissingCells
} with

    /// Labels are found, all columns are read, and missing cells are refused.
    static member Default = {
        Labels = RowLabels.Found
        LeaveOut = []
        Missing = MissingCells.Refused
    }

    member internal this.ToOptions() : FrameOptions =
        let rule, column =
            match this.Labels with
            | RowLabels.Found -> LabelRule.Found, ""
            | RowLabels.First -> LabelRule.FirstColumn, ""
            | RowLabels.Column name -> LabelRule.NamedColumn, name
            | RowLabels.Numbered -> LabelRule.Numbered, ""

        FrameOptions(
            Labels = rule,
            LabelColumn = column,
            LeaveOut = Array.ofList this.LeaveOut,
            KeepMissing = (this.Missing = MissingCells.Kept)
        )
