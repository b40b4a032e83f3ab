namespace Workbench

/// <summary>What a token stands for.</summary>
/// <category index="4">Models</category>
type TokenClass =
    /// A slot that no training text filled: `[unused17]`, or a row beyond the tokenizer's last token.
    | Unused
    /// One that steers the model, e.g. `[CLS]` or `<|endoftext|>`.
    | Special
    /// A byte (`<0x0A>`), or some bytes that are no whole character.
    | Bytes
    /// The rest of a word: `##ing`, or a byte-level token without a leading space.
    | Piece
    /// A word, or the beginning of one.
    | Word
