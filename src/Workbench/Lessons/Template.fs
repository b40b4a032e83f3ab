namespace Workbench

open System
open System.Text.RegularExpressions

/// <summary>Texts with slots, each a name in capitals between double braces: the pages of lessons and of their gallery.
/// Scripts that run before the library is built load this file by itself.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module Template =
    let private slot = Regex @"\{\{([A-Z]+)\}\}"

    /// <summary>Puts a text into every slot, all at once: what is put in may have braces of its own.</summary>
    /// <param name="texts">Names of slots with what goes there.</param>
    /// <param name="template">The text with the slots; a slot may come twice.</param>
    /// <exception cref="T:System.ArgumentException">A slot has no text, or a text no slot.</exception>
    /// <example><code lang="fsharp">Template.fill [ ("NAME", "Ada") ] "Good day, {{NAME}}."</code> is <c>"Good day,
    /// Ada."</c>.</example>
    /// <example><code lang="fsharp">Template.fill [] "Good day, {{NAME}}."</code> throws
    /// <c>ArgumentException</c>.</example>
    let fill (texts: (string * string) list) (template: string) : string =
        let wanted = set [ for found in slot.Matches template -> found.Groups[1].Value ]
        let given = texts |> List.map fst |> set

        if wanted <> given then
            let list (names: Set<string>) = String.Join(", ", names)

            invalidArg
                (nameof texts)
                $"The template has the slots {list wanted}, but there are texts for {list given}; each slot needs one."

        let texts = Map.ofList texts
        slot.Replace(template, (fun (found: Match) -> texts[found.Groups[1].Value]))
