namespace Workbench

open System.Net

/// <summary>A chart or a table with its name and caption, ready for a page.</summary>
/// <category index="8">Lessons</category>
[<StructuredFormatDisplay("{Display}")>]
type Figure = {
    /// Unique in its lesson; the anchor of the figure on the page.
    Name: string
    /// What the reader sees and how many values it is made of.
    Caption: string
    /// The chart or table itself.
    Html: string
} with

    member this.Display = $"figure {this.Name}: {Escape.visible this.Caption}"
    override this.ToString() = this.Display

/// <summary>Shows figures on a page.</summary>
/// <category index="8">Lessons</category>
[<RequireQualifiedAccess>]
module Figure =
    /// <summary>The figure with its caption. The page loads plotly.js before it.</summary>
    /// <example><code lang="fsharp">
    /// Figure.toHtml { Name = "animals"; Caption = "Four animals."; Html = "&lt;table>&lt;/table>" }
    /// </code> is <c>"&lt;figure id="animals"> &lt;table>&lt;/table> &lt;figcaption class="caption">Four
    /// animals.&lt;/figcaption> &lt;/figure>"</c>.</example>
    let toHtml (figure: Figure) : string =
        let text (plain: string) = WebUtility.HtmlEncode plain

        $"<figure id=\"{text figure.Name}\">\n{figure.Html}\n<figcaption \
          class=\"caption\">{text figure.Caption}</figcaption>\n</figure>"
