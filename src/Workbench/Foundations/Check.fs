namespace Workbench

open type System.FormattableString

/// Refusals of arguments, in one voice: which argument, what was wanted, what came.
[<RequireQualifiedAccess>]
module internal Check =
    let atLeast (least: int) (name: string) (value: int) =
        if value < least then
            invalidArg name (Invariant $"{name} must be at least {least}, but is {value}.")

    let within (least: int) (most: int) (name: string) (value: int) =
        if value < least || value > most then
            invalidArg name (Invariant $"{name} must lie between {least} and {most}, but is {value}.")

    let notNegative (name: string) (value: float) =
        if not (value >= 0.0 && System.Double.IsFinite value) then
            invalidArg name (Invariant $"{name} must be a number of at least 0, but is {value}.")

    /// Refuses a number of things to keep that no array holds, or that would take more than half of the machine's
    /// memory.
    let affordable (name: string) (bytesEach: int64) (count: int) =
        let available = System.GC.GetGCMemoryInfo().TotalAvailableMemoryBytes

        if count > System.Array.MaxLength || int64 count > available / 2L / bytesEach then
            invalidArg
                name
                (Invariant
                    $"{name} is {count}, which would take {float count * float bytesEach / 1e9:F1} GB of this \
                      machine's {float available / 1e9:F1}; ask for fewer.")

    let finite (name: string) (values: float[]) =
        match Array.tryFindIndex (System.Double.IsFinite >> not) values with
        | Some i -> invalidArg name (Invariant $"{name} must be finite, but its value {i} is {values[i]}.")
        | None -> ()

    let sameLength (name: string) (length: int) (otherName: string) (otherLength: int) =
        if length <> otherLength then
            let values = Counted.things "value" length
            invalidArg otherName $"{name} has {values} and {otherName} has {otherLength}; they must go together."

    let notEmpty (name: string) (values: 'a[]) =
        if values.Length = 0 then
            invalidArg name $"{name} must hold at least one value, but is empty."

    /// Refuses values that would take more than half of the machine's memory as float32.
    let inMemory (what: string) (cure: string) (elements: int64) =
        let available = System.GC.GetGCMemoryInfo().TotalAvailableMemoryBytes

        if elements * 4L > available / 2L then
            invalidOp (
                Invariant
                    $"{what} would take {float elements * 4.0 / 1e9:F1} GB, and this machine has \
                      {float available / 1e9:F1}. {cure}"
            )
