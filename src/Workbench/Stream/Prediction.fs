namespace Workbench

open type System.FormattableString

/// <summary>A token that may come next.</summary>
/// <category index="6">Stream</category>
[<StructuredFormatDisplay("{Display}")>]
type Prediction = {
    Id: int
    Token: string
    /// The output head's score.
    Logit: float
    /// The softmax of all scores, from 0 to 1.
    Probability: float
} with

    member this.Display = Invariant $"{Escape.typed this.Token} {this.Probability:P1}"
    override this.ToString() = this.Display
