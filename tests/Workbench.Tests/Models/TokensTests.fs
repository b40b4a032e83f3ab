module Workbench.Tests.TokensTests

open System
open System.IO
open Xunit
open FsUnit.Xunit
open Workbench
open Workbench.Core.Formats
open Workbench.Core.Models
open Workbench.Core.Tensors

/// A folder with these texts and a table of token embeddings, deleted afterwards.
let withFolder (files: (string * string) list) (rows: int) (table: string) (test: Model -> unit) =
    let folder = Directory.CreateTempSubdirectory("workbench-tokens-").FullName

    try
        for name, content in files do
            File.WriteAllText(Path.Combine(folder, name), content)

        let values = Matrix.FromArray(rows, 2, ReadOnlySpan(Array.init (2 * rows) float32))
        SafetensorsWriter().Add(table, values).Write(Path.Combine(folder, "model.safetensors"))
        test (Model.load folder)
    finally
        Directory.Delete(folder, recursive = true)

let bertTable = "bert.embeddings.word_embeddings.weight"

let padded = [
    "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n[unused0]\nhello\n##people\nking\n"
    "tokenizer_config.json", """{"do_lower_case": true}"""
]

[<Fact>]
let ``Rows for which there is no token are marked and unused`` () =
    withFolder padded 12 bertTable (fun model ->
        let classes = Tokens.classes 12 model
        classes.Length |> should equal 12

        classes
        |> Array.skip 5
        |> should equal [| Unused; Word; Piece; Word; Unused; Unused; Unused |]

        Tokens.text 9 model |> should equal "⟨no token 9⟩"

        Tokens.decode [| 6; 7; 9; 11; 8 |] model
        |> should equal "hellopeople ⟨no token 9⟩ ⟨no token 11⟩ king"

        (Embedding.tokens model).Rows.Label 11 |> should equal "⟨no token 11⟩"

        (fun () -> Tokens.text -1 model |> ignore)
        |> should throw typeof<ArgumentException>)

[<Fact>]
let ``Bytes of one character that two tokens share are decoded together`` () =
    let model = Model.load "pocket-gpt2"
    let ids = Tokens.ids "a€b" model
    Tokens.decode ids model |> should equal "a€b"

    Tokens.decode (Array.append ids [| 1_000_000 |]) model
    |> should equal "a€b⟨no token 1000000⟩"

let unreadable = [
    "tokenizer.json", """{"model": {"type": "Trigram", "vocab": [["a", 0.0]]}}"""
    "tokenizer.json",
    """{"pre_tokenizer": {"type": "Sequence"}, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"""
    "tokenizer.json", "{"
    "tokenizer.json", ""
    "vocab.json", """{"a": 0}"""
    "vocab.txt", "a\nb\n"
]

[<Fact>]
let ``A tokenizer that cannot be read keeps nobody from embeddings and ids`` () =
    for file in unreadable do
        withFolder [ file ] 3 bertTable (fun model ->
            let all = Embedding.tokens model
            Labelled.shape all |> should equal (3, 2)
            Axis.labels all.Rows |> should equal [| "0"; "1"; "2" |]
            all.Provenance.Steps |> List.exists _.Contains("numbered") |> should equal true

            (Embedding.ofTokens [| "x", 2 |] model |> Labelled.row 0)
            |> should equal [| 4.0; 5.0 |]

            Tokens.text 2 model |> should equal "2"
            Tokens.has model |> should equal false

            (fun () -> Tokens.ids "a" model |> ignore)
            |> should throw typeof<WeightFileException>)

[<Fact>]
let ``Settings that cannot be read keep nobody from embeddings, and questions are answered`` () =
    for config in
        [
            "{"
            "[1]"
            """{"model_type": "llama"}"""
            """{"n_head": "x"}"""
            """{"vocab_size": -1}"""
            "\000\000"
        ] do
        for table in [ bertTable; "transformer.wte.weight"; "x.weight" ] do
            withFolder (("config.json", config) :: padded) 9 table (fun model ->
                Residual.canRun model |> should equal false
                Embedding.hasTokens model |> should equal (table <> "x.weight")
                Embedding.hasPositions model |> should equal false
                Attention.has (Block 0) model |> should equal false
                Attention.has (Block -1) model |> should equal false
                Model.has "weight" model |> should equal true
                Tokens.has model |> ignore

                if table <> "x.weight" then
                    Labelled.shape (Embedding.tokens model) |> should equal (9, 2))

[<Fact>]
let ``Questions about a model without config or tokenizer are answered`` () =
    withFolder [] 3 "h.0.attn.c_attn.weight" (fun model ->
        Residual.canRun model |> should equal false
        Tokens.has model |> should equal false
        Embedding.hasTokens model |> should equal false
        Attention.has (Block 0) model |> should equal false)

[<Fact>]
let ``A model runs by ids whatever its tokenizer is`` () =
    let folder = Directory.CreateTempSubdirectory("workbench-tokens-").FullName

    try
        let pocket = Option.get (Model.load "pocket-gpt2").Folder

        for name in [ "config.json"; "model.safetensors" ] do
            File.Copy(Path.Combine(pocket, name), Path.Combine(folder, name))

        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), snd unreadable[0])
        let model = Model.load folder
        Residual.canRun model |> should equal true
        let stream = Residual.ofIds [| 5; 6 |] model
        Axis.labels stream.Tokens |> should equal [| "5"; "6" |]

        (Residual.logitLens 2 stream |> Array.last |> Array.last).Length
        |> should equal 2
    finally
        Directory.Delete(folder, recursive = true)

let refusal (action: unit -> 'a) =
    Assert.Throws<ArgumentException>(fun () -> action () |> ignore).Message

[<Fact>]
let ``The other spelling of a token is offered where only that one exists`` () =
    let files = [
        "vocab.json", """{"a": 0, "b": 1, "Ġ": 2, "Ġa": 3, "ab": 4, "c": 5}"""
        "merges.txt", "#version: 0.2\nĠ a\na b\n"
    ]

    withFolder files 6 "wte.weight" (fun model ->
        Tokens.word " a" model |> should equal 3
        Tokens.word "ab" model |> should equal 4
        // " ab" is " a" and "b", since its pair has the lower rank.
        let said = refusal (fun () -> Tokens.word " ab" model)
        said |> should haveSubstring "2 tokens"
        said |> should haveSubstring "\"ab\" is one."
        said |> should startWith "\" ab\" is 2 tokens of "
        said |> should haveSubstring ": \" a\", \"b\". \"ab\" is one."

        refusal (fun () -> Tokens.word "ba" model)
        |> should not' (haveSubstring "is one.")

        refusal (fun () -> Embedding.ofWords [| "a"; " c" |] model)
        |> should haveSubstring "\"c\" is one."

        let two = Embedding.ofWords [| " a"; "c" |] model
        Axis.labels two.Rows |> should equal [| " a"; "c" |]
        Labelled.row 1 two |> should equal [| 10.0; 11.0 |])

    withFolder padded 9 bertTable (fun model ->
        refusal (fun () -> Tokens.word "people" model)
        |> should haveSubstring "\"##people\" is one."

        refusal (fun () -> Tokens.word "queen" model) |> should haveSubstring "no word")

let greetings = [ Instructions, "Be kind."; User, "Hi"; Assistant, "Hello!"; User, "Bye" ]

[<Fact>]
let ``Messages are written by the template beside the model, the beginning of the answer behind them`` () =
    let config =
        """{"bos_token": "<s>", "chat_template": "{{ bos_token }}{% for m in messages %}{{ m['role'] }}: """
        + """{{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"}"""

    withFolder [ "vocab.txt", snd padded[0]; "tokenizer_config.json", config ] 9 bertTable (fun model ->
        model
        |> Tokens.chat greetings
        |> should equal "<s>system: Be kind.\nuser: Hi\nassistant: Hello!\nuser: Bye\nassistant:")

    // The file of its own counts before the setting.
    let files = [
        "chat_template.jinja", "{{ messages | length }}"
        "tokenizer_config.json", config
    ]

    withFolder files 9 bertTable (fun model -> model |> Tokens.chat greetings |> should equal "4")

[<Fact>]
let ``A model without a template, and one whose template refuses, say so`` () =
    withFolder padded 9 bertTable (fun model ->
        (fun () -> model |> Tokens.chat greetings |> ignore)
        |> should throw typeof<InvalidOperationException>)

    let refusing = "{{ raise_exception('no system, please') }}"

    withFolder [ "chat_template.jinja", refusing ] 9 bertTable (fun model ->
        let error =
            Assert.Throws<Workbench.Core.Tokenizers.Chat.ChatTemplateException>(fun () ->
                model |> Tokens.chat greetings |> ignore)

        Assert.Contains("no system, please", error.Message))

/// A GGUF file of nothing but keys: texts, lists of texts and numbers.
let ggufOf (keys: (string * obj) list) =
    use stream = new MemoryStream()
    use writer = new BinaryWriter(stream)

    let text (value: string) =
        let bytes = Text.Encoding.UTF8.GetBytes value
        writer.Write(uint64 bytes.Length)
        writer.Write bytes

    writer.Write("GGUF"B)
    writer.Write 3u
    writer.Write 0UL
    writer.Write(uint64 keys.Length)

    for name, value in keys do
        text name

        match value with
        | :? string as one ->
            writer.Write 8u
            text one
        | :? (string[]) as all ->
            writer.Write 9u
            writer.Write 8u
            writer.Write(uint64 all.Length)
            all |> Array.iter text
        | _ ->
            writer.Write 4u
            writer.Write(unbox<uint32> value)

    stream.ToArray()

[<Fact>]
let ``A template in a GGUF file is followed, with the tokens that the file names`` () =
    let folder = Directory.CreateTempSubdirectory("workbench-chat-").FullName

    try
        let path = Path.Combine(folder, "small.gguf")

        let keys: (string * obj) list = [
            "general.architecture", "llama"
            "tokenizer.ggml.model", "gpt2"
            "tokenizer.ggml.tokens", [| "a"; "<|end|>" |]
            "tokenizer.ggml.eos_token_id", 1u
            "tokenizer.chat_template", "{% for m in messages %}{{ m.content }}{{ eos_token }}{% endfor %}"
        ]

        File.WriteAllBytes(path, ggufOf keys)

        Model.load path
        |> Tokens.chat [ User, "Hi"; Assistant, "Ho" ]
        |> should equal "Hi<|end|>Ho<|end|>"
    finally
        Directory.Delete(folder, recursive = true)

[<Fact>]
let ``Bytes are a class of their own`` () =
    let gpt2 = Model.load "pocket-gpt2"

    let classes =
        Tokens.ids "€ king" gpt2 |> Array.map (fun id -> Tokens.classOf id gpt2)

    classes |> Array.last |> should equal Word
    classes |> Array.head |> should equal TokenClass.Bytes

    for id in 0..2000 do
        let isWhole = Text.Unicode.Utf8.IsValid(ReadOnlySpan(Tokens.bytes id gpt2))
        (Tokens.classOf id gpt2 = TokenClass.Bytes) |> should equal (not isWhole)
