using System;
using Workbench.Core.Decompositions;
using Workbench.Core.Randomness;

namespace Workbench.Core.Manifolds;

/// <summary>
/// The largest eigenvalues of a symmetric operator and their vectors, by the block Lanczos method with thick restarts
/// and full reorthogonalisation (Wu and Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems",
/// 2000). Blocks, because from a single start only one vector of a repeated eigenvalue can be found.
/// </summary>
internal sealed unsafe class Lanczos
{
    private const int BasisSize = 96; // vectors kept at most; more restart less often but take longer to orthogonalise

    private readonly ColumnMatrix basis;
    private readonly ColumnMatrix products; // entry (i, j): basis vector i · operator · basis vector j
    private readonly ColumnMatrix known;
    private readonly Action<ColumnMatrix, int, ColumnMatrix> multiply;
    private readonly Philox random;
    private readonly int size;
    private readonly int block;

    /// <param name="known">Orthonormal eigenvectors that are not wanted again: everything is kept orthogonal to
    /// them.</param>
    /// <param name="multiply">Writes the operator times column j of the first matrix to column 0 of the second.</param>
    /// <param name="wanted">How many eigenvalues, at most the operator's size without the known ones.</param>
    /// <param name="random">Where the start comes from.</param>
    public Lanczos(ColumnMatrix known, Action<ColumnMatrix, int, ColumnMatrix> multiply, int wanted, Philox random)
    {
        (this.known, this.multiply, this.random) = (known, multiply, random);
        (size, block) = (known.Rows, wanted);
        var vectors = Math.Min(Math.Max(BasisSize, 8 * wanted), size - known.Columns);
        basis = new ColumnMatrix(size, vectors + block);
        products = new ColumnMatrix(vectors + block, vectors);
    }

    /// <summary>Finds the vectors of the largest eigenvalues, in their order.</summary>
    /// <param name="tolerance">Largest residual |Av − λv| to accept.</param>
    /// <param name="mostProducts">How often the operator may be applied; the best there is then is returned.</param>
    public ColumnMatrix Largest(double tolerance, int mostProducts)
    {
        var vectors = products.Columns;
        var next = new ColumnMatrix(size, 1);
        for (var j = 0; j < block; j++) StartAt(j, next);
        var kept = 0;
        for (var applied = 0; ; applied += vectors - kept)
        {
            for (var j = kept; j < vectors; j++)
            {
                multiply(basis, j, next);
                var norm = Orthogonalize(next, j + block, j);
                if (norm > 1e-12) Normalize(next, norm, j + block);
                else StartAt(j + block, next);
                products[j + block, j] = norm > 1e-12 ? norm : 0;
                if (j + block < vectors) products[j, j + block] = products[j + block, j];
            }
            var square = new ColumnMatrix(vectors, vectors);
            for (var j = 0; j < vectors; j++) products.Column(j)[..vectors].CopyTo(square.Column(j));
            var eigen = new SymmetricEigen(square);
            if (Residual(eigen.Vectors) <= tolerance || applied >= mostProducts || vectors == size - known.Columns)
                return Combine(eigen.Vectors, block);

            kept = vectors / 2;
            var ritz = Combine(eigen.Vectors, kept);
            for (var i = 0; i < kept; i++) ritz.Column(i).CopyTo(basis.Column(i));
            for (var i = 0; i < block; i++) basis.Column(vectors + i).CopyTo(basis.Column(kept + i));
            for (var i = 0; i < vectors; i++) products.Column(i).Clear();
            for (var i = 0; i < kept; i++) products[i, i] = eigen.Values[i];
        }
    }

    // What the operator leads to outside the basis, over the wanted vectors.
    private double Residual(ColumnMatrix ritz)
    {
        var (vectors, worst) = (products.Columns, 0.0);
        for (var i = 0; i < block; i++)
        {
            var sum = 0.0;
            for (var outside = vectors; outside < vectors + block; outside++)
            {
                var part = 0.0;
                for (var j = vectors - block; j < vectors; j++) part += products[outside, j] * ritz[j, i];
                sum += part * part;
            }
            worst = Math.Max(worst, Math.Sqrt(sum));
        }
        return worst;
    }

    // Makes a vector orthogonal to the basis so far, twice for accuracy, and notes its parts along the basis.
    private double Orthogonalize(ColumnMatrix vector, int count, int column)
    {
        var parts = new ColumnMatrix(Math.Max(count, known.Columns), 1);
        for (var pass = 0; pass < 2; pass++)
        {
            Remove(known, known.Columns, vector, parts);
            Remove(basis, count, vector, parts);
            if (column < 0) continue;
            for (var i = 0; i < count; i++)
            {
                products[i, column] = parts[i, 0] + (pass == 0 ? 0 : products[i, column]);
                if (i < products.Columns && i != column) products[column, i] = products[i, column];
            }
        }
        return Math.Sqrt(ColumnKernels.Dot(vector.Start, vector.Start, vector.Stride));
    }

    private static void Remove(ColumnMatrix vectors, int count, ColumnMatrix from, ColumnMatrix parts)
    {
        ColumnKernels.TransposedProduct(
            vectors.Start, vectors.Stride, count, from.Start, from.Stride, 1, from.Stride, parts.Start, parts.Stride);
        ColumnKernels.SubtractProduct(
            vectors.Start, vectors.Stride, count, parts.Start, parts.Stride, from.Start, from.Stride, 1, from.Stride);
    }

    private void StartAt(int column, ColumnMatrix vector)
    {
        if (column + known.Columns >= size)
        {
            basis.Column(column).Clear(); // the basis spans everything: nothing is left to look at
            return;
        }
        foreach (ref var value in vector.Column(0)) value = random.NextNormal();
        Normalize(vector, Orthogonalize(vector, column, -1), column);
    }

    private void Normalize(ColumnMatrix vector, double norm, int column)
    {
        var target = basis.Column(column);
        var source = vector.Column(0);
        for (var i = 0; i < target.Length; i++) target[i] = source[i] / norm;
    }

    private ColumnMatrix Combine(ColumnMatrix factors, int count)
    {
        var result = new ColumnMatrix(size, count);
        var negated = factors.Copy(); // the kernel subtracts
        for (var j = 0; j < count; j++)
            foreach (ref var value in negated.Column(j))
                value = -value;
        ColumnKernels.SubtractProduct(
            basis.Start, basis.Stride, factors.Rows, negated.Start, negated.Stride, result.Start, result.Stride, count,
            result.Stride);
        return result;
    }
}
