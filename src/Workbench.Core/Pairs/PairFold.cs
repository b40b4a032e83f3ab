using System.IO;

namespace Workbench.Core.Pairs;

/// <summary>
/// Something computed over all pairs in one pass: an accumulator that takes tiles of scores, and merges with others of
/// its kind.
/// </summary>
/// <remarks>
/// <para>A scan forks a fold for each thread, adds every tile to one of the forks and merges them. Write
/// <see cref="Add"/> and <see cref="Merge"/> so that neither the order nor the grouping of tiles can be seen in the
/// result (counts, sums of integers or of fixed-point numbers, best-of lists with ties broken by index), and it carries
/// the same bits for any number of threads, for pieces merged in any order, and after a resumed checkpoint. Sums of
/// floating-point numbers do not.</para>
/// <para>To write one, derive from this class, or from <see cref="PairwiseFold"/> to receive a pair at a time.</para>
/// </remarks>
/// <example>
/// <code>
/// sealed class Positive : PairFold    // how many scores are above 0
/// {
///     public long Count;
///     public override string Settings => "positive";
///     public override PairFold Fork() => new Positive();
///     public override void Add(in ScoreTile tile)
///     {
///         for (var r = 0; r &lt; tile.Rows; r++)
///             foreach (var s in tile.Row(r)) if (s > 0) Count++;
///     }
///     public override void Merge(PairFold other) => Count += ((Positive)other).Count;
///     public override void Write(BinaryWriter writer) => writer.Write(Count);
///     public override void Read(BinaryReader reader) => Count = reader.ReadInt64();
/// }
/// </code>
/// </example>
public abstract class PairFold
{
    /// <summary>The fold's name and everything that changes what it holds, as in
    /// <c>histogram(bins=4000, low=-1, high=1)</c>.
    /// Folds with different settings are never merged.</summary>
    public abstract string Settings { get; }

    /// <summary>Whether scores' rows and columns matter. A fold that says no may be given tiles whose places are
    /// meaningless (<c>ByClassFold</c> does, for speed).</summary>
    public virtual bool UsesPlaces => true;

    /// <summary>An empty accumulator with the same settings, for another thread.</summary>
    public abstract PairFold Fork();

    /// <summary>Takes a tile. Never called by two threads at once on one instance.</summary>
    /// <param name="tile">Scores, valid during this call.</param>
    public abstract void Add(in ScoreTile tile);

    /// <summary>Takes what another accumulator of the same settings has gathered; the other is not used
    /// afterwards.</summary>
    /// <param name="other">A fold made by <see cref="Fork"/>, or with equal settings.</param>
    public abstract void Merge(PairFold other);

    /// <summary>Writes the state, without the settings, for a piece or a checkpoint.</summary>
    /// <param name="writer">Receives the state.</param>
    public abstract void Write(BinaryWriter writer);

    /// <summary>Replaces the state by one that <see cref="Write"/> wrote under equal settings.</summary>
    /// <param name="reader">Stands at the state's beginning.</param>
    public abstract void Read(BinaryReader reader);
}

/// <summary>A fold that looks at one pair at a time: the simplest to write, and slow (a call for each of half a billion
/// pairs).</summary>
public abstract class PairwiseFold : PairFold
{
    /// <summary>Takes one pair.</summary>
    /// <param name="row">The row i.</param>
    /// <param name="column">The column j; above i when the space is symmetric.</param>
    /// <param name="score">Their similarity.</param>
    public abstract void Add(int row, int column, float score);

    /// <inheritdoc/>
    public sealed override void Add(in ScoreTile tile)
    {
        for (var r = 0; r < tile.Rows; r++)
        {
            var row = tile.Row(r);
            for (var c = 0; c < row.Length; c++) Add(tile.FirstRow + r, tile.FirstColumn + c, row[c]);
        }
    }
}
