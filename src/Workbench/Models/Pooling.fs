namespace Workbench

/// <summary>What is made of the vectors of several tokens, where one is wanted.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
type Pooling =
    /// Nothing: there must be one token.
    | Refuse
    /// Their mean.
    | Mean
    /// That of the first: [CLS], where an encoder's text begins with it.
    | First
    /// That of the last: of a text that a decoder reads, the one that has seen all others.
    | Last
