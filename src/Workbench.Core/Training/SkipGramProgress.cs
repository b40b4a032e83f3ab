using System;

namespace Workbench.Core.Training;

/// <summary>One moment of a training of <see cref="SkipGram"/>.</summary>
/// <param name="Epoch">The pass over the text, from 1.</param>
/// <param name="Done">Share of the whole training, from 0 to 1.</param>
/// <param name="Loss">
/// Mean loss of this epoch's pairs so far, in nats: −ln σ(real) − Σ ln σ(−drawn), each taken before its step. It starts at (negatives + 1)·ln 2
/// (a little less where a draw was the real word itself). The last report of an epoch is over all its pairs; NaN while there are none.
/// </param>
/// <param name="Left">Time left, if it goes on as it went.</param>
public readonly record struct SkipGramProgress(int Epoch, double Done, double Loss, TimeSpan Left);
