namespace Workbench

/// <summary>The name of one axis of a matrix and the label of each place along it.</summary>
/// <category index="1">Foundations</category>
[<CustomEquality; NoComparison; StructuredFormatDisplay("{Display}")>]
type Axis = {
    /// What the axis counts, in the singular: "position", "token", "dimension".
    Name: string
    /// How many places the axis has.
    Length: int
    /// The text that stands for a place, from 0 to Length − 1; asked for only when something is shown.
    Label: int -> string
} with

    /// E.g. `token × 30522`.
    member this.Display = $"{this.Name} × {this.Length}"

    override this.ToString() = this.Display

    /// Two axes are equal when their names, lengths and all labels are.
    override this.Equals other =
        match other with
        | :? Axis as that ->
            this.Name = that.Name
            && this.Length = that.Length
            && Seq.forall (fun i -> this.Label i = that.Label i) (seq { 0 .. this.Length - 1 })
        | _ -> false

    override this.GetHashCode() = hash (this.Name, this.Length)

/// <summary>Makes axes and takes parts of them.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
module Axis =
    /// <summary>An axis whose places are labelled by their numbers.</summary>
    /// <exception cref="T:System.ArgumentException">`length` is below 0.</exception>
    /// <example><code lang="fsharp">(Axis.numbered "position" 1024).Label 7</code> is <c>"7"</c>.</example>
    /// <example><code lang="fsharp">Axis.numbered "position" -1</code> throws <c>ArgumentException</c>.</example>
    let numbered (name: string) (length: int) : Axis =
        Check.atLeast 0 (nameof length) length

        {
            Name = name
            Length = length
            Label = string
        }

    /// <summary>An axis with one label per place.</summary>
    /// <example><code lang="fsharp">Axis.labelled "animal" [| "cat"; "dog" |]</code> is <c>animal × 2</c>.</example>
    let labelled (name: string) (labels: string[]) : Axis =
        let own = Array.copy labels // the caller may write into theirs

        {
            Name = name
            Length = own.Length
            Label = Array.get own
        }

    /// <summary>All labels in order.</summary>
    /// <example><code lang="fsharp">animals.Columns |> Axis.labels</code> is <c>[|"legs"; "kilograms";
    /// "sounds"|]</c>.</example>
    let labels (axis: Axis) : string[] = Array.init axis.Length axis.Label

    /// <summary>The places at these indices, in their order, keeping their labels.</summary>
    /// <example><code lang="fsharp">animals.Rows |> Axis.select [| 2; 0 |] |> Axis.labels</code> is
    /// <c>[|"cow"; "cat"|]</c>.</example>
    let select (indices: int[]) (axis: Axis) : Axis =
        let own = Array.copy indices

        {
            axis with
                Length = own.Length
                Label = fun i -> axis.Label own[i]
        }

    /// <summary>The first place with this label, or None.</summary>
    /// <example><code lang="fsharp">animals.Rows |> Axis.tryIndex "dog"</code> is <c>Some 1</c>.</example>
    /// <example><code lang="fsharp">animals.Rows |> Axis.tryIndex "fox"</code> is <c>None</c>.</example>
    let tryIndex (label: string) (axis: Axis) : int option =
        Seq.tryFind (fun i -> axis.Label i = label) (seq { 0 .. axis.Length - 1 })
