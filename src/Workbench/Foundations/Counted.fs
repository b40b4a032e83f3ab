namespace Workbench

open type System.FormattableString

/// Numbers of things in words: "1 row", "2 rows".
[<RequireQualifiedAccess>]
module internal Counted =
    let things (noun: string) (n: int) : string =
        if n = 1 then $"1 {noun}" else Invariant $"{n} {noun}s"
