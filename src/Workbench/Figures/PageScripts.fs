namespace Workbench

open System.Text.Json

/// What pages load: plotly.js, which draws the figures, and KaTeX, which sets formulas, in the versions that
/// `.web/package.json` names, from npm or from the CDN. Scripts that run before the library is built load this file by
/// itself.
[<RequireQualifiedAccess>]
module internal PageScripts =
    let package, file = "plotly.js-dist-min", "plotly.min.js"

    /// Of the file of that version, so that a page notices when the CDN sends another; a test compares it with npm's.
    let integrity =
        "sha384-hHv6D3tTUUBpp4tVv6t2Dc3oGuRhphmWOTKUR8jWyN0Pnon1g3iebKCNDNmKmxo8"

    let private onCdn (package: string) (packageJson: string) : string =
        use settings = JsonDocument.Parse packageJson

        let version =
            string (settings.RootElement.GetProperty("dependencies").GetProperty package)

        $"https://cdn.jsdelivr.net/npm/{package}@{version}"

    let cdn (packageJson: string) : string = $"{onCdn package packageJson}/{file}"

    /// The folder that has `katex.min.js` and its style and fonts.
    let katexCdn (packageJson: string) : string = onCdn "katex" packageJson + "/dist"
