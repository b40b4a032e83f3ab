namespace Workbench

/// <summary>On which side the entries of a column line up.</summary>
/// <category index="1">Foundations</category>
[<RequireQualifiedAccess>]
type Align =
    | Left
    | Centre
    | Right
