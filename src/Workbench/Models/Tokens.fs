namespace Workbench

open System
open Workbench.Core
open Workbench.Core.Formats
open Workbench.Core.Hub
open Workbench.Core.Tokenizers

/// <summary>Tokens of a model: text to tokens and back, and what each one is.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Tokens =
    /// <summary>The model's tokenizer.</summary>
    /// <exception cref="T:System.InvalidOperationException">No tokenizer file is at hand.</exception>
    /// <exception cref="T:Workbench.Core.Formats.WeightFileException">It is damaged, or of a kind that is not
    /// read.</exception>
    /// <example><code lang="fsharp">(Tokens.tokenizer gpt2).Vocabulary.Count</code> is <c>10240</c>.</example>
    /// <example><code lang="fsharp">
    /// let nothing = new Workbench.Core.Formats.MemoryTensors("mine")
    /// Model.ofTensors gpt2.Weights None nothing |> Tokens.tokenizer
    /// </code> throws <c>InvalidOperationException</c>.</example>
    let tokenizer (model: Model) : Tokenizer =
        match model.Tokenizer.Value with
        | Some tokenizer -> tokenizer
        | None ->
            invalidOp
                $"{model.Weights} has no tokenizer: put vocab.txt, or vocab.json and merges.txt, or tokenizer.json \
                  beside {model.Weights.File}."

    /// The tokenizer where one is at hand that can be read: what goes by number does without.
    let internal tryTokenizer (model: Model) : Tokenizer option =
        Model.attempt model.Tokenizer.Force |> Option.flatten

    /// <summary>Whether a tokenizer is at hand and can be read.</summary>
    /// <example><code lang="fsharp">gpt2 |> Tokens.has</code> is <c>true</c>.</example>
    let has (model: Model) : bool = (tryTokenizer model).IsSome

    let private mark (id: int) = $"⟨no token {id}⟩"

    let internal textIn (tokenizer: Tokenizer) (id: int) : string =
        if tokenizer.Vocabulary.Contains id then
            tokenizer.Vocabulary.Text id
        else
            mark id

    /// <summary>The tokens of a text, each with its place in it; none is put around it.</summary>
    /// <example><code lang="fsharp">
    /// gpt2 |> Tokens.pieces "The king" |> Array.map (fun token -> token.Id, token.Text)
    /// </code> is <c>[|(483, "The"); (1472, " king")|]</c>.</example>
    let pieces (text: string) (model: Model) : Token[] = (tokenizer model).Encode text

    /// <summary>The ids of a text's tokens.</summary>
    /// <example><code lang="fsharp">gpt2 |> Tokens.ids "The king said hello"</code> is
    /// <c>[|483; 1472; 596; 5219; 78|]</c>.</example>
    let ids (text: string) (model: Model) : int[] = (tokenizer model).EncodeToIds text

    /// <summary>The ids of a text as a model is run on it: between the tokens that its makers put around texts, `[CLS]`
    /// and `[SEP]` for BERT, the token that begins a text for Llama, none for GPT-2. None that the text itself begins
    /// or ends with is put twice, and a text that is to be continued gets nothing behind it.</summary>
    /// <example><code lang="fsharp">
    /// bert |> Tokens.sequence "the king" |> Array.map (fun id -> Tokens.text id bert)
    /// </code> is <c>[|"[CLS]"; "the"; "king"; "[SEP]"|]</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Tokens.sequence "The king"</code> is <c>[|483; 1472|]</c>.</example>
    let sequence (text: string) (model: Model) : int[] =
        let own = ids text model
        let whole = (tokenizer model).EncodeSequence text

        let before =
            [ 0 .. whole.Length - own.Length ]
            |> List.find (fun start -> ReadOnlySpan(whole, start, own.Length).SequenceEqual(ReadOnlySpan own))

        let prefix, suffix = Array.take before whole, Array.skip (before + own.Length) whole

        let isContinued = Model.tryTransformer model |> Option.exists _.Config.IsCausal

        Array.concat [
            if not (ReadOnlySpan(own).StartsWith(ReadOnlySpan prefix)) then
                prefix
            own
            if not isContinued && not (ReadOnlySpan(own).EndsWith(ReadOnlySpan suffix)) then
                suffix
        ]

    /// <summary>What a token stands for by itself: " world" for GPT-2's `Ġworld`, `##ing` for BERT's. A row for which
    /// the tokenizer has no token is marked as such, and without a tokenizer that can be read a token is its
    /// number.</summary>
    /// <exception cref="T:System.ArgumentException">The id is negative.</exception>
    /// <example><code lang="fsharp">gpt2 |> Tokens.text 1472</code> is <c>" king"</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Tokens.text 10240</code> is <c>"⟨no token 10240⟩"</c>: the last is
    /// 10239.</example>
    /// <example><code lang="fsharp">gpt2 |> Tokens.text -1</code> throws <c>ArgumentException</c>.</example>
    let text (id: int) (model: Model) : string =
        Check.atLeast 0 (nameof id) id

        match tryTokenizer model with
        | Some tokenizer -> textIn tokenizer id
        | None -> string id

    /// <summary>The UTF-8 bytes of a token, which need not be whole characters.</summary>
    /// <example><code lang="fsharp">gpt2 |> Tokens.bytes 1472</code> is <c>[|32uy; 107uy; 105uy; 110uy;
    /// 103uy|]</c>.</example>
    let bytes (id: int) (model: Model) : byte[] =
        (tokenizer model).Vocabulary.Bytes(id).ToArray()

    /// <summary>The text of several tokens together; a row for which the tokenizer has no token is marked as
    /// such.</summary>
    /// <exception cref="T:System.ArgumentException">An id is negative.</exception>
    /// <example><code lang="fsharp">gpt2 |> Tokens.decode [| 483; 1472 |]</code> is <c>"The king"</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Tokens.decode [| 483; 10240 |]</code> is <c>"The⟨no token
    /// 10240⟩"</c>.</example>
    let decode (ids: int[]) (model: Model) : string =
        let tokenizer = tokenizer model
        ids |> Array.iter (Check.atLeast 0 (nameof ids))

        let between = if tokenizer.JoinsWithSpaces then " " else ""

        // Neighbours are decoded together, since one character may be spread over several tokens.
        (ids, [])
        ||> Array.foldBack (fun id runs ->
            match tokenizer.Vocabulary.Contains id, runs with
            | true, Choice1Of2 run :: rest -> Choice1Of2(id :: run) :: rest
            | true, _ -> Choice1Of2 [ id ] :: runs
            | false, _ -> Choice2Of2 id :: runs)
        |> List.map (function
            | Choice1Of2 run -> tokenizer.Decode(ReadOnlySpan(Array.ofList run))
            | Choice2Of2 id -> mark id)
        |> String.concat between

    /// <summary>The token that is exactly this text, or that is shown so, or None when it takes several. A leading
    /// space matters to GPT-2; Llama's words may be written with it or without.</summary>
    /// <example><code lang="fsharp">gpt2 |> Tokens.tryWord " king"</code> is <c>Some 1472</c>.</example>
    /// <example><code lang="fsharp">bert |> Tokens.tryWord "##ing" |> Option.map (fun id -> Tokens.text id bert)</code>
    /// is <c>Some "##ing"</c>: a piece under the name that it has in a table.</example>
    /// <example><code lang="fsharp">gpt2 |> Tokens.tryWord " zebra"</code> is <c>None</c>.</example>
    let tryWord (word: string) (model: Model) : int option =
        match (tokenizer model).TryWord word with
        | true, id -> Some id
        | _ -> None

    /// <summary>The token of a word in the other place that a vocabulary knows: with or without the space before it
    /// (" people" beside "people") for vocabularies that keep spaces (`Ġ`, `▁`), inside a longer word ("##people") or
    /// at a word's end ("people&lt;/w&gt;") for others. None when that takes several tokens.</summary>
    /// <example><code lang="fsharp">gpt2 |> Tokens.tryOtherForm "people"</code> is <c>Some 1233</c>.</example>
    /// <example><code lang="fsharp">
    /// bert |> Tokens.tryOtherForm "all" |> Option.map (fun id -> Tokens.text id bert)
    /// </code> is <c>Some "##all"</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Tokens.tryOtherForm "zebra"</code> is <c>None</c>.</example>
    let tryOtherForm (word: string) (model: Model) : int option =
        match (tokenizer model).TryOtherForm word with
        | true, id, _ -> Some id
        | _ -> None

    /// Why a text is not one token, in words, with the other form where that is one.
    let internal notOne (word: string) (model: Model) : string =
        let tokenizer = tokenizer model
        let isOne, _, other = tokenizer.TryOtherForm word

        let shown = Excerpt.Of(word, 60)

        let parts =
            match tokenizer.Encode word with
            | [||] -> $"\"{shown}\" has no token in {model.Weights}."
            | [| _ |] -> $"\"{shown}\" is no word that {model.Weights} can spell."
            | several ->
                let texts =
                    several
                    |> Seq.truncate 6
                    |> Seq.map (fun token -> $"\"{Excerpt.Of(token.Text, 20)}\"")

                let listed = String.concat ", " texts
                let more = if several.Length > 6 then ", …" else ""
                $"\"{shown}\" is {several.Length} tokens of {model.Weights}: {listed}{more}."

        // Who comes from Python may know a token as its file writes it.
        match tokenizer.Vocabulary.TryFind word with
        | true, id when tokenizer.Vocabulary.Text id <> word ->
            $"{parts} \"{shown}\" is how its file writes \"{Excerpt.Of(tokenizer.Vocabulary.Text id, 60)}\"."
        | _ when isOne -> $"{parts} \"{Excerpt.Of(other, 60)}\" is one."
        | _ -> parts

    /// <summary>The token that is exactly this text.</summary>
    /// <exception cref="T:System.ArgumentException">It takes several tokens, or the vocabulary cannot spell it; where
    /// the word is one token with or without a space before it, or inside a longer word, the message offers
    /// that.</exception>
    /// <example><code lang="fsharp">gpt2 |> Tokens.word " king"</code> is <c>1472</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Tokens.word "queen"</code> throws <c>ArgumentException</c> and offers the
    /// spelling with a space before it.</example>
    let word (word: string) (model: Model) : int =
        match tryWord word model with
        | Some id -> id
        | None -> invalidArg (nameof word) (notOne word model)

    /// <summary>What the token of an id is; a row for which the tokenizer has no token is Unused.</summary>
    /// <exception cref="T:System.ArgumentException">The id is negative.</exception>
    /// <example><code lang="fsharp">bert |> Tokens.classOf 1</code> is <c>Unused</c>.</example>
    /// <example><code lang="fsharp">gpt2 |> Tokens.classOf 1472</code> is <c>Word</c>.</example>
    let classOf (id: int) (model: Model) : TokenClass =
        let tokenizer = tokenizer model
        Check.atLeast 0 (nameof id) id

        let piece =
            if tokenizer.Vocabulary.Contains id then
                tokenizer.Vocabulary.Piece id
            else
                "[unused"

        if piece.StartsWith("[unused", StringComparison.Ordinal) then
            Unused
        elif tokenizer.SpecialTokens.ContainsKey piece then
            Special
        elif tokenizer.IsBytes id then
            Bytes
        elif tokenizer.IsContinuation id then
            Piece
        else
            Word

    /// <summary>The classes of the ids from 0 to one less than `count`.</summary>
    /// <example><code lang="fsharp">bert |> Tokens.classes 8192 |> Array.countBy id</code> is
    /// <c>[|(Special, 5); (Unused, 256); (Word, 6265); (Piece, 1666)|]</c>.</example>
    let classes (count: int) (model: Model) : TokenClass[] =
        Array.init count (fun id -> classOf id model)

    /// <summary>The bytes of a token in hexadecimal; empty without a tokenizer.</summary>
    /// <example><code lang="fsharp">gpt2 |> Tokens.hexadecimal 1472</code> is <c>"20 6b 69 6e 67"</c>.</example>
    let hexadecimal (id: int) (model: Model) : string =
        if has model then
            bytes id model |> Array.map (sprintf "%02x") |> String.concat " "
        else
            ""

    /// <summary>The ids of a class, in order.</summary>
    /// <example><code lang="fsharp">Tokens.classes 8192 bert |> Tokens.ofClass Special</code> is
    /// <c>[|0; …|]</c>.</example>
    let ofClass (wanted: TokenClass) (classes: TokenClass[]) : int[] = [|
        for id in 0 .. classes.Length - 1 do
            if classes[id] = wanted then
                id
    |]

    /// <summary>Tokens as a table: id, text, class.</summary>
    /// <example><code lang="fsharp">bert |> Tokens.table [ 0..4 ]</code> is <c>5 rows × 3 columns id token class
    /// …</c>.</example>
    let table (ids: seq<int>) (model: Model) : Table =
        ids
        |> Table.ofItems [
            "id", int64 >> Count
            "token", (fun id -> Text(text id model))
            "class", (fun id -> Text(string (classOf id model)))
        ]

    /// <summary>Messages as a model that was taught to converse wants them written, the beginning of its answer put
    /// behind: by its chat template (`chat_template` in `tokenizer_config.json`, or `chat_template.jinja`; in a GGUF
    /// file `tokenizer.chat_template`), in the part of Jinja's language that such templates use.</summary>
    /// <remarks>The special tokens are written out, and `Tokens.ids` finds them; a template that writes the token which
    /// begins a text says so itself.</remarks>
    /// <exception cref="T:System.InvalidOperationException">The model has no chat template.</exception>
    /// <exception cref="T:Workbench.Core.Tokenizers.Chat.ChatTemplateException">It refuses the messages, or uses what
    /// is not read; the message shows it.</exception>
    /// <example><code lang="fsharp">gpt2 |> Tokens.chat [ User, "Hello" ]</code> throws
    /// <c>InvalidOperationException</c>: it was not taught to converse.</example>
    let chat (messages: (Speaker * string) list) (model: Model) : string =
        let role speaker =
            match speaker with
            | Instructions -> "system"
            | User -> "user"
            | Assistant -> "assistant"

        let template =
            match model.Tensors with
            | :? GgufFile as file when GgufTokenizer.IsIn file -> ChatTemplateFile.In file |> Option.ofObj
            | _ -> model.Folder |> Option.bind (ChatTemplateFile.Find >> Option.ofObj)

        match template with
        | Some template -> template.Format [ for speaker, text in messages -> struct (role speaker, text) ]
        | None ->
            invalidOp
                $"{model.Weights} has no chat template, neither chat_template in tokenizer_config.json nor \
                  {ModelFiles.ChatTemplate} nor tokenizer.chat_template in a GGUF file: write the text as its makers \
                  say."
