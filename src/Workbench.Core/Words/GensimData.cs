using System;
using System.IO;

namespace Workbench.Core.Words;

/// <summary>The folder where Python's <c>gensim.downloader</c> keeps what it has fetched.</summary>
/// <remarks>It is named by GENSIM_DATA_DIR, else it is <c>~/gensim-data</c>; each set lies in NAME/NAME.gz.</remarks>
public static class GensimData
{
    /// <summary>Google's vectors for 3 million words and phrases of news, 300 dimensions.</summary>
    public const string GoogleNews = "word2vec-google-news-300";

    /// <summary>The folder, which need not exist.</summary>
    public static string Folder => Environment.GetEnvironmentVariable("GENSIM_DATA_DIR") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "gensim-data");

    /// <summary>Looks for a set of word vectors.</summary>
    /// <param name="name">As gensim calls it: "word2vec-google-news-300", "glove-wiki-gigaword-100".</param>
    /// <returns>The path of the file, packed or unpacked, or null when it has not been fetched.</returns>
    /// <exception cref="ArgumentException">The name leads out of the folder.</exception>
    public static string? TryFind(string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\\'))
            throw new ArgumentException($"\"{name}\" is no name of a data set; one is \"{GoogleNews}\".", nameof(name));
        foreach (var ending in (string[])["", ".bin", ".txt", ".gz"])
        {
            var path = Path.Combine(Folder, name, name + ending);
            if (File.Exists(path)) return path;
        }
        return null;
    }
}
