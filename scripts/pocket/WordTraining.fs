namespace Pocket

open System
open Workbench
open Workbench.Core.Training
open Workbench.Core.Training.SkipGram
open Workbench.Core.Training.Text
open type System.FormattableString

/// <summary>Trains word vectors by skip-gram.</summary>
[<RequireQualifiedAccess>]
module WordTraining =
    /// <summary>The vectors of a corpus's words, and the mean loss of every epoch in nats.</summary>
    /// <param name="name">What the progress is shown under.</param>
    /// <param name="settings">All that decides the result, the seed included.</param>
    /// <param name="corpus">The text.</param>
    let run
        (name: string)
        (settings: SkipGramSettings)
        (corpus: WordCorpus)
        : Workbench.Core.Words.WordVectors * float[] =
        let losses = Array.create settings.Epochs nan

        let vectors =
            Progress.told name (fun tell ->
                let progress = {
                    new IProgress<SkipGramProgress> with
                        member _.Report progress =
                            losses[progress.Epoch - 1] <- progress.Loss
                            tell progress.Done (Invariant $"epoch {progress.Epoch} loss {progress.Loss:F3}")
                }

                SkipGram.Train(corpus, settings, progress))

        vectors, losses

    /// The section of a model card that follows from the training: its settings, its text and its losses.
    let describe (settings: SkipGramSettings) (corpus: WordCorpus) (losses: float[]) : string =
        let number = ModelCard.fixedPoint 3

        ModelCard.table [ "what"; "value" ] [
            [ "words of text"; ModelCard.count corpus.WordsRead ]
            [ "of these in the vocabulary"; ModelCard.count corpus.Total ]
            [ "the rarest word occurs"; $"{Seq.last corpus.Counts} times" ]
            [
                "parameters"
                ModelCard.count (int64 corpus.Words.Count * int64 settings.Dimensions)
            ]
            [ "window"; string settings.Window ]
            [ "negative samples"; string settings.Negatives ]
            [ "sub-sampling threshold"; Invariant $"{settings.Subsampling}" ]
            [ "learning rate"; Invariant $"{settings.LearningRate}, falling linearly" ]
            [ "epochs"; string settings.Epochs ]
            [ "seed"; string settings.Seed ]
            [ "loss, first epochs to last"; String.Join(", ", losses |> Array.map number) ]
        ]
        + "\n\nWord vectors are trained on all of the text: they predict nothing that could be held out, and their \
           loss rises as the learning rate falls (it is that of a learner who has just seen the paragraph)."
