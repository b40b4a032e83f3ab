namespace Workbench

/// The name of one axis of a matrix and the label of each place along it.
type Axis = {
    /// What the axis counts, e.g. "position" or "token".
    Name: string
    /// How many places the axis has.
    Length: int
    /// The text that stands for a place, from 0 to Length − 1.
    Label: int -> string
}

/// Makes axes and takes parts of them.
[<RequireQualifiedAccess>]
module Axis =
    /// An axis whose places are labelled by their numbers: `Axis.numbered "dimension" 768`.
    let numbered (name: string) (length: int) : Axis = {
        Name = name
        Length = length
        Label = string
    }
