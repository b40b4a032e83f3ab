namespace Workbench

open System
open System.Runtime.ExceptionServices

/// Work on all processors.
[<RequireQualifiedAccess>]
module internal Concurrently =
    /// An array made on all processors. What one element throws is thrown as it was.
    let init (count: int) (element: int -> 'a) : 'a[] =
        try
            Array.Parallel.init count element
        with :? AggregateException as errors ->
            ExceptionDispatchInfo.Throw errors.InnerExceptions[0]
            [||]

    /// The same for each element of another.
    let map (change: 'a -> 'b) (values: 'a[]) : 'b[] =
        init values.Length (fun i -> change values[i])
