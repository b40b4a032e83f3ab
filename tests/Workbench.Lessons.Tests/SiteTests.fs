module Workbench.Lessons.Tests.SiteTests

open System.IO
open Xunit
open FsUnit.Xunit

[<SiteTheory>]
[<MemberData(nameof EachLesson.Names, MemberType = typeof<EachLesson>)>]
let ``Every figure of a lesson's page on the site draws, and the page fits a telephone`` (lesson: string) =
    let page = Browser.openPage 390 (Path.Combine(Site.folder.Value, lesson + ".html"))
    page.Errors |> should be Empty
    page.Figures |> should not' (be Empty)
    Browser.empty page |> should be Empty
    page.Overflow |> should equal 0

[<SiteFact>]
let ``Search on a page opened from disk finds a function by its name`` () =
    // Typed once; the index arrives later.
    let question =
        """(input => {
            if (input.value === "") {
              input.value = "similarity.cosine";
              input.dispatchEvent(new Event("input"));
            }
            const first = document.querySelector(".found a");
            return first && first.textContent + " " + first.href;
        })(document.querySelector(".search input"))"""

    let first =
        Browser.ask 1280 (Path.Combine(Site.folder.Value, "design.html")) question

    first |> should startWith "Similarity.cosine"
    first |> should endWith "reference/workbench-similarity.html#cosine"
