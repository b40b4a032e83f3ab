namespace Workbench

open System

/// <summary>Ends a lesson with reasons that its reader can act on; shown without a stack trace.</summary>
/// <category index="8">Lessons</category>
[<Sealed>]
type LessonException(message: string, inner: exn | null) =
    inherit Exception(message, inner)
    override this.ToString() = this.Message
