namespace Workbench.Core.Tokenizers;

/// <summary>One token and the stretch of text that it came from.</summary>
/// <param name="Id">Its row in the model's embedding matrix.</param>
/// <param name="Text">What it stands for, <see cref="Vocabulary.Text"/> of its id: " world" for GPT-2's <c>Ġworld</c>,
/// "##ing" for BERT's.</param>
/// <param name="Start">
/// First UTF-16 code unit of the original string, so that <c>text.Substring(token.Start, token.Length)</c> is what the
/// token came from.
/// Python's and Rust's offsets count code points instead; the two differ after a character beyond U+FFFF.
/// </param>
/// <param name="Length">
/// Number of UTF-16 code units. A token that holds only some bytes of a character covers the whole character, so
/// neighbours may overlap.
/// </param>
public readonly record struct Token(int Id, string Text, int Start, int Length);
