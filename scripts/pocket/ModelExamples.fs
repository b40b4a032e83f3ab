namespace Pocket

open System
open Workbench
open Workbench.Core.Models
open type System.FormattableString

/// <summary>What a model makes of some words, as Markdown for its card.</summary>
[<RequireQualifiedAccess>]
module ModelExamples =
    let private join (parts: string seq) = String.Join(", ", parts)

    /// <summary>The tokens nearest to some tokens by the cosine of their embeddings, each without itself.</summary>
    /// <param name="k">How many for each.</param>
    /// <param name="words">Texts of single tokens; those that are none are left out.</param>
    /// <param name="model">The model.</param>
    let nearestTokens (k: int) (words: string list) (model: Model) : string =
        let table = Embedding.tokens model
        let text id = ModelCard.code (Tokens.text id model)

        let ids =
            words |> List.choose (fun word -> Tokens.tryWord word model) |> Array.ofList

        let queries = table |> Labelled.selectRows ids |> _.Values

        ModelCard.table [ "token"; "nearest" ] [
            for id, near in Array.zip ids (Nearest.tokens Nearness.Cosine (k + 1) table queries) ->
                let others = near |> Array.filter (fun token -> token.Id <> id) |> Array.truncate k

                [
                    text id
                    join [
                        for token in others -> $"{text token.Id} {ModelCard.fixedPoint 2 token.Score}"
                    ]
                ]
        ]

    /// <summary>What an encoder puts in the place of `[MASK]`.</summary>
    /// <param name="k">How many tokens for each sentence, the likeliest first with their probabilities.</param>
    /// <param name="sentences">Each with one `[MASK]`.</param>
    /// <param name="model">The model, with its head.</param>
    let masked (k: int) (sentences: string list) (model: Model) : string =
        let encoder = Transformer(Model.transformer model)
        let mask = (Tokens.tokenizer model).SpecialTokens["[MASK]"]

        let likeliest (sentence: string) =
            let ids = (Tokens.tokenizer model).EncodeSequence sentence
            let logits = encoder.Logits(encoder.Run(ReadOnlySpan ids).Output)

            Residual.best k model (logits.Row(Array.IndexOf(ids, mask)))
            |> Array.map (fun token -> $"{ModelCard.code token.Token} {ModelCard.fixedPoint 2 token.Probability}")

        ModelCard.table [ "sentence"; "predictions" ] [
            for sentence in sentences -> [ sentence; join (likeliest sentence) ]
        ]

    /// <summary>The words nearest to some words by cosine.</summary>
    /// <param name="k">How many for each.</param>
    /// <param name="words">Words; those without a vector are left out.</param>
    /// <param name="vectors">The word vectors.</param>
    let nearestWords (k: int) (words: string list) (vectors: WordVectors) : string =
        ModelCard.table [ "word"; "nearest" ] [
            for word in words |> List.filter (fun word -> (WordVectors.tryIndex word vectors).IsSome) ->
                let near = vectors |> WordVectors.nearest k word

                [
                    word
                    join [ for other in near -> $"{other.Word} {ModelCard.fixedPoint 2 other.Score}" ]
                ]
        ]

    /// <summary>Asks every analogy that the pairs of a relation make with each other: a is to b as c is to which
    /// word?</summary>
    /// <param name="relations">Names with pairs, such as "man woman, king queen"; a pair without both vectors is left
    /// out.</param>
    /// <param name="vectors">The word vectors; all of their words but the three given may be the answer.</param>
    /// <returns>Of each relation, how many were asked and how many answered by the very word.</returns>
    let analogies (relations: (string * string) list) (vectors: WordVectors) : string =
        let pairs (text: string) = [
            for pair in text.Split(',', StringSplitOptions.TrimEntries) do
                match pair.Split ' ' with
                | [| a; b |] when
                    (WordVectors.tryIndex a vectors).IsSome
                    && (WordVectors.tryIndex b vectors).IsSome
                    ->
                    a, b
                | _ -> ()
        ]

        let isRight ((a, b), (c, d)) =
            let best = vectors |> WordVectors.analogy AnalogyRule.CosAdd 1 [ b; c ] [ a ]
            best[0].Word = d

        let asked = [
            for name, text in relations do
                let pairs = pairs text

                let questions =
                    List.allPairs pairs pairs
                    |> List.filter (fun (first, second) -> first <> second)

                name, questions.Length, questions |> List.filter isRight |> List.length
        ]

        let row (name, questions, right) =
            let share =
                if questions > 0 then
                    Invariant $"{100.0 * float right / float questions:F0} %%"
                else
                    ""

            [ name; string questions; string right; share ]

        let total =
            "all", asked |> List.sumBy (fun (_, n, _) -> n), asked |> List.sumBy (fun (_, _, n) -> n)

        ModelCard.table [ "relation"; "questions"; "right"; "share" ] (List.map row (asked @ [ total ]))
