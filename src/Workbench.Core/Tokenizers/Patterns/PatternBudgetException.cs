using System;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>A tokenizer's pattern goes back over a text so often that the time would grow with the square of its
/// length, or worse.</summary>
/// <param name="pattern">The pattern.</param>
/// <param name="length">UTF-16 units of the text.</param>
public sealed class PatternBudgetException(string pattern, int length) : InvalidOperationException(
    $"The pattern \"{Excerpt.Of(pattern, 80)}\" of this tokenizer takes more than {TextPattern.Budget(length)} "
        + $"steps for a text of {length} characters, a time that grows with its square or worse. Cut the text into "
        + "shorter ones.");
