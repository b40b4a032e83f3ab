// Trains the three pocket models from a folder of plain text:
//
//     dotnet fsi scripts/make-pocket-models.fsx TEXTS [OUT] [gpt2] [bert] [word2vec]
//
// TEXTS holds .txt files; OUT, by default src/Workbench/Pocket, gets a folder for each model. Names choose which are trained; none means all.
// Training saves itself beside the model every two minutes: what was broken off goes on when it is started again. The same texts give the same bits.
#load "prelude.fsx"

open System
open System.IO
open System.Text.Json
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Training

let seed = 7UL

let texts, out, chosen =
    let names = [ "gpt2"; "bert"; "word2vec" ]
    let chosen, paths = fsi.CommandLineArgs |> Array.toList |> List.tail |> List.partition (fun argument -> List.contains argument names)

    match paths with
    | [ texts ] -> texts, Path.Combine(__SOURCE_DIRECTORY__, "..", "src", "Workbench", "Pocket"), (if chosen = [] then names else chosen)
    | [ texts; out ] -> texts, out, (if chosen = [] then names else chosen)
    | _ ->
        eprintfn "dotnet fsi scripts/make-pocket-models.fsx TEXTS [OUT] [gpt2] [bert] [word2vec]"
        exit 2

Directory.CreateDirectory out |> ignore
let corpus = TextCorpus.Read texts

let json (values: (string * obj) list) = JsonSerializer.Serialize(dict values, JsonSerializerOptions(WriteIndented = true))

let train name (model: ITrainable) batches heldOut steps peak config =
    let folder = Path.Combine(out, name)
    let rate = LearningRate(Peak = peak, Steps = steps, WarmUp = steps / 20, Floor = peak / 20.0)
    let settings = TrainingSettings(rate, EvaluateEvery = 500, Provenance = readOnlyDict [ "initial values", $"seed {seed}"; "shape", config ])
    let checkpoint = TrainingCheckpoint(Path.Combine(out, name + ".training"), TimeSpan.FromMinutes 2.0)
    let watch = Diagnostics.Stopwatch.StartNew()

    let report =
        { new IProgress<TrainingProgress> with
            member _.Report progress =
                if progress.Step % 50 = 0 then
                    printfn $"{name} {progress.Step}/{progress.Steps} loss {progress.Loss:F3} held out {progress.HeldOutLoss} {progress.TokensPerSecond:F0} tokens/s {watch.Elapsed:c} left {progress.TimeLeft}" }

    let result = TrainingRun(model, batches, heldOut, settings).Run(TrainingOptions(Checkpoint = checkpoint, Progress = report))
    ParameterFile.Write(folder, model.Parameters, config)
    result

let gpt2 () =
    let vocabulary = BytePairTraining.Train(corpus.Training, 10240)
    let tokenizer = vocabulary.ToTokenizer()
    let ids texts = texts |> Seq.collect (fun (text: string) -> tokenizer.EncodeToIds text) |> Array.ofSeq
    let training, heldOut = ids corpus.Training, ids corpus.HeldOut
    printfn $"gpt2: {training.Length:N0} tokens to train on, {heldOut.Length:N0} held out"
    let shape = Gpt2Config(VocabularySize = 10240, Positions = 256, Width = 192, Blocks = 6, Heads = 6)

    let config =
        json [
            "architectures", [| "GPT2LMHeadModel" |]
            "model_type", "gpt2"
            "vocab_size", shape.VocabularySize
            "n_positions", shape.Positions
            "n_embd", shape.Width
            "n_layer", shape.Blocks
            "n_head", shape.Heads
            "activation_function", "gelu_new"
            "layer_norm_epsilon", shape.NormEpsilon
            "tie_word_embeddings", true
            "bos_token_id", 10239
            "eos_token_id", 10239
        ]

    train "pocket-gpt2" (CausalLanguageModel(shape, seed)) (CausalBatches(training, 16, 256, seed)) (CausalBatches.Consecutive(heldOut, 16, 256)) 3500 1e-3 config |> ignore
    vocabulary.Write(Path.Combine(out, "pocket-gpt2"), shape.Positions)

let bert () =
    let vocabulary = WordPieceTraining.Train(corpus.Training, 8192, 256)
    let tokenizer = vocabulary.ToTokenizer()
    let ids texts = texts |> Seq.collect (fun (text: string) -> tokenizer.EncodeToIds text) |> Array.ofSeq
    let training, heldOut = ids corpus.Training, ids corpus.HeldOut
    printfn $"bert: {training.Length:N0} tokens to train on, {heldOut.Length:N0} held out"
    let shape = BertConfig(VocabularySize = 8192, Positions = 128, Width = 192, Blocks = 4, Heads = 6, InnerWidth = 768, Activation = Activation.GeluNew, TiedHead = Nullable true)

    let config =
        json [
            "architectures", [| "BertForMaskedLM" |]
            "model_type", "bert"
            "vocab_size", shape.VocabularySize
            "max_position_embeddings", shape.Positions
            "type_vocab_size", shape.TokenTypes
            "hidden_size", shape.Width
            "num_hidden_layers", shape.Blocks
            "num_attention_heads", shape.Heads
            "intermediate_size", shape.InnerWidth
            "hidden_act", "gelu_new"
            "layer_norm_eps", shape.NormEpsilon
            "tie_word_embeddings", true
            "pad_token_id", 0
        ]

    let rule = MaskingRule.Of tokenizer
    train "pocket-bert" (MaskedLanguageModel(shape, seed)) (MaskedBatches(training, rule, 32, 128, seed)) (MaskedBatches.Consecutive(heldOut, rule, 32, 128, seed)) 3200 1e-3 config |> ignore
    vocabulary.Write(Path.Combine(out, "pocket-bert"), shape.Positions)

for name in chosen do
    match name with
    | "gpt2" -> gpt2 ()
    | "bert" -> bert ()
    | _ -> ()
