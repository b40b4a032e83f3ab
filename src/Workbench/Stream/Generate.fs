namespace Workbench

open System
open Workbench.Core.Models
open type System.FormattableString

/// <summary>How a text is continued by chance.</summary>
/// <category index="6">Stream</category>
[<NoComparison; NoEquality>]
type GenerateSettings = {
    /// How many tokens at most.
    Count: int
    /// What scores are divided by before the softmax: 1 for the model's own probabilities, less for likelier tokens.
    Temperature: float
    /// Only so many of the likeliest tokens, ties to the smaller id; None for all.
    TopK: int option
    /// Only the likeliest tokens that together have at least this probability (Holtzman et al., "The Curious Case of
    /// Neural Text Degeneration", 2020); None for all.
    TopP: float option
    /// Tokens at which the text ends; they are not part of it.
    Stop: int list
} with

    /// Twenty tokens by the model's own probabilities.
    static member Default = {
        Count = 20
        Temperature = 1.0
        TopK = None
        TopP = None
        Stop = []
    }

/// <summary>A text as a model continues it.</summary>
/// <category index="6">Stream</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Continuation = {
    /// The ids of the text that was given.
    Prompt: int[]
    /// The tokens that were added, each with the model's own probability of it.
    Added: Prediction[]
    /// What was added, as text; where no tokenizer is at hand, ids with spaces between.
    Text: string
    Provenance: Provenance
} with

    /// All ids, those given and those added.
    member this.Ids = Array.append this.Prompt (this.Added |> Array.map _.Id)

    /// The added text.
    member this.Display = this.Text

    override this.ToString() = this.Display

/// <summary>Texts continued token by token. Keys and values of the text so far are kept, so that each token costs one
/// pass over the weights.</summary>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module Generate =
    let private check (config: TransformerConfig) (settings: GenerateSettings) (prompt: int[]) =
        Check.atLeast 0 (nameof settings.Count) settings.Count
        Check.notEmpty "the text's tokens" prompt
        settings.TopK |> Option.iter (Check.atLeast 1 (nameof settings.TopK))

        if not (settings.Temperature > 0.0 && Double.IsFinite settings.Temperature) then
            invalidArg
                (nameof settings)
                (Invariant
                    $"Temperature must be above 0 and finite, but is {settings.Temperature}; for the likeliest token \
                      at each step take Generate.greedy.")

        match settings.TopP with
        | Some share when not (share > 0.0 && share <= 1.0) ->
            invalidArg (nameof settings) (Invariant $"TopP must be above 0 and at most 1, but is {share}.")
        | _ -> ()

        // The last token is not run any more.
        if
            settings.Count > 0
            && int64 prompt.Length + int64 settings.Count - 1L > int64 config.MaxTokens
        then
            invalidArg
                (nameof settings)
                $"{settings.Count} more tokens after {prompt.Length} are beyond the model's {config.MaxTokens} \
                  positions; shorten the text or lower Count."

    // The text's tokens, one after the other, each chosen from its scores.
    let private continued
        (step: string)
        (settings: GenerateSettings)
        (choose: int -> float32[] -> int)
        (prompt: int[])
        (model: Model)
        : Continuation =
        Model.decoder model |> ignore
        let transformer = Model.runner model
        check transformer.Weights.Config settings prompt
        let cache = KeyValueCache transformer

        // An edit may depend on the place of a token in the text, so that the whole of it is run each time; so it is
        // where the angles of positions change with the text's length.
        let outputs (text: int[]) =
            if not model.Edits.Steps.IsEmpty then
                (transformer.Run(ReadOnlySpan text, Keep.Nothing)).Output
            else
                if not (cache.CanTake(text.Length - cache.Length)) then
                    cache.Clear()

                transformer
                    .Run(ReadOnlySpan(text, cache.Length, text.Length - cache.Length), Keep.Nothing, cache = cache)
                    .Output

        let rec next number (text: int[]) (added: Prediction list) =
            if number = settings.Count then
                added
            else
                let states = outputs text

                let scores =
                    (transformer.Logits(states.RowRange(states.Rows - 1, 1)).Row 0).ToArray()

                Residual.checkScores model scores
                let id = choose number scores

                if List.contains id settings.Stop then
                    added
                else
                    next (number + 1) (Array.append text [| id |]) (Residual.prediction model scores id :: added)

        let added = next 0 prompt [] |> List.rev |> Array.ofList
        let ids = added |> Array.map _.Id

        {
            Prompt = prompt
            Added = added
            Text =
                match Tokens.tryTokenizer model with
                | Some _ -> Tokens.decode ids model
                | None -> String.Join(" ", ids)
            Provenance = Model.passProvenance step model
        }

    let private likeliest (_: int) (scores: float32[]) = Array.IndexOf(scores, Array.max scores)

    /// <summary>A text, given by its token ids, continued by the likeliest token at each step; of equally likely ones
    /// the smallest id.</summary>
    /// <example><code lang="fsharp">
    /// (gpt2 |> Generate.greedyOfIds 2 (Tokens.ids "To kill two birds with one" gpt2)).Added |> Array.map _.Token
    /// </code> is <c>[|" of"; " the"|]</c>.</example>
    let greedyOfIds (count: int) (ids: int[]) (model: Model) : Continuation =
        continued
            $"{count} tokens, the likeliest each time"
            {
                GenerateSettings.Default with
                    Count = count
            }
            likeliest
            ids
            model

    /// <summary>A text continued by the likeliest token at each step.</summary>
    /// <param name="count">How many tokens.</param>
    /// <param name="text">Not empty.</param>
    /// <param name="model">A decoder with a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">The model is an encoder, the text has no token, or it would grow
    /// beyond the model's positions.</exception>
    /// <example><code lang="fsharp">(gpt2 |> Generate.greedy 5 "The").Text</code> is
    /// <c>" king, the king,"</c>.</example>
    /// <example><code lang="fsharp">bert |> Generate.greedy 5 "To kill two birds with one"</code> throws
    /// <c>ArgumentException</c>.</example>
    let greedy (count: int) (text: string) (model: Model) : Continuation =
        greedyOfIds count (Tokens.sequence text model) model

    // The tokens that may be drawn, likeliest first, with their shares.
    let private candidates (settings: GenerateSettings) (scores: float32[]) : int[] * float[] =
        let largest = float (Array.max scores)

        let shares =
            scores
            |> Array.map (fun score -> exp ((float score - largest) / settings.Temperature))

        // A stable sort: equal shares stand in the order of their ids.
        let ordered =
            List.init scores.Length id |> List.sortByDescending (fun id -> shares[id])

        let ids =
            settings.TopK
            |> Option.fold (fun kept count -> List.truncate count kept) ordered
            |> Array.ofList

        let sorted = ids |> Array.map (fun id -> shares[id])

        match settings.TopP with
        | None -> ids, sorted
        | Some share ->
            let wanted = share * Array.sum sorted
            let before = sorted |> Array.scan (+) 0.0
            let kept = before |> Array.takeWhile (fun sum -> sum < wanted) |> Array.length
            Array.truncate kept ids, Array.truncate kept sorted

    /// <summary>A text, given by its token ids, continued by tokens drawn by their probability.</summary>
    /// <example><code lang="fsharp">
    /// (gpt2 |> Generate.sampleOfIds (Seed 7UL) GenerateSettings.Default [| 483; 1472 |]).Ids |> Array.length
    /// </code> is <c>22</c>.</example>
    let sampleOfIds (seed: Seed) (settings: GenerateSettings) (ids: int[]) (model: Model) : Continuation =
        let draw number scores =
            let ids, shares = candidates settings scores
            let random = Sample.generator seed RandomStream.Generate number
            let target = random.NextUniform() * Array.sum shares

            let reached =
                shares
                |> Array.scan (+) 0.0
                |> Array.tail
                |> Array.findIndex (fun sum -> sum > target)

            ids[reached]

        continued $"up to {settings.Count} tokens by chance, {seed}" settings draw ids model

    /// <summary>A text continued by tokens drawn by their probability, in float64: the same seed gives the same text on
    /// any engine whose scores have the same bits.</summary>
    /// <param name="seed">Chooses the tokens.</param>
    /// <param name="settings">How many, how bold, where to stop.</param>
    /// <param name="text">Not empty.</param>
    /// <param name="model">A decoder with a tokenizer.</param>
    /// <exception cref="T:System.ArgumentException">The model is an encoder, a setting is out of range, the text has no
    /// token, or it would grow beyond the model's positions.</exception>
    /// <example><code lang="fsharp">
    /// let settings = { GenerateSettings.Default with Count = 6; Temperature = 0.8; TopK = Some 20 }
    /// (gpt2 |> Generate.sample (Seed 10UL) { settings with Count = 4 } "To kill two birds with one").Text
    /// </code> is <c>" or the young,"</c>.</example>
    /// <example><code lang="fsharp">
    /// gpt2 |> Generate.sample (Seed 7UL) { GenerateSettings.Default with Temperature = 0.0 } "one"
    /// </code> throws <c>ArgumentException</c> and names Generate.greedy.</example>
    let sample (seed: Seed) (settings: GenerateSettings) (text: string) (model: Model) : Continuation =
        sampleOfIds seed settings (Tokens.sequence text model) model
