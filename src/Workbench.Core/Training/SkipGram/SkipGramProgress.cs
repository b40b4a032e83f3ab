using System;

namespace Workbench.Core.Training.SkipGram;

/// <summary>One moment of a training of <see cref="SkipGram"/>.</summary>
/// <remarks>
/// The loss is that of a learner who has just seen the words around: a paragraph repeats its words, and while the rate
/// is high the last few steps know them. So it starts to fall, and rises again as the rate goes down, while the loss of
/// the vectors at rest only falls (on 1.9 million words: 2.28, 2.19, 2.17 in three epochs at a rate of 0.025, and 3.03,
/// 2.96, 2.94 at rest after each).
/// </remarks>
/// <param name="Epoch">The pass over the text, from 1.</param>
/// <param name="Done">Share of the whole training, from 0 to 1.</param>
/// <param name="Loss">
/// Mean loss of this epoch's pairs so far, in nats: −ln σ(real) − Σ ln σ(−drawn), each taken before its step. It starts
/// at (negatives + 1)·ln 2 (a little less where a draw was the real word itself). The last report of an epoch is over
/// all its pairs; NaN while there are none.
/// </param>
/// <param name="Left">Time left, if it goes on as it went.</param>
public readonly record struct SkipGramProgress(int Epoch, double Done, double Loss, TimeSpan Left)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}
