using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <namespacedoc><summary>Tables of word vectors and what is asked of them.</summary></namespacedoc>
/// <summary>A word near another, or an answer to an analogy.</summary>
/// <param name="Word">The word.</param>
/// <param name="Row">Its row.</param>
/// <param name="Score">Its cosine similarity, or the value of the rule that ranked it; larger is nearer.</param>
public readonly record struct Neighbour(string Word, int Row, double Score)
{
    /// <summary>All of it; a record's own text would follow the machine's culture.</summary>
    public override string ToString() => $"Neighbour {{ Word = {Word}, Row = {Row}, Score = {Score} }}";
}

/// <summary>How the words that complete an analogy are ranked.</summary>
public enum AnalogyRule
{
    /// <summary>By the cosine with Σ positive − Σ negative, all given vectors first scaled to length 1 (Mikolov, Yih
    /// &amp; Zweig 2013).</summary>
    CosAdd,
    /// <summary>
    /// By Π (1 + cos)/2 over the positive words, divided by Π (1 + cos)/2 + 10⁻⁶ over the negative ones; an empty
    /// product is 1 (Levy &amp; Goldberg 2014, with gensim's constant).
    /// </summary>
    CosMul,
}

/// <summary>
/// Words, each with a vector: neighbours and analogies by exact search over all of them. Scores are computed in
/// float64.
/// </summary>
/// <remarks>
/// Words whose vector has length 0 have no direction: they are never found, and cannot be asked about. With a value
/// that is NaN or infinite, every question throws <see cref="InvalidOperationException"/>, naming the word. Safe for
/// use by several threads at once.
/// </remarks>
/// <example><code>
/// vectors.Analogy(["king", "woman"], ["man"], 1)[0].Word
/// </code> is "queen" with Google's vectors.</example>
public sealed class WordVectors
{
    /// <summary>gensim's guard of the division in <see cref="AnalogyRule.CosMul"/>.</summary>
    private const double CosMulEpsilon = 1e-6;

    private readonly Dictionary<string, int> rows;
    private readonly Func<string, float[]?>? compose;
    private readonly Lazy<double[]> inverseLengths;

    /// <summary>Puts words to the rows of a matrix, which is kept, not copied.</summary>
    /// <param name="words">A word for each row, each once.</param>
    /// <param name="vectors">words × dimensions.</param>
    /// <param name="compose">Makes the vector of a word that is not there, or null where it cannot; null where no such
    /// word has one. It may be asked about, and is never an answer.</param>
    /// <exception cref="ArgumentException">The numbers differ, or a word comes twice.</exception>
    public WordVectors(IReadOnlyList<string> words, Matrix vectors, Func<string, float[]?>? compose = null)
    {
        if (words.Count != vectors.Rows)
            throw new ArgumentException(
                $"There are {words.Count} words, but the matrix is {vectors.Rows} × {vectors.Columns}; each row needs "
                    + "one.",
                nameof(words)
            );
        rows = new Dictionary<string, int>(words.Count);
        for (var row = 0; row < words.Count; row++)
        {
            if (!rows.TryAdd(words[row], row))
                throw new ArgumentException(
                    $"Rows {rows[words[row]]} and {row} both have the word \"{words[row]}\".", nameof(words));
        }
        (Words, Vectors, this.compose) = (words, vectors, compose);
        inverseLengths = new Lazy<double[]>(InverseLengths);
    }

    /// <summary>The words, in the order of the rows.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>words × dimensions, as given.</summary>
    public Matrix Vectors { get; }

    /// <summary>Number of words.</summary>
    public int Count => Vectors.Rows;

    /// <summary>Values of each vector.</summary>
    public int Dimensions => Vectors.Columns;

    /// <summary>The row of a word, as it is spelled here.</summary>
    /// <returns>False, and row −1, when the word is not there.</returns>
    public bool TryFind(string word, out int row)
    {
        if (rows.TryGetValue(word, out row)) return true;
        row = -1;
        return false;
    }

    /// <summary>These words and copies of their vectors, in this order.</summary>
    /// <exception cref="ArgumentException">A word is not there, or comes twice.</exception>
    public WordVectors Select(IReadOnlyList<string> words) =>
        new(words, Vectors.SelectRows(words.Select(Find).ToArray()), compose);

    /// <summary>The words nearest to a word by cosine, itself left out; the nearest first, equals in the order of the
    /// rows.</summary>
    /// <param name="word">A word that is there.</param>
    /// <param name="count">How many; fewer come when there are fewer words.</param>
    /// <exception cref="ArgumentException">The word is not there, or its vector has length 0.</exception>
    public Neighbour[] Nearest(string word, int count) => Analogy([word], [], count);

    /// <summary>The words nearest to a direction by cosine; the nearest first, equals in the order of the
    /// rows.</summary>
    /// <param name="direction"><see cref="Dimensions"/> values of any length but 0.</param>
    /// <param name="count">How many; fewer come when there are fewer words.</param>
    /// <exception cref="ArgumentException">The direction has another number of values, length 0, or a value that is not
    /// finite.</exception>
    public Neighbour[] Nearest(ReadOnlySpan<float> direction, int count)
    {
        if (direction.Length != Dimensions)
            throw new ArgumentException(
                $"The vectors have {Dimensions} dimensions, but {direction.Length} values were given.",
                nameof(direction));
        var query = new double[Dimensions];
        for (var i = 0; i < query.Length; i++) query[i] = direction[i];
        return NearestTo(Unit(query), count, new HashSet<int>());
    }

    /// <summary>
    /// The words that complete an analogy, the given ones left out: "man is to king as woman is to …" has the positive
    /// words king and woman and the negative word man.
    /// </summary>
    /// <param name="positive">Words that are there; without negative words, those near all of them are found.</param>
    /// <param name="negative">Words that are there.</param>
    /// <param name="count">How many; fewer come when there are fewer words.</param>
    /// <param name="rule">How the words are ranked.</param>
    /// <exception cref="ArgumentException">A word is not there or its vector has length 0, no word is given, or they
    /// cancel out.</exception>
    public Neighbour[] Analogy(
        IReadOnlyList<string> positive, IReadOnlyList<string> negative, int count,
        AnalogyRule rule = AnalogyRule.CosAdd)
    {
        if (positive.Count + negative.Count == 0)
            throw new ArgumentException("At least one word must be given.", nameof(positive));
        var plus = positive.Select(DirectionOf).ToArray();
        var minus = negative.Select(DirectionOf).ToArray();
        HashSet<int> given = [.. positive.Concat(negative).Select(word => rows.GetValueOrDefault(word, -1))];
        return rule == AnalogyRule.CosAdd
            ? NearestTo(Unit(Sum(plus, minus)), count, given)
            : Top(count, Count, given, CosMulScores(plus, minus));
    }

    /// <summary>The cosine of the angle between two words' vectors, from −1 to 1.</summary>
    /// <exception cref="ArgumentException">A word is not there, or its vector has length 0.</exception>
    public double Cosine(string first, string second)
    {
        var (a, b) = (DirectionOf(first), DirectionOf(second));
        return Math.Clamp(
            TryFind(first, out var row) ? CosineWith(row, b) : TensorPrimitives.Dot<double>(a, b), -1, 1);
    }

    /// <summary>
    /// The best of the first rows by score, largest first, equals in the order of the rows; rows without a direction
    /// and excluded ones left out.
    /// </summary>
    internal Neighbour[] Top(int count, int firstRows, IReadOnlySet<int> excluded, Func<int, double> score)
    {
        Argument.AtLeast(count, 0);
        var best = new List<Neighbour>(Math.Min(count, firstRows) + 1);
        for (var row = 0; row < firstRows && count > 0; row++)
        {
            if (inverseLengths.Value[row] == 0 || excluded.Contains(row)) continue;
            var value = score(row);
            if (best.Count == count && value <= best[^1].Score) continue;
            var at = best.Count;
            while (at > 0 && best[at - 1].Score < value) at--;
            best.Insert(at, new Neighbour(Words[row], row, value));
            if (best.Count > count) best.RemoveAt(count);
        }
        return best.ToArray();
    }

    /// <summary>Σ positive − Σ negative of the vectors scaled to length 1.</summary>
    internal double[] Sum(int[] positive, int[] negative) =>
        Sum(Array.ConvertAll(positive, Direction), Array.ConvertAll(negative, Direction));

    private double[] Sum(double[][] positive, double[][] negative)
    {
        var sum = new double[Dimensions];
        foreach (var direction in positive) AddTo(sum, direction, 1);
        foreach (var direction in negative) AddTo(sum, direction, -1);
        return sum;

        static void AddTo(double[] sum, double[] direction, double sign)
        {
            for (var i = 0; i < sum.Length; i++) sum[i] += sign * direction[i];
        }
    }

    /// <summary>The cosine of each row with a direction of length 1.</summary>
    internal double CosineWith(int row, double[] unit) => Dot(Vectors.Row(row), unit) * inverseLengths.Value[row];

    private Neighbour[] NearestTo(double[] unit, int count, IReadOnlySet<int> excluded) =>
        Top(count, Count, excluded, row => Math.Clamp(CosineWith(row, unit), -1, 1));

    private Func<int, double> CosMulScores(double[][] positive, double[][] negative)
    {
        return row => Product(row, positive) / (Product(row, negative) + CosMulEpsilon);

        double Product(int row, double[][] directions) =>
            directions.Aggregate(1.0, (product, direction) => product * (1 + CosineWith(row, direction)) / 2);
    }

    private int Find(string word) => TryFind(word, out var row) ? row
        : throw new ArgumentException($"The word \"{Excerpt.Of(word)}\" is not among the {Count} words.", nameof(word));

    /// <summary>The vector of a word, scaled to length 1; of one that is not there, if it can be made.</summary>
    private double[] DirectionOf(string word)
    {
        if (!TryFind(word, out var row) && compose?.Invoke(word) is { } made)
            return Unit(Array.ConvertAll(made, value => (double)value));
        return inverseLengths.Value[Find(word)] != 0
            ? Direction(Find(word))
            : throw new ArgumentException(
                $"The vector of \"{Excerpt.Of(word)}\" has length 0, and so no direction.", nameof(word));
    }

    private double[] Direction(int row)
    {
        var values = Vectors.Row(row);
        var direction = new double[values.Length];
        for (var i = 0; i < direction.Length; i++) direction[i] = values[i] * inverseLengths.Value[row];
        return direction;
    }

    private static double[] Unit(double[] vector)
    {
        var length = 0.0;
        foreach (var value in vector) length += value * value;
        if (!(length > 0) || double.IsInfinity(length))
            throw new ArgumentException(
                $"The given vectors sum to one of length {Math.Sqrt(length)}, which has no direction.", nameof(vector));
        for (var i = 0; i < vector.Length; i++)
            vector[i] /= Math.Sqrt(length);
        return vector;
    }

    private double[] InverseLengths()
    {
        var inverse = new double[Count];
        for (var row = 0; row < inverse.Length; row++)
        {
            var length = 0.0;
            foreach (var value in Vectors.Row(row)) length += (double)value * value;
            if (!double.IsFinite(length))
                throw new InvalidOperationException(
                    $"The vector of \"{Excerpt.Of(Words[row])}\" (row {row}) has a value that is NaN or infinite; no "
                        + "angle with it is defined."
                );
            inverse[row] = length > 0 ? 1 / Math.Sqrt(length) : 0;
        }
        return inverse;
    }

    /// <summary>Four sums side by side, so that an addition need not wait for the one before.</summary>
    private static double Dot(ReadOnlySpan<float> row, double[] direction)
    {
        double a = 0, b = 0, c = 0, d = 0;
        var i = 0;
        for (; i <= row.Length - 4; i += 4)
        {
            a += row[i] * direction[i];
            b += row[i + 1] * direction[i + 1];
            c += row[i + 2] * direction[i + 2];
            d += row[i + 3] * direction[i + 3];
        }
        for (; i < row.Length; i++) a += row[i] * direction[i];
        return a + b + (c + d);
    }
}
