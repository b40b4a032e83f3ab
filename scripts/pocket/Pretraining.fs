namespace Pocket

open System
open System.Collections.Generic
open System.Globalization
open System.IO
open Workbench
open Workbench.Core.Models
open Workbench.Core.Tokenizers
open Workbench.Core.Training
open Workbench.Core.Training.Optimisers
open Workbench.Core.Training.Tasks
open Workbench.Core.Training.Text
open type System.FormattableString

/// <summary>How long a language model is trained, and on how much at once.</summary>
type Schedule = {
    /// Sequences in a batch, each as long as the model has positions.
    Sequences: int
    Steps: int
    /// The highest learning rate; the last is a twentieth of it, and the first twentieth of the steps warms up.
    Peak: float
    /// Of the initial values and of the batches.
    Seed: uint64
}

/// <summary>A small language model that is to be trained from nothing: its shape, its text, and how long.</summary>
[<NoComparison; NoEquality>]
type Pretraining = {
    /// The name of the model's folder.
    Name: string
    Schedule: Schedule
    /// The text of its `config.json`.
    Config: string
    /// Its parameters hold the initial values.
    Model: ITrainable
    /// Token ids of the training text.
    Tokens: int[]
    /// How many different ids there are.
    Vocabulary: int
    Batches: IBatchSource
    HeldOut: IReadOnlyList<TokenBatch>
    /// What the batches' targets are.
    Objective: Objective
    /// Writes the tokenizer's files into a folder.
    WriteTokenizer: string -> unit
}

/// <summary>A model that was trained, and how well it predicts text that it has not seen.</summary>
[<NoComparison; NoEquality>]
type Pretrained = {
    /// Where its files are.
    Folder: string
    Curve: LossCurve
    /// Steps and seconds of training that were recorded; a run that was killed leaves no record.
    Recorded: int * float
    /// Perplexity on the held-out text.
    HeldOut: float
    /// The same with the values as they are stored, in half precision.
    Stored: float
    /// What counting tokens and pairs reaches on the same places.
    Baselines: Baselines
}

/// <summary>Trains small language models, so that a run that is broken off goes on when it is started again, and
/// measures them.</summary>
[<RequireQualifiedAccess>]
module Pretraining =
    let private saveEvery = TimeSpan.FromMinutes 2.0
    let private evaluateEvery = 500

    let private ids (tokenizer: Tokenizer) (texts: string seq) =
        texts |> Seq.collect (fun text -> tokenizer.EncodeToIds text) |> Array.ofSeq

    /// <summary>A decoder that learns to tell each next token of a corpus.</summary>
    /// <param name="name">Of its folder.</param>
    /// <param name="schedule">How long it is trained.</param>
    /// <param name="shape">Its vocabulary is as large as the one given.</param>
    /// <param name="vocabulary">Its tokens, that between documents last.</param>
    /// <param name="corpus">What it is trained on and what is held out.</param>
    let causal
        name
        (schedule: Schedule)
        (shape: TransformerConfig)
        (vocabulary: BytePairVocabulary)
        (corpus: TextCorpus)
        =
        let tokenizer = vocabulary.ToTokenizer()
        let tokens = ids tokenizer corpus.Training

        {
            Name = name
            Schedule = schedule
            Config = ConfigText.Of(shape, vocabulary.Ids[BytePairVocabulary.EndOfText])
            Model = CausalLanguageModel(shape, schedule.Seed)
            Tokens = tokens
            Vocabulary = shape.Tokens.Count
            Batches = CausalBatches(ReadOnlySpan tokens, schedule.Sequences, shape.MaxTokens, schedule.Seed)
            HeldOut =
                CausalBatches.Consecutive(
                    ReadOnlySpan(ids tokenizer corpus.HeldOut),
                    schedule.Sequences,
                    shape.MaxTokens
                )
            Objective = Objective.NextToken
            WriteTokenizer = fun folder -> vocabulary.Write(folder, shape.MaxTokens)
        }

    // BERT hides 15 %. With a small text and a short training more predictions of each batch count for more; 40 % was
    // better even for large models (Wettig et al., "Should You Mask 15% in Masked Language Modeling?", EACL 2023).
    let private hidden = 0.3

    /// <summary>An encoder that learns to tell hidden tokens of a corpus, 30 % of them, shown as BERT shows
    /// them.</summary>
    /// <param name="name">Of its folder.</param>
    /// <param name="schedule">How long it is trained.</param>
    /// <param name="shape">Its vocabulary is as large as the one given.</param>
    /// <param name="vocabulary">Its tokens, BERT's special ones among them.</param>
    /// <param name="corpus">What it is trained on and what is held out.</param>
    let masked
        name
        (schedule: Schedule)
        (shape: TransformerConfig)
        (vocabulary: WordPieceVocabulary)
        (corpus: TextCorpus)
        =
        let tokenizer = vocabulary.ToTokenizer()
        let rule = MaskingRule.Of(tokenizer, share = hidden)
        let tokens = ids tokenizer corpus.Training

        {
            Name = name
            Schedule = schedule
            Config = ConfigText.Of(shape, tokenizer.SpecialTokens["[PAD]"])
            Model = MaskedLanguageModel(shape, schedule.Seed)
            Tokens = tokens
            Vocabulary = shape.Tokens.Count
            Batches = MaskedBatches(ReadOnlySpan tokens, rule, schedule.Sequences, shape.MaxTokens, schedule.Seed)
            HeldOut =
                MaskedBatches.Consecutive(
                    ReadOnlySpan(ids tokenizer corpus.HeldOut),
                    rule,
                    schedule.Sequences,
                    shape.MaxTokens,
                    schedule.Seed
                )
            Objective = Objective.MaskedToken
            WriteTokenizer = fun folder -> vocabulary.Write(folder, shape.MaxTokens)
        }

    let private settings (plan: Pretraining) =
        let {
                Steps = steps
                Peak = peak
                Seed = seed
            } =
            plan.Schedule

        let rate =
            LearningRate(Peak = peak, Steps = steps, WarmUp = steps / 20, Floor = peak / 20.0)

        TrainingSettings(
            rate,
            EvaluateEvery = evaluateEvery,
            Provenance = readOnlyDict [ "initial values", $"seed {seed}"; "shape", plan.Config ]
        )

    let private words (progress: TrainingProgress) =
        let heldOut =
            match Option.ofNullable progress.HeldOutLoss with
            | Some loss -> Invariant $", held out {loss:F3}"
            | None -> ""

        let left = progress.TimeLeft.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)

        Invariant
            $"step {progress.Step:N0} loss {progress.Loss:F3}{heldOut} {progress.TokensPerSecond:N0} tokens/s {left} \
              left"

    // One line for each run that made steps: how many, and the seconds they took.
    let private record (path: string) (made: int) (seconds: float) =
        if made > 0 then
            File.AppendAllText(path, Invariant $"{made} {seconds:F0}\n")

        if File.Exists path then
            File.ReadAllLines path
            |> Array.map (fun line -> line.Split ' ')
            |> Array.fold
                (fun (steps, seconds) parts ->
                    steps + int parts[0], seconds + Double.Parse(parts[1], CultureInfo.InvariantCulture))
                (0, 0.0)
        else
            0, 0.0

    /// <summary>Trains a model and writes `model.safetensors`, in half precision, `config.json` and the tokenizer into
    /// a folder of its name.</summary>
    /// <remarks>`NAME.training` beside that folder holds the run, saved every two minutes: a run that was broken off
    /// goes on from there with the same bits, and one that has finished is only read. `NAME.pace` holds how long its
    /// runs took.</remarks>
    /// <param name="out">The folder for the model's folder; made when it is not there.</param>
    /// <param name="plan">What is trained, on what, and how long.</param>
    /// <exception cref="T:System.IO.InvalidDataException">The saved run is of another plan; the message names what
    /// differs.</exception>
    let run (out: string) (plan: Pretraining) : Pretrained =
        Directory.CreateDirectory out |> ignore
        let folder = Path.Combine(out, plan.Name)
        let training = TrainingRun(plan.Model, plan.Batches, plan.HeldOut, settings plan)

        let result =
            Progress.told plan.Name (fun tell ->
                let progress = {
                    new IProgress<TrainingProgress> with
                        member _.Report progress =
                            tell (float progress.Step / float progress.Steps) (words progress)
                }

                training.Run(
                    TrainingOptions(
                        Checkpoint = TrainingCheckpoint($"{folder}.training", saveEvery),
                        Progress = progress
                    )
                ))

        let made = result.Curve.Training.Count - result.ResumedAt
        let heldOut = Perplexity.Of(plan.Model, plan.HeldOut)
        ParameterFile.Write(folder, plan.Model.Parameters, plan.Config)
        plan.WriteTokenizer folder
        ParameterFile.Read(folder, plan.Model.Parameters)

        {
            Folder = folder
            Curve = result.Curve
            Recorded = record $"{folder}.pace" made result.Elapsed.TotalSeconds
            HeldOut = heldOut
            Stored = Perplexity.Of(plan.Model, plan.HeldOut)
            Baselines = Baselines.Measure(ReadOnlySpan plan.Tokens, plan.Vocabulary, plan.HeldOut, plan.Objective)
        }

    let private pace (plan: Pretraining) (trained: Pretrained) =
        match trained.Recorded with
        | 0, _ -> "not recorded"
        | steps, seconds ->
            let time =
                TimeSpan.FromSeconds(seconds).ToString(@"h\:mm", CultureInfo.InvariantCulture)

            let tokens = int64 steps * int64 plan.Batches.TokensPerBatch

            $"{time} h for {ModelCard.count steps} of the steps, evaluations included: \
              {ModelCard.count (int64 (float tokens / seconds))} tokens/s"

    /// The sections of a model card that follow from the training: its size and course, and how well it predicts.
    let sections (plan: Pretraining) (trained: Pretrained) : (string * string) list =
        let parameters = plan.Model.Parameters |> Seq.sumBy _.Shape.Elements
        let seen = int64 plan.Schedule.Steps * int64 plan.Batches.TokensPerBatch
        let number = ModelCard.fixedPoint 1

        [
            "Training",
            ModelCard.table [ "what"; "value" ] [
                [ "parameters"; ModelCard.count parameters ]
                [ "tokens of training text"; ModelCard.count plan.Tokens.Length ]
                [
                    "tokens seen"
                    $"{ModelCard.count seen}, {number (float seen / float plan.Tokens.Length)} times the text"
                ]
                [ "batches"; plan.Batches.Fingerprint ]
                [ "learning rate"; (settings plan).LearningRate.ToString() ]
                [
                    "optimizer"
                    (Invariant $"{(settings plan).Optimizer}; gradients clipped at norm {(settings plan).ClipNorm}")
                ]
                [ "seed"; string plan.Schedule.Seed ]
                [ "time"; pace plan trained ]
            ]
            + "\n\nCross-entropy in nats, the training loss as the mean of the last 100 steps:\n\n"
            + ModelCard.losses trained.Curve
            "Perplexity",
            $"On {ModelCard.count trained.Baselines.Scored} held-out places, the same for all rows:\n\n"
            + ModelCard.table [ "what predicts"; "perplexity" ] [
                [ "a uniform choice"; number (float plan.Vocabulary) ]
                [
                    "counts of tokens (unigram, additive smoothing)"
                    number trained.Baselines.Unigram
                ]
                [
                    "counts of pairs (bigram, smoothed by the unigram)"
                    number trained.Baselines.Bigram
                ]
                [ "the model as trained (float32)"; number trained.HeldOut ]
                [ "the model as stored (float16)"; number trained.Stored ]
            ]
        ]
