namespace Workbench

/// <summary>Chooses the stream of random numbers: the same seed gives the same bits on any machine and for any number
/// of threads.</summary>
/// <category index="1">Foundations</category>
[<StructuredFormatDisplay("{Display}")>]
type Seed =
    | Seed of uint64

    member this.Display =
        let (Seed number) = this
        $"seed {number}"

    override this.ToString() = this.Display
