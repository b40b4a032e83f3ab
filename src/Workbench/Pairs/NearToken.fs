namespace Workbench

open type System.FormattableString

/// <summary>One of the tokens nearest to a vector.</summary>
/// <category index="2">Pairs</category>
[<StructuredFormatDisplay("{Display}")>]
type NearToken = {
    Id: int
    Token: string
    Score: float
} with

    member this.Display = Invariant $"{Escape.typed this.Token} {this.Score:G4}"
    override this.ToString() = this.Display
