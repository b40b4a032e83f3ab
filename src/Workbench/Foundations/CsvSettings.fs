namespace Workbench

open Workbench.Core.Frames

/// <summary>How a CSV file is read.</summary>
/// <category index="1">Foundations</category>
type CsvSettings = {
    Labels: RowLabels
    Header: Header
    /// Names of columns that are not read; their numbers, "0" for the first, where there is no header.
    LeaveOut: string list
    Missing: MissingCells
    /// What stands between two cells. None: a tab in a .tsv, else whichever of comma, semicolon, tab and bar cuts the
    /// first lines alike.
    Separator: char option
    /// Whether 1,5 is one and a half.
    DecimalComma: bool
} with

    /// Everything is found, all columns are read, and missing cells are refused.
    static member Default = {
        Labels = RowLabels.Found
        Header = Header.Found
        LeaveOut = []
        Missing = MissingCells.Refused
        Separator = None
        DecimalComma = false
    }

    member internal this.ToOptions() : CsvOptions =
        let common =
            {
                FrameSettings.Default with
                    Labels = this.Labels
                    LeaveOut = this.LeaveOut
                    Missing = this.Missing
            }
                .ToOptions()

        CsvOptions(
            Labels = common.Labels,
            LabelColumn = common.LabelColumn,
            LeaveOut = common.LeaveOut,
            KeepMissing = common.KeepMissing,
            Header =
                (match this.Header with
                 | Header.Found -> HeaderRule.Found
                 | Header.Present -> HeaderRule.Present
                 | Header.Absent -> HeaderRule.Absent),
            Separator = Option.toNullable this.Separator,
            DecimalComma = this.DecimalComma
        )
