namespace Workbench

open System
open System.IO
open Workbench.Core
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Tensors
open Workbench.Core.Tokenizers
open type System.FormattableString

/// <summary>A model or a tokenizer held against what another program has computed of it.</summary>
/// <category index="6">Stream</category>
[<StructuredFormatDisplay("{Display}")>]
type Verification = {
    /// The folder, without what lies before it.
    Name: string
    /// What `model_type` says, or "tokenizer"; empty where nothing was read.
    Family: string
    /// Each tensor of the other program's file, and how far ours is from it: the largest difference relative to the
    /// largest of its values. Of a tokenizer all its texts in one, 0 where all is equal and else infinite.
    Differences: (string * float) list
    /// Tensors of that file of which the model computes no like.
    Left: string list
    /// Why nothing was compared, if nothing was.
    Skipped: string option
} with

    /// The largest of the differences; NaN where nothing was compared.
    member this.Worst: float =
        match this.Differences with
        | [] -> nan
        | differences -> differences |> List.map snd |> List.max

    /// What was compared, in short: "logits.1, logits.7, 4 × hidden, 3 × attention".
    member this.Compared: string =
        let kind (name: string, _) =
            match name.LastIndexOf '.' with
            | dot when dot > 0 && not (name.Contains "logits") -> name[.. dot - 1]
            | _ -> name

        let groups =
            this.Differences
            |> List.groupBy kind
            |> List.map (fun (kind, tensors) ->
                if tensors.Length = 1 then
                    fst tensors.Head
                else
                    $"{tensors.Length} × {kind}")

        String.Join(", ", groups)

    member this.Display =
        match this.Skipped with
        | Some reason -> $"{this.Name}: skipped, {reason}"
        | None -> Invariant $"{this.Name} ({this.Family}): {this.Worst:``0.0e-0``} at worst of {this.Compared}"

    override this.ToString() = this.Display

/// <summary>Is a model computed right? Compares what is computed here with what the original library computes, stored
/// beside the model: of `NAME/` in `NAME.expected.safetensors`.</summary>
/// <remarks>That file holds `ids`, and of the text that they are `hidden.i` (0 is what the first block reads, the last
/// what the output head reads), `attention.i` (a pattern for each head), `attn_out.i`, `mlp_out.i`, `logits` or
/// `logits.N` of the first N tokens, and for encoders `token_types`, `pooled` and `last`. Where `hidden.0` has fewer
/// rows than there are ids, it and the others are of so many tokens. Several texts have their number before each name:
/// `0.ids`, `0.hidden.0` …</remarks>
/// <category index="6">Stream</category>
[<RequireQualifiedAccess>]
module Verify =
    /// <summary>What sums in single precision may differ by from those in double: 1e-4 of the largest value. Small
    /// models come within 1e-6.</summary>
    [<Literal>]
    let Tolerance = 1e-4

    let private ending = ".expected.safetensors"

    // Relative to the largest value that is wanted; infinite where shapes differ, or one is no number and the other
    // is.
    let private difference (wanted: float[]) (found: float32[]) =
        let apart (a: float) (b: float32) =
            let distance = abs (a - float b)

            if Double.IsNaN distance && not (Double.IsNaN a && Single.IsNaN b) then
                infinity
            else
                distance

        if wanted.Length <> found.Length then
            infinity
        else
            let largest =
                wanted |> Array.fold (fun largest value -> max largest (abs value)) 0.0

            let worst = Array.map2 apart wanted found |> Array.fold max 0.0

            if Double.IsInfinity worst then infinity
            elif largest > 0.0 then worst / largest
            else worst

    // The values here that are the like of a tensor, by its name and the text it is of; None where there are none.
    let private values (weights: TransformerWeights) (model: ITransformer) (ids: int[]) (types: int[]) (rows: int) =
        let blocks = weights.Config.Blocks.Count

        let run (keep: Place -> bool) (count: int) =
            model.Run(ReadOnlySpan(Array.truncate count ids), keep, null, ReadOnlySpan(Array.truncate count types))

        let pass = lazy run (fun place -> place.Kind <> PlaceKind.MlpHidden) rows

        let output count =
            if count = rows then
                pass.Value.Output
            else
                (run (fun _ -> false) count).Output

        let at (place: Place) =
            if pass.Value.Contains place then
                Some(pass.Value[place].ToArray())
            else
                None

        // What the first block reads, whatever is done to the embeddings before it.
        let embedded () =
            pass.Value.Places
            |> Seq.takeWhile (fun place -> place.Block < 0)
            |> Seq.tryLast
            |> Option.bind at

        let within = Option.filter (fun block -> block >= 0 && block < blocks)

        let number (text: string) =
            match Int32.TryParse text with
            | true, number -> Some number
            | _ -> None

        let logits count =
            if weights.HasHead && count > 0 && count <= ids.Length then
                Some((model.Logits(output count)).ToArray())
            else
                None

        fun (name: string) ->
            match List.ofArray (name.Split '.') with
            | [ "logits" ] -> logits ids.Length
            | [ "logits"; count ] -> number count |> Option.bind logits
            | [ "hidden"; index ] ->
                match number index with
                | Some 0 -> embedded ()
                | Some last when last = blocks -> Some(pass.Value.Output.ToArray())
                | other ->
                    other
                    |> Option.map (fun index -> index - 1)
                    |> within
                    |> Option.bind (Place.AfterBlock >> at)
            | [ "last" ] -> Some(pass.Value.Output.ToArray())
            | [ "attention"; block ] ->
                number block
                |> within
                |> Option.map (fun block ->
                    Array.init weights.Config.Blocks[block].Attention.Heads (fun head ->
                        pass.Value[Place.Pattern(block, head)].ToArray())
                    |> Array.concat)
            | [ "attn_out"; block ] -> number block |> within |> Option.bind (Place.AttentionOutput >> at)
            | [ "mlp_out"; block ] -> number block |> within |> Option.bind (Place.MlpOutput >> at)
            | [ "pooled" ] ->
                match model with
                | :? Transformer as plain when weights.HasPooler -> Some(plain.Pooled pass.Value.Output)
                | _ -> None
            | _ -> None

    /// <summary>Compares a model with a file of what another program has computed of it.</summary>
    /// <param name="expected">Its tensors, named as the module's remarks say.</param>
    /// <param name="model">A model with all its weights.</param>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The file holds no ids, or the model lacks a
    /// part.</exception>
    /// <exception cref="T:System.NotSupportedException">The model has a setting that is not supported.</exception>
    /// <example><code lang="fsharp">
    /// let expected = new Workbench.Core.Formats.MemoryTensors("by hand")
    /// let ids = Matrix.FromArray(1, 3, ReadOnlySpan [| 10.0f; 20.0f; 30.0f |])
    /// let embedded = (gpt2 |> Residual.ofIds [| 10; 20; 30 |]).States[1]
    /// let verified = expected.Add("ids", ids).Add("hidden.0", embedded).Add("other", ids) |> Verify.against gpt2
    /// verified.Differences, verified.Left
    /// </code> is <c>([("hidden.0", 0.0)], ["other"])</c>.</example>
    let against (model: Model) (expected: TensorFile) : Verification =
        let weights = Model.transformer model
        let running = Model.runner model
        let names = expected.Tensors |> Seq.map _.Name |> List.ofSeq

        let texts =
            names
            |> List.filter (fun name -> name = "ids" || name.EndsWith(".ids", StringComparison.Ordinal))
            |> List.map (fun name -> name[.. name.Length - 4])

        if texts.IsEmpty then
            raise (
                WeightFileException(
                    FileProblem.MissingTensor,
                    expected.Path,
                    "is not there: what was computed is compared for the text that they are",
                    "ids"
                )
            )

        let integers name =
            if expected.Contains name then
                expected.ReadDoubles name |> Array.map int
            else
                [||]

        let compared = [
            for text in texts do
                let ids, types = integers (text + "ids"), integers (text + "token_types")

                let rows =
                    if expected.Contains(text + "hidden.0") then
                        min ids.Length (int (expected.Find(text + "hidden.0")).Shape[0])
                    else
                        ids.Length

                let like = values weights running ids types rows

                for name in names do
                    let bare =
                        if name.StartsWith(text, StringComparison.Ordinal) then
                            name[text.Length ..]
                        else
                            ""

                    if bare <> "" && bare <> "ids" && bare <> "token_types" then
                        name, like bare |> Option.map (difference (expected.ReadDoubles name))
        ]

        let found =
            compared
            |> List.choose (fun (name, apart) -> apart |> Option.map (fun apart -> name, apart))

        let inputs = [ "ids"; "token_types" ]

        {
            Name = model.Weights.Name
            Family = weights.Config.Family
            Differences = found
            Left =
                names
                |> List.filter (fun name ->
                    not (List.exists (fst >> (=) name) found)
                    && not (
                        inputs
                        |> List.exists (fun input ->
                            name = input || name.EndsWith("." + input, StringComparison.Ordinal))
                    ))
            Skipped = None
        }

    let private skipped name reason = {
        Name = name
        Family = ""
        Differences = []
        Left = []
        Skipped = Some reason
    }

    let private nameOf (path: string) =
        nonNull (Path.GetFileName(Path.TrimEndingDirectorySeparator path))

    // What cannot be read is told, with the first line of the reason.
    let private attempt (folder: string) name (work: unit -> Verification) =
        let because (error: exn) =
            let reason = (error.Message.Split '\n')[0]
            skipped name (reason.Replace(folder + string Path.DirectorySeparatorChar, ""))

        try
            work ()
        with
        | :? IOException as error -> because error
        | :? UnauthorizedAccessException as error -> because error
        | :? NotSupportedException as error -> because error
        | :? ArgumentException as error -> because error

    /// <summary>Compares a model's folder with the file that lies beside it under its name. Skipped, with the reason,
    /// where there is no such file, and where the model cannot be read or run.</summary>
    /// <example><code lang="fsharp">Verify.model "no-such-folder"</code> is
    /// <c>no-such-folder: skipped, there is no no-such-folder.expected.safetensors beside it</c>.</example>
    let model (folder: string) : Verification =
        let folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath folder)
        let name = nameOf folder
        let partner = folder + ending

        if not (File.Exists partner) then
            skipped name $"there is no {name}{ending} beside it"
        elif not (Directory.Exists folder) then
            skipped name $"there is no folder {name} beside {name}{ending}"
        else
            attempt folder name (fun () ->
                use expected = SafetensorsFile.Open partner

                {
                    against (Model.load folder) expected with
                        Name = name
                })

    /// <summary>All models in a folder: every folder in it that holds weights, and every file of values that has lost
    /// its folder, by name.</summary>
    /// <exception cref="T:System.IO.DirectoryNotFoundException">There is no such folder.</exception>
    /// <example><code lang="fsharp">
    /// Verify.models (Option.get gpt2.Folder |> IO.Path.GetDirectoryName) |> List.map _.Name
    /// </code> is <c>["pocket-bert"; "pocket-gpt2"; "pocket-word2vec"]</c>.</example>
    let models (folder: string) : Verification list =
        let isModel (path: string) =
            Directory.EnumerateFiles path
            |> Seq.exists (fun file ->
                [
                    ".safetensors"
                    ".safetensors.index.json"
                    ".bin"
                    ".bin.index.json"
                    ".pt"
                    ".pth"
                    ".ckpt"
                ]
                |> List.exists (fun ending -> file.EndsWith(ending, StringComparison.Ordinal)))

        let folders =
            Directory.EnumerateDirectories folder |> Seq.filter isModel |> Seq.map nameOf

        let files =
            Directory.EnumerateFiles(folder, "*" + ending)
            |> Seq.map (fun file -> (nameOf file)[.. (nameOf file).Length - ending.Length - 1])

        Seq.append folders files
        |> Seq.distinct
        |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))
        |> Seq.map (fun name -> model (Path.Combine(folder, name)))
        |> List.ofSeq

    /// <summary>Compares a tokenizer's folder with `NAME.expected.json` in it or beside it: ids, spellings, places and
    /// decoding must be equal. Skipped, with the reason, where there is no such file, and where the tokenizer cannot be
    /// read.</summary>
    /// <example><code lang="fsharp">Verify.tokenizer "no-such-folder"</code> is
    /// <c>no-such-folder: skipped, there is no no-such-folder.expected.json in it or beside it</c>.</example>
    let tokenizer (folder: string) : Verification =
        let folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath folder)
        let name = nameOf folder

        if isNull (TokenizerComparison.Expected folder) then
            skipped name $"there is no {name}.expected.json in it or beside it"
        else
            attempt folder name (fun () ->
                let found = TokenizerComparison.Of folder

                let outcome =
                    match found.Rows, found.Wrong with
                    | 0, _ -> [ "no text", infinity ]
                    | rows, 0 -> [ $"{rows} texts", 0.0 ]
                    | rows, wrong -> [ $"{wrong} of {rows} texts, first {Excerpt.Of found.First}", infinity ]

                {
                    skipped name "" with
                        Family = "tokenizer"
                        Differences = outcome
                        Skipped = None
                })

    /// <summary>All tokenizers in a folder: every folder in it with a file of values, by name.</summary>
    /// <exception cref="T:System.IO.DirectoryNotFoundException">There is no such folder.</exception>
    /// <example><code lang="fsharp">
    /// Verify.tokenizers (Option.get gpt2.Folder |> IO.Path.GetDirectoryName) |> List.length
    /// </code> is <c>0</c>: those that ship have no such file.</example>
    let tokenizers (folder: string) : Verification list =
        Directory.EnumerateDirectories folder
        |> Seq.filter (TokenizerComparison.Expected >> isNull >> not)
        |> Seq.sortWith (fun a b -> String.CompareOrdinal(a, b))
        |> Seq.map tokenizer
        |> List.ofSeq

    /// <summary>Whether nothing is further off than <c>Verify.Tolerance</c>; what was skipped is not.</summary>
    /// <example><code lang="fsharp">Verify.model "no-such-folder" |> Verify.holds</code> is <c>true</c>.</example>
    let holds (verification: Verification) : bool =
        verification.Differences |> List.forall (fun (_, apart) -> apart <= Tolerance)

    /// <summary>A row for each: name, family, what was compared, the worst relative difference, and where that is; or
    /// why it was skipped.</summary>
    /// <example><code lang="fsharp">
    /// ([ Verify.model "no-such-folder" ] |> Verify.toTable).Headers
    /// </code> is <c>["model"; "family"; "compared"; "worst"; "note"]</c>.</example>
    let toTable (verifications: Verification seq) : Table =
        let note verification =
            match verification.Skipped, holds verification, verification.Left with
            | Some reason, _, _ -> $"skipped: {reason}"
            | None, false, _ ->
                let name, _ = verification.Differences |> List.maxBy snd
                $"WRONG at {name}"
            | None, true, [] -> ""
            | None, true, left -> "without " + String.Join(", ", left |> List.map Excerpt.Of)

        let orDash text = if text = "" then "–" else text

        verifications
        |> Table.ofItems [
            "model", (fun item -> Text item.Name)
            "family", (fun item -> Text(orDash item.Family))
            "compared", (fun item -> Text(orDash item.Compared))
            "worst",
            (fun item ->
                Text(
                    if item.Differences.IsEmpty then "–"
                    elif item.Worst = 0.0 then "0"
                    else Invariant $"{item.Worst:``0.0e-0``}"
                ))
            "note", (fun item -> Text(note item))
        ]
