namespace Workbench

open System
open System.Globalization
open System.Text

/// Text made safe for the place it goes to. Labels are tokens of language models, so any character may come.
[<RequireQualifiedAccess>]
module internal Escape =
    /// Control characters as a programmer writes them (\n, \t, \x1b), so that they can be seen and do nothing.
    let visible (text: string) : string =
        let written (c: char) =
            match int c with
            | 9 -> @"\t"
            | 10 -> @"\n"
            | 13 -> @"\r"
            | code when code < 32 || code >= 127 && code < 160 -> $"\\x%02x{code}"
            // Overrides of the direction of writing would turn round what follows.
            | code when code >= 0x202A && code <= 0x202E || code >= 0x2066 && code <= 0x2069 -> $"\\u%04x{code}"
            | _ -> string c

        if text |> Seq.forall (fun c -> c >= ' ' && c < '\127') then
            text
        else
            String.collect written text

    /// As a programmer would write it where spaces stand at an end, by which tokens differ: " king" in quotation marks,
    /// king without.
    let typed (text: string) : string =
        let shown = visible text

        if shown = "" || shown <> shown.Trim ' ' then
            $"\"{shown}\""
        else
            shown

    /// A label of one place, as short as a tick can be. Spaces at its ends, by which tokens differ, are drawn as ␣.
    let label (text: string) : string =
        let body = text.Trim ' '
        let before = text.Length - text.TrimStart(' ').Length

        if body = "" then
            String('␣', text.Length)
        else
            String('␣', before) + body + String('␣', text.Length - before - body.Length)

    /// At most this many characters, the last an ellipsis where some are missing.
    let shortened (most: int) (text: string) : string =
        let elements = StringInfo text

        if elements.LengthInTextElements <= most then
            text
        else
            elements.SubstringByTextElements(0, most - 1) + "…"

    /// For any text that plotly draws: it reads a few HTML tags and entities.
    let plotly (text: string) : string =
        (visible text).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;")

    /// For text and attributes of an HTML page.
    let html (text: string) : string =
        (plotly text).Replace("\"", "&quot;").Replace("'", "&#39;")

    /// For words that plotly draws in three dimensions: there it reads tags, but no entities.
    let spatial (text: string) : string =
        (visible text).Replace("<", "<\u200B").Replace("&", "&\u200B")

    /// For text inside one of plotly's hover templates, where %{ would begin a variable.
    let template (text: string) : string = (plotly text).Replace("%{", "%\u200B{")

    /// One field of a comma-separated line (RFC 4180).
    let csv (text: string) : string =
        if text.IndexOfAny [| ','; '"'; '\n'; '\r' |] < 0 then
            text
        else
            "\"" + text.Replace("\"", "\"\"") + "\""

    /// For running text in LaTeX.
    let latex (text: string) : string =
        let escaped (c: char) =
            match c with
            | '\\' -> @"\textbackslash{}"
            | '~' -> @"\textasciitilde{}"
            | '^' -> @"\textasciicircum{}"
            | '<' -> @"\textless{}"
            | '>' -> @"\textgreater{}"
            | '|' -> @"\textbar{}"
            | '"' -> @"\textquotedbl{}"
            | '␣' -> @"\textvisiblespace{}"
            | '&'
            | '%'
            | '$'
            | '#'
            | '_'
            | '{'
            | '}' -> $"\\{c}"
            | _ -> string c

        // Two of a kind, and a mark before a quotation, are a character of their own to LaTeX.
        let ligature before after =
            match before, after with
            | ('-' | '`' | '\'' | ','), _ -> before = after
            | ('?' | '!'), _ -> after = '`'
            | _ -> false

        let shown = visible text

        shown
        |> Seq.mapi (fun i c ->
            if i > 0 && ligature shown[i - 1] c then
                "{}" + escaped c
            else
                escaped c)
        |> String.concat ""

    /// Lines of at most so many characters, broken at spaces; a longer word is broken where it must be.
    let wrapped (most: int) (text: string) : string list =
        let rec pieces (word: string) =
            if word.Length <= most then
                [ word ]
            else
                word.Substring(0, most) :: pieces (word.Substring most)

        let add (lines: StringBuilder list) (word: string) =
            match lines with
            | line :: _ when line.Length + 1 + word.Length <= most ->
                line.Append(' ').Append(word) |> ignore
                lines
            | _ -> StringBuilder(word) :: lines

        text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        |> Seq.collect pieces
        |> Seq.fold add []
        |> List.rev
        |> List.map string

    /// How many columns of a terminal a text takes: two for East Asian wide characters and most emoji, none for marks
    /// that combine.
    let width (text: string) : int =
        let ofRune (rune: Rune) =
            match Rune.GetUnicodeCategory rune with
            | UnicodeCategory.NonSpacingMark
            | UnicodeCategory.EnclosingMark
            | UnicodeCategory.Format -> 0
            | _ ->
                match rune.Value with
                | code when code < 0x1100 -> 1
                | code when
                    code <= 0x115F
                    || code >= 0x2E80 && code <= 0xA4CF
                    || code >= 0xAC00 && code <= 0xD7A3
                    || code >= 0xF900 && code <= 0xFAFF
                    || code >= 0xFE30 && code <= 0xFE6F
                    || code >= 0xFF00 && code <= 0xFF60
                    || code >= 0x1F300 && code <= 0x1FAFF
                    || code >= 0x20000
                    ->
                    2
                | _ -> 1

        text.EnumerateRunes() |> Seq.sumBy ofRune
