using Workbench.Core.Kernels;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;

namespace Workbench.Core.Engines;

/// <summary>The processor, by the widest vectors that it has: AVX-512, AVX2 with FMA, or what is portable.</summary>
/// <remarks>Holds nothing but what it prepares.</remarks>
public sealed class CpuEngine : IEngine
{
    private readonly int threads;
    private readonly MicroKernel kernel;

    /// <summary>The processor this program runs on.</summary>
    /// <param name="threads">Most threads to use; 0 for one on each processor. No result depends on it.</param>
    public CpuEngine(int threads = 0)
        : this(threads, MicroKernel.Best) { }

    internal CpuEngine(int threads, MicroKernel kernel) =>
        (this.threads, this.kernel) = (Workers.Count(threads), kernel);

    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public Arithmetic Arithmetic => kernel.Arithmetic;

    /// <inheritdoc/>
    public void Multiply(MatrixView a, MatrixView b, Matrix destination) =>
        Gemm.Multiply(a, b.Transposed, destination, accumulate: false, threads, kernel);

    /// <inheritdoc/>
    public IPreparedRows Prepare(
        MatrixView rows, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse) =>
        PreparedRows.Prepare(rows, measure, degenerate, threads, kernel);

    /// <inheritdoc/>
    public TopKResult TopK(
        MatrixView queries, MatrixView table, int k, Measure measure,
        DegenerateRows degenerate = DegenerateRows.Refuse) =>
        Pairs.TopK.Search(queries, table, k, measure, degenerate, threads, kernel);

    /// <inheritdoc/>
    public ITransformer Load(TransformerWeights weights) => new Transformer(weights, threads);

    /// <summary>Does nothing: what was prepared is freed on its own.</summary>
    public void Dispose() { }

    /// <summary>Name and kernel: "cpu, AVX-512 14 × 32".</summary>
    public override string ToString() => $"{Name}, {kernel}";
}
