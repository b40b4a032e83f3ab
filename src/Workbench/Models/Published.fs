namespace Workbench

/// <summary>Published weights that lessons look for, by the names under which they are found.</summary>
/// <category index="4">Models</category>
[<RequireQualifiedAccess>]
module Published =
    /// GPT-2 of 124 million parameters.
    let gpt2 = [ "gpt2"; "openai-community/gpt2" ]

    /// Models with BERT's vocabulary.
    let bert = [
        "bert-base-uncased"
        "google-bert/bert-base-uncased"
        "minilm"
        "sentence-transformers/all-MiniLM-L6-v2"
    ]

    /// Google's word vectors, whole, or the most frequent thousand.
    let wordVectors = [
        "word2vec-google-news-300"
        "GoogleNews-vectors-negative300"
        "googlenews-1000"
    ]
