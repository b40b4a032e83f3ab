namespace Workbench

open System
open Workbench.Core.Tokenizers

/// <summary>Tokens of a model: text to tokens and back, and what each one is.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Tokens =
    /// <summary>The model's tokenizer.</summary>
    /// <exception cref="T:System.InvalidOperationException">No tokenizer file is at hand.</exception>
    let tokenizer (model: Model) : Tokenizer =
        match model.Tokenizer.Value with
        | Some tokenizer -> tokenizer
        | None ->
            invalidOp
                $"{model.Weights} has no tokenizer: put vocab.txt, or vocab.json and merges.txt, or tokenizer.json beside {model.Weights.File}."

    /// <summary>The tokens of a text, each with its place in it; none is put around it.</summary>
    /// <example><code lang="fsharp">gpt2 |> Tokens.pieces "hello world" |> Array.map _.Id</code> is [| 31373; 995
    /// |].</example>
    let pieces (text: string) (model: Model) : Token[] = (tokenizer model).Encode text

    /// The ids of a text's tokens.
    let ids (text: string) (model: Model) : int[] = (tokenizer model).EncodeToIds text

    /// What a token stands for by itself: " world" for GPT-2's `Ġworld`, `##ing` for BERT's.
    let text (id: int) (model: Model) : string = (tokenizer model).Vocabulary.Text id

    /// The UTF-8 bytes of a token, which need not be whole characters.
    let bytes (id: int) (model: Model) : byte[] =
        (tokenizer model).Vocabulary.Bytes(id).ToArray()

    /// The text of several tokens together.
    let decode (ids: int[]) (model: Model) : string = (tokenizer model).Decode ids

    /// <summary>The token that is exactly this text, or None when it takes several. A leading space matters to
    /// GPT-2.</summary>
    /// <example><code lang="fsharp">gpt2 |> Tokens.tryWord " hello"</code> is Some 23748, without the space Some
    /// 31373.</example>
    let tryWord (word: string) (model: Model) : int option =
        match (tokenizer model).TryWord word with
        | true, id -> Some id
        | _ -> None

    /// The token of a word in the other place that a vocabulary knows: behind a space for byte-level BPE (" people"
    /// beside "people"),
    /// inside a longer word for WordPiece ("##people"). None when that takes several tokens.
    let tryOtherForm (word: string) (model: Model) : int option =
        match tokenizer model with
        | :? WordPieceTokenizer as pieces ->
            match pieces.Vocabulary.TryFind(("##" + word).AsSpan()) with
            | true, id -> Some id
            | _ -> None
        | _ -> tryWord (" " + word) model

    /// What the token of an id is.
    let classOf (id: int) (model: Model) : TokenClass =
        let tokenizer = tokenizer model
        let piece = tokenizer.Vocabulary.Piece id

        if piece.StartsWith("[unused", StringComparison.Ordinal) then
            Unused
        elif tokenizer.SpecialTokens.ContainsKey piece then
            Special
        else
            match tokenizer with
            | :? WordPieceTokenizer when piece.StartsWith("##", StringComparison.Ordinal) -> Piece
            | :? BytePairTokenizer when not (tokenizer.Vocabulary.Text(id).StartsWith ' ') -> Piece
            | _ -> Word

    /// The classes of the ids from 0 to one less than `count`.
    let classes (count: int) (model: Model) : TokenClass[] =
        Array.init count (fun id -> classOf id model)
