namespace Workbench

open System
open System.IO
open Workbench.Core
open Workbench.Core.Formats
open Workbench.Core.Hub
open Workbench.Core.Models
open Workbench.Core.Models.Families
open Workbench.Core.Tensors
open Workbench.Core.Tokenizers
open type System.FormattableString

/// <summary>Named tensors with the tokenizer that goes with them: what every analysis starts from.</summary>
/// <category index="4">Models</category>
[<NoComparison; ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Model = {
    Weights: Weights
    /// The tensors, read one at a time when asked for; some of a checkpoint may be missing.
    Tensors: TensorFile
    /// The folder with its configuration and tokenizer, for a model that was read from one.
    Folder: string option
    /// How text becomes tokens, where files for it are at hand.
    Tokenizer: Lazy<Tokenizer option>
    /// The tensors by what they are for, where the model is a transformer of a family that is known here.
    Transformer: Lazy<TransformerWeights>
    /// What computes with its tensors; `Model.on` chooses.
    Engine: Engine
    /// What is changed in every pass over a text.
    Edits: Edits
} with

    /// Name, kind, number of tensors and of elements, and what is edited.
    member this.Display =
        let elements = this.Tensors.Tensors |> Seq.sumBy _.Shape.Elements
        let edits = this.Edits.Steps |> List.map (fun step -> $", {step}") |> String.Concat

        Invariant
            $"{this.Weights}: {this.Tensors.Tensors.Count} tensors, {elements:N0} elements, {this.Weights.File}{edits}"

    override this.ToString() = this.Display

/// <summary>Opens models and reads their tensors.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Model =
    let private tokenizerIn (folder: string) =
        let isThere name = File.Exists(Path.Combine(folder, name))

        if Tokenizer.Files |> Seq.exists isThere then
            Some(Tokenizer.Open folder)
        else
            None

    let private ofSource (source: ModelSource) : Model =
        if
            source.Origin = ModelOrigin.Pocket
            && not (File.Exists(Path.Combine(source.Path, ModelFiles.Config)))
        then
            raise (
                HubException(
                    HubProblem.NotAModel,
                    $"\"{source.Name}\"",
                    "holds word vectors, not a model",
                    $"Open it with WordVectors.load \"{source.Name}\"."
                )
            )

        let tensors = Checkpoint.Open source.Path

        let folder =
            if Directory.Exists source.Path then
                source.Path
            else
                Checkpoint.FolderOf source.Path

        {
            Weights =
                Weights.ofFile (if source.Origin = ModelOrigin.Pocket then Pocket else Real) source.Name tensors.Path
            Tensors = tensors
            Folder = Some folder
            Tokenizer =
                match tensors with
                | :? GgufFile as file when GgufTokenizer.IsIn file -> lazy Some(GgufTokenizer.Read file)
                | _ -> lazy tokenizerIn folder
            Transformer = lazy TransformerWeights(tensors, Family.ConfigOf tensors)
            Engine = Engine.cpu
            Edits = Edits.None
        }

    /// <summary>Opens a model by a hub id ("gpt2", "bert-base-uncased", "organisation/name"), the address of its page
    /// on the hub, a folder, or a file of weights, GGUF and ONNX among them. A branch, tag or commit may follow a hub
    /// id: "EleutherAI/pythia-70m@step1000".</summary>
    /// <remarks>Looked for in this order: among the pocket models, `name/` in the folder that WORKBENCH_MODELS names,
    /// the path itself, the hub's cache that Python tools share, and the hub, whose download shows its size before it
    /// starts. Nothing is read but the list of tensors.</remarks>
    /// <exception cref="T:Workbench.Core.Hub.HubException">It is nowhere; the message lists what was tried, names that
    /// are spelled alike, and three cures; of an unknown revision, those there are. Or it is there, and no
    /// model.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">Its file is damaged or of a kind that is not
    /// read.</exception>
    /// <example><code lang="fsharp">Model.load "pocket-gpt2"</code> is
    /// <c>pocket-gpt2 (Pocket): 76 tensors, 4,684,800 elements, …/model.safetensors</c>.</example>
    /// <example><code lang="fsharp">Model.load "./not-there"</code> throws <c>HubException</c> and lists where it
    /// looked.</example>
    let load (name: string) : Model =
        let settings = HubSettings.FromEnvironment()

        Progress.downloads (fun progress ->
            ModelSource.FindAsync(name, settings, progress = progress).GetAwaiter().GetResult())
        |> ofSource

    /// <summary>The branches and tags of a model on the hub, such as the checkpoints of its training, in natural order:
    /// step2 before step10. Where HF_HUB_OFFLINE is set, those that the cache knows.</summary>
    /// <exception cref="T:Workbench.Core.Hub.HubException">The hub does not answer, or knows no such model; or this is
    /// no hub id.</exception>
    /// <example><code lang="fsharp">Model.revisions "no hub id"</code> throws <c>HubException</c>.</example>
    let revisions (name: string) : HubRevision list =
        ModelSource.RevisionsAsync(name, HubSettings.FromEnvironment()).GetAwaiter().GetResult()
        |> List.ofSeq

    /// <summary>Opens a model as `load` does, without a download: None when it is not on this machine.</summary>
    /// <example><code lang="fsharp">Model.tryLocal "pocket-bert" |> Option.map _.Weights</code> is
    /// <c>Some pocket-bert (Pocket)</c>.</example>
    /// <example><code lang="fsharp">Model.tryLocal "./not-there"</code> is <c>None</c>.</example>
    let tryLocal (name: string) : Model option =
        ModelSource.FindLocal(name, HubSettings.FromEnvironment())
        |> Option.ofObj
        |> Option.map ofSource

    /// <summary>The first of several models that is on this machine and has what is needed.</summary>
    /// <example><code lang="fsharp">
    /// [ "./not-there"; "pocket-bert" ] |> Model.tryFirst Embedding.hasTokens |> Option.map _.Weights
    /// </code> is <c>Some pocket-bert (Pocket)</c>.</example>
    let tryFirst (needs: Model -> bool) (names: string list) : Model option =
        names |> List.tryPick (tryLocal >> Option.filter needs)

    /// <summary>The first of several models that is on this machine and has what is needed, and else a pocket
    /// model.</summary>
    /// <exception cref="T:Workbench.Core.Hub.HubException">The pocket model is not beside the library.</exception>
    /// <example><code lang="fsharp">
    /// ([ "./not-there" ] |> Model.firstOr "pocket-gpt2" Embedding.hasTokens).Weights
    /// </code> is <c>pocket-gpt2 (Pocket)</c>.</example>
    let firstOr (pocket: string) (needs: Model -> bool) (names: string list) : Model =
        tryFirst needs names |> Option.defaultWith (fun () -> load pocket)

    /// <summary>The model that WORKBENCH_MODEL names, a name, folder or file as `load` takes it; where it names none,
    /// the first of several that is on this machine and has what is needed, and else a pocket model.</summary>
    /// <exception cref="T:System.InvalidOperationException">The chosen model lacks what is needed: a choice is never
    /// passed over in silence.</exception>
    /// <example><code lang="fsharp">
    /// ([ "./not-there" ] |> Model.chosenOr "pocket-gpt2" Embedding.hasTokens).Weights
    /// </code> is <c>pocket-gpt2 (Pocket)</c>, unless WORKBENCH_MODEL names another.</example>
    let chosenOr (pocket: string) (needs: Model -> bool) (names: string list) : Model =
        match Environment.GetEnvironmentVariable "WORKBENCH_MODEL" with
        | null
        | "" -> firstOr pocket needs names
        | name ->
            let model = load name

            if not (needs model) then
                invalidOp
                    $"WORKBENCH_MODEL names {model.Weights}, which lacks what is needed here, such as token \
                      embeddings, a tokenizer or all of its blocks. Choose another, or none."

            model

    /// <summary>A model made in memory, e.g. a planted one.</summary>
    /// <example><code lang="fsharp">
    /// let weights = Weights.planted "mine" "four animals" (fun () -> [| 1uy |])
    /// let tensors = new Workbench.Core.Formats.MemoryTensors("mine")
    /// tensors.Add("wte.weight", animals.Values) |> Model.ofTensors weights None |> Embedding.tokens |> Labelled.shape
    /// </code> is <c>(4, 3)</c>.</example>
    let ofTensors (weights: Weights) (tokenizer: Tokenizer option) (tensors: MemoryTensors) : Model = {
        Weights = weights
        Tensors = tensors
        Folder = None
        Tokenizer = lazy tokenizer
        Transformer = lazy TransformerWeights(tensors, Family.ConfigOf tensors)
        Engine = Engine.cpu
        Edits = Edits.None
    }

    /// <summary>A model made in memory that a table describes.</summary>
    /// <example><code lang="fsharp">
    /// let shape = Workbench.Core.Models.Families.Gpt2.Config(blocks = 3)
    /// Model.ofTransformer gpt2.Weights None shape (new Workbench.Core.Formats.MemoryTensors("mine"))
    /// |> Attention.blocks
    /// |> List.length
    /// </code> is <c>3</c>.</example>
    let ofTransformer
        (weights: Weights)
        (tokenizer: Tokenizer option)
        (config: TransformerConfig)
        (tensors: MemoryTensors)
        : Model = {
        ofTensors weights tokenizer tensors with
            Transformer = lazy TransformerWeights(tensors, config)
    }

    // Of the tensors of a description: a block or two of any model, and what stands before and behind.
    let private shownTensors = 40

    // Characters of a note: a chat template has thousands.
    let private longestNote = 100

    /// <summary>What a model's file says of itself, as text of several lines: its notes (of a GGUF file all keys with
    /// their values), and each tensor's name, type and shape. Nothing of the weights is read; long values and long
    /// lists are cut.</summary>
    /// <example><code lang="fsharp">(Model.describe gpt2).Contains "wte.weight: F16 [10240, 192]"</code> is
    /// <c>true</c>.</example>
    let describe (model: Model) : string =
        let tensors = model.Tensors.Tensors

        let notes = [
            for note in model.Tensors.Metadata ->
                $"{Excerpt.Of(note.Key, longestNote)} = {Excerpt.Of(note.Value, longestNote)}"
        ]

        let listed = [ for tensor in Seq.truncate shownTensors tensors -> string tensor ]

        let more =
            match tensors.Count - shownTensors with
            | more when more > 0 -> [ Invariant $"… and {more:N0} more" ]
            | _ -> []

        String.Join("\n", [ string model ] @ notes @ listed @ more)

    /// <summary>The weights of a transformer by what they are for: norms, attention layers, MLPs. Each part is read
    /// when it is asked for.</summary>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">The model is of no family that is known here, or
    /// its config.json is missing.</exception>
    /// <example><code lang="fsharp">(Model.transformer gpt2).Config.Blocks.Count</code> is <c>6</c>.</example>
    let transformer (model: Model) : TransformerWeights = model.Transformer.Value

    /// What a file gives, or None where it is damaged, absent or of another kind: for questions, which are answered and
    /// never throw.
    let internal attempt (read: unit -> 'a) : 'a option =
        try
            Some(read ())
        with
        | :? IOException
        | :? UnauthorizedAccessException -> None

    /// <summary>The same, or None where the model is of no family that is known here or its config.json is missing,
    /// damaged or unreadable.</summary>
    /// <example><code lang="fsharp">(Model.tryTransformer bert).IsSome</code> is <c>true</c>.</example>
    let tryTransformer (model: Model) : TransformerWeights option = attempt (fun () -> transformer model)

    /// The model as its engine runs it, its edits made in every pass.
    let internal runner (model: Model) : ITransformer =
        let loaded = model.Engine.Load(transformer model)

        if model.Edits.Steps.IsEmpty then
            loaded
        else
            EditedTransformer(loaded, model.Edits.Changes)

    /// The weights of a model that tells a next token; an encoder is refused.
    let internal decoder (model: Model) : TransformerWeights =
        let weights = transformer model

        if not weights.Config.IsCausal then
            invalidArg
                (nameof model)
                $"{model.Weights} is an encoder, which sees the whole text at once and does not tell a next token; \
                  Residual.masked tells a masked one."

        weights

    /// <summary>A model with a low-rank adapter (LoRA) as PEFT saves it: each layer that the adapter changes is W +
    /// s·A·B, and everything that is asked of the model is asked of that. `FactoredMatrix.change` gives what it changed
    /// in a head.</summary>
    /// <param name="adapter">The adapter's folder, with adapter_config.json and its weights.</param>
    /// <param name="model">The model that it was trained on, which stays as it is.</param>
    /// <remarks>α/r and α/√r (use_rslora), ranks and α by pattern, layers stored either way round, modules_to_save and
    /// biases are obeyed; use_dora, other kinds of adapter, and any setting that is not known are refused by
    /// name.</remarks>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">There is no adapter, it does not fit the model,
    /// or a setting of it is not obeyed.</exception>
    /// <example><code lang="fsharp">gpt2 |> Model.withAdapter "not-there"</code> throws <c>WeightFileException</c>: it
    /// holds no adapter_config.json.</example>
    let withAdapter (adapter: string) (model: Model) : Model =
        let opened = LowRankAdapter.Open adapter
        let weights = tryTransformer model
        let tensors = new AdaptedTensors(model.Tensors, opened, Option.toObj weights)

        let name =
            string (Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath adapter)))

        let own = Weights.ofFile Real name opened.File

        {
            model with
                Tensors = tensors
                Weights = {
                    model.Weights with
                        Name = $"{model.Weights.Name} with {name}"
                        Digest =
                            lazy
                                (model.Weights.Sha256 + own.Sha256
                                 |> Text.Encoding.ASCII.GetBytes
                                 |> Security.Cryptography.SHA256.HashData
                                 |> Convert.ToHexStringLower)
                }
                Transformer =
                    lazy
                        (match weights with
                         | Some weights -> TransformerWeights(tensors, weights.Config)
                         | None -> TransformerWeights(tensors, Family.ConfigOf model.Tensors))
        }

    /// <summary>The same model, computed with by an engine: forward passes, and products and similarities of its
    /// tensors and of all that is made of them.</summary>
    /// <example><code lang="fsharp">
    /// (gpt2 |> Model.on Engine.reference |> Embedding.positions).Provenance.Engine.Name
    /// </code> is <c>"reference"</c>.</example>
    let on (engine: Engine) (model: Model) : Model = { model with Engine = engine }

    /// <summary>Where values that were read from the model or made of it come from: its weights, a step, its
    /// engine.</summary>
    /// <example><code lang="fsharp">gpt2 |> Model.provenance "heads" |> Provenance.describe</code> is
    /// <c>"pocket-gpt2 (Pocket): heads [cpu]"</c>.</example>
    let provenance (step: string) (model: Model) : Provenance =
        Provenance.ofWeights model.Weights step |> Provenance.on model.Engine

    /// Where a result of a pass comes from: the model's edits are steps of it.
    let internal passProvenance (step: string) (model: Model) : Provenance = {
        provenance step model with
            Steps = model.Edits.Steps @ [ step ]
    }

    /// <summary>Whether a tensor whose name ends so is there, whatever prefix the library that wrote the file has put
    /// before it.</summary>
    /// <example><code lang="fsharp">gpt2 |> Model.has "ln_f.weight"</code> is <c>true</c>.</example>
    let has (ending: string) (model: Model) : bool =
        let isIt (name: string) =
            (TensorNames.Plain name).EndsWith(ending, StringComparison.Ordinal)

        model.Tensors.Tensors |> Seq.exists (fun tensor -> isIt tensor.Name)
        || model.Tensors.Aliases.Keys |> Seq.exists isIt

    /// The stored names of the tensors that a name could mean: it, or one that ends in a dot and it, whatever wrappers
    /// have put before or into it. Several where two are equally plausible.
    let internal names (name: string) (model: Model) : string list =
        TensorNames.Find(model.Tensors, name) |> List.ofSeq

    /// The stored name of the one tensor that is meant by a name.
    let internal tryName (name: string) (model: Model) : string option =
        match names name model with
        | [ one ] -> Some one
        | _ -> None

    /// <summary>A tensor by its name, with numbered axes; vectors are one row.</summary>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">There is none of this name; the message lists
    /// close ones.</exception>
    /// <exception cref="T:System.ArgumentException">The name is the end of several, and none is more likely
    /// meant.</exception>
    /// <example><code lang="fsharp">gpt2 |> Model.tensor "h.0.mlp.c_fc.weight" |> Labelled.shape</code> is
    /// <c>(192, 768)</c>.</example>
    /// <example><code lang="fsharp">bert |> Model.tensor "embeddings.LayerNorm.bias" |> Labelled.shape</code> is
    /// <c>(1, 192)</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Model.tensor "h.9.mlp.c_fc.weight"</code> throws <c>WeightFileException</c>
    /// and lists close names.</example>
    let tensor (name: string) (model: Model) : Labelled =
        let full =
            match names name model with
            | [ one ] -> one
            | several when several.Length > 1 && not (model.Tensors.Contains name) ->
                let all = String.Join(", ", several |> List.map Excerpt.Of)
                invalidArg (nameof name) $"\"{Excerpt.Of name}\" could be any of {all}; give the whole name."
            | _ -> name

        let values = model.Tensors.ReadMatrix full

        Labelled.ofMatrix
            (Axis.numbered "row" values.Rows)
            (Axis.numbered "column" values.Columns)
            (provenance full model)
            values
