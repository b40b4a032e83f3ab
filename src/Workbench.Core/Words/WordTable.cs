using System;

namespace Workbench.Core.Words;

/// <summary>Words with their vectors, as a file of some format holds them.</summary>
internal abstract class WordTable : IDisposable
{
    /// <summary>The layout.</summary>
    public abstract WordVectorsFormat Format { get; }

    /// <summary>Number of words.</summary>
    public abstract int Count { get; }

    /// <summary>Values of each vector.</summary>
    public abstract int Dimensions { get; }

    /// <summary>Rows left out because their word had stood before.</summary>
    public virtual int LeftOut => 0;

    /// <summary>How other words are made of pieces; null where they are not.</summary>
    public virtual Subwords? Subwords => null;

    /// <summary>Whether the file has become shorter since it was opened.</summary>
    public abstract bool IsShortened { get; }

    /// <summary>The word of a row.</summary>
    public abstract string Word(int row);

    /// <summary>The row of a word.</summary>
    public abstract bool TryFind(string word, out int row);

    /// <summary>The values of a row, which may be anything.</summary>
    public abstract void ReadRow(int row, Span<float> destination);

    /// <summary>The vector of a piece of words, which may hold anything; asked for only where there are
    /// <see cref="Subwords"/>.</summary>
    public virtual ReadOnlySpan<float> Bucket(int bucket) => throw new NotSupportedException();

    /// <summary>A row as a message names it.</summary>
    public abstract string Place(int row);

    /// <summary>Closes the file.</summary>
    public abstract void Dispose();
}
