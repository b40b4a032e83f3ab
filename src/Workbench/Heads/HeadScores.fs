namespace Workbench

open System
open Workbench.Core.Models
open Workbench.Core.Tensors
open type System.FormattableString

/// <summary>What each head looks at in a text of random tokens that is repeated, as mean shares of its attention from 0
/// to 1, each [blocks, heads]; NaN where a block has fewer heads than another.</summary>
/// <category index="5">Heads</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type HeadScores = {
    /// From a token's second occurrence to the one after its first: what continues a text as before (Elhage et al., "A
    /// Mathematical Framework for Transformer Circuits", 2021; Olsson et al., "In-context Learning and Induction
    /// Heads", 2022).
    Induction: Labelled
    /// From a token's second occurrence to its first.
    Duplicate: Labelled
    /// To the token before.
    Previous: Labelled
    /// To the first token of the text.
    First: Labelled
    /// The text: one token, then some, then the same again.
    Ids: int[]
} with

    /// The three heads of the highest score of each kind.
    member this.Display =
        let weights =
            this.Induction.Provenance.Weights |> List.map string |> String.concat ", "

        let best (name: string) (scores: Labelled) =
            let all = [
                for i in 0 .. scores.Rows.Length - 1 do
                    for j in 0 .. scores.Columns.Length - 1 do
                        if not (Single.IsNaN scores[i, j]) then
                            i, j, scores[i, j]
            ]

            let shown =
                all
                |> List.sortByDescending (fun (_, _, score) -> score)
                |> List.truncate 3
                |> List.map (fun (i, j, score) -> Invariant $"block {i}, head {j} {score:F3}")

            $"""  {name}: {String.Join("; ", shown)}"""

        String.Join(
            "\n",
            [
                $"head scores on {this.Ids.Length} tokens, {weights}"
                best "induction" this.Induction
                best "duplicate" this.Duplicate
                best "previous" this.Previous
                best "first" this.First
            ]
        )

    override this.ToString() = this.Display

/// <summary>Finds heads by what they look at.</summary>
/// <category index="5">Heads</category>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module HeadScores =
    /// <summary>The scores on a text of one's choice: a token, then some, then the same again.</summary>
    /// <exception cref="T:System.ArgumentException">The ids are not one and twice the same, or the model is an
    /// encoder.</exception>
    /// <example><code lang="fsharp">
    /// gpt2 |> HeadScores.ofIds [| 0; 483; 1472; 596; 483; 1472; 596 |] |> _.Previous |> Labelled.shape
    /// </code> is <c>(6, 6)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> HeadScores.ofIds [| 0; 483; 1472 |]</code> throws
    /// <c>ArgumentException</c>.</example>
    let ofIds (ids: int[]) (model: Model) : HeadScores =
        let half = (ids.Length - 1) / 2

        if ids.Length < 3 || ids.Length % 2 = 0 || ids[1..half] <> ids[half + 1 ..] then
            invalidArg
                (nameof ids)
                $"The ids must be one token, then some, then the same again, but the {ids.Length} given are not. \
                  HeadScores.onRepeats makes such a text."

        let config = (Model.decoder model).Config
        let pass = Attention.run (fun place -> place.Kind = PlaceKind.Pattern) ids model
        let most = config.Blocks |> Seq.map _.Attention.Heads |> Seq.max

        let mean (positions: int list) (lookedAt: int -> int) (pattern: Matrix) =
            positions |> List.averageBy (fun i -> float pattern[i, lookedAt i])

        let score step positions lookedAt =
            Labelled.init
                (Axis.numbered "block" config.Blocks.Count)
                (Axis.numbered "head" most)
                (Model.passProvenance $"attention to the {step} on {ids.Length} tokens" model)
                (fun block head ->
                    if head < config.Blocks[block].Attention.Heads then
                        mean positions lookedAt pass[Place.Pattern(block, head)]
                    else
                        nan)

        let again = [ half + 1 .. 2 * half ]
        let all = [ 1 .. 2 * half ]

        {
            Induction = score "token after the first occurrence" again (fun i -> i - half + 1)
            Duplicate = score "first occurrence" again (fun i -> i - half)
            Previous = score "token before" all (fun i -> i - 1)
            First = score "first token" all (fun _ -> 0)
            Ids = ids
        }

    /// <summary>The scores on a text of random tokens, each as likely as any other, behind the token that begins texts
    /// where the model has one, and else behind a random one.</summary>
    /// <param name="seed">Chooses the tokens.</param>
    /// <param name="count">How many before they are repeated, at least 2; 25 is usual.</param>
    /// <param name="model">A decoder.</param>
    /// <exception cref="T:System.ArgumentException">The model is an encoder, or the text is too long for
    /// it.</exception>
    /// <example><code lang="fsharp">gpt2 |> HeadScores.onRepeats (Seed 1UL) 25</code> is <c>head scores on 51 tokens,
    /// pocket-gpt2 (Pocket) induction: … duplicate: … previous: … first: …</c>.</example>
    /// <example><code lang="fsharp">bert |> HeadScores.onRepeats (Seed 1UL) 25</code> throws
    /// <c>ArgumentException</c>.</example>
    let onRepeats (seed: Seed) (count: int) (model: Model) : HeadScores =
        Check.atLeast 2 (nameof count) count
        let vocabulary = (Model.decoder model).Config.Tokens.Count
        let random = Sample.generator seed RandomStream.HeadScores 0

        let token () =
            int (random.NextInteger(int64 vocabulary))

        let some = Array.init count (fun _ -> token ())

        let start =
            match Tokens.tryTokenizer model with
            | Some tokenizer when (tokenizer.EncodeSequence "").Length > 0 -> (tokenizer.EncodeSequence "")[0]
            | _ -> token ()

        ofIds (Array.concat [ [| start |]; some; some ]) model
