namespace Workbench

open System

/// <summary>Pieces of a work are missing, broken or of another work; the message names them and the cure.</summary>
/// <category index="9">Pieces</category>
[<Sealed>]
type PieceException(message: string) =
    inherit Exception(message)
    override this.ToString() = this.Message
