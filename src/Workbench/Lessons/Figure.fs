namespace Workbench

open System.Net

/// <summary>A chart or a table with its name and caption, ready for a page.</summary>
/// <category index="8">Lessons</category>
type Figure = {
    /// Unique in its lesson; the anchor of the figure on the page.
    Name: string
    /// What the reader sees and how many values it is made of.
    Caption: string
    /// The chart or table itself.
    Html: string
}

/// <summary>Shows figures on a page.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module Figure =
    /// The figure with its caption. The page loads plotly.js before it.
    let toHtml (figure: Figure) : string =
        let text (plain: string) = WebUtility.HtmlEncode plain
        $"<figure id=\"{text figure.Name}\">\n{figure.Html}\n<figcaption class=\"caption\">{text figure.Caption}</figcaption>\n</figure>"
