namespace Workbench.Core.Words;

/// <summary>How a file of word vectors is laid out.</summary>
public enum WordVectorsFormat
{
    /// <summary>
    /// "count dimension\n", then for each row the word in UTF-8, a space, and the values as little-endian float32.
    /// The original C tool puts a newline after the values; gensim does not.
    /// </summary>
    Word2VecBinary,
    /// <summary>"count dimension\n", then a line for each row: word and values with a space between. Also fastText's
    /// .vec.</summary>
    Word2VecText,
    /// <summary>As <see cref="Word2VecText"/>, but without the first line.</summary>
    Glove,
    /// <summary>A model of fastText's (.bin): words and pieces of words; a word's vector is the mean of its own and its
    /// pieces'.</summary>
    FastText,
    /// <summary>A pickle of gensim's KeyedVectors (.kv) or training state (.model), with large arrays in files
    /// beside.</summary>
    Gensim,
    /// <summary>NumPy's .npz with an array of texts and a matrix.</summary>
    Npz,
}

/// <summary>What to do with a word that stands in a file a second time.</summary>
public enum DuplicateWords
{
    /// <summary>Refuse the file, naming the word and both rows.</summary>
    Refuse,
    /// <summary>Keep the first and leave out the others, as gensim does; <see cref="WordVectorsFile.LeftOut"/> counts
    /// them.</summary>
    KeepFirst,
}
