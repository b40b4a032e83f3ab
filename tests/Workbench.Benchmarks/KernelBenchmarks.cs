using System;
using System.Collections.Generic;
using System.Linq;
using BenchmarkDotNet.Attributes;
using Workbench.Core.Kernels;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;

namespace Workbench.Benchmarks;

/// <summary>One register tile of each kernel that the processor has: 2 · rows · columns · depth operations.</summary>
public unsafe class MicroKernelBenchmarks
{
    private AlignedBuffer a = null!, b = null!, tile = null!;

    /// <summary>The kernels by name.</summary>
    public static IEnumerable<string> Kernels =>
        [.. Enumerable.Select(MicroKernel.Supported, kernel => kernel.ToString())];

    /// <summary>Which kernel.</summary>
    [ParamsSource(nameof(Kernels))]
    public string Kernel { get; set; } = "";

    /// <summary>Length of the vectors.</summary>
    [Params(64, 768)]
    public int Depth { get; set; }

    private MicroKernel Chosen => Enumerable.Single(MicroKernel.Supported, kernel => kernel.ToString() == Kernel);

    /// <summary>Panels of ones.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (a, b, tile) = (Ones(Chosen.Rows * Depth), Ones(Chosen.Columns * Depth), Ones(MicroKernel.LargestTile));
    }

    /// <summary>The tile.</summary>
    [Benchmark]
    public void Tile() => Chosen.Multiply(a.Pointer, b.Pointer, Depth, tile.Pointer);

    private static AlignedBuffer Ones(int length)
    {
        var buffer = new AlignedBuffer(length);
        new Span<float>(buffer.Pointer, length).Fill(1);
        return buffer;
    }
}

/// <summary>Whole products of the shapes that a small transformer meets.</summary>
public class GemmBenchmarks
{
    private Matrix a = null!, b = null!, product = null!;

    /// <summary>m × k × n.</summary>
    [Params("1024x768x3072", "1024x3072x768", "768x768x768", "128x64x128")]
    public string Size { get; set; } = "";

    /// <summary>Matrices of zeros; the time does not depend on the values.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var sizes = Array.ConvertAll(Size.Split('x'), int.Parse);
        (a, b, product) = (
            new Matrix(sizes[0], sizes[1]), new Matrix(sizes[1], sizes[2]), new Matrix(sizes[0], sizes[2]));
    }

    /// <summary>On every processor.</summary>
    [Benchmark]
    public void Multiply() => Gemm.Multiply(a, b, product);
}

/// <summary>What each fold adds to a tile of 84 × 32 scores, which itself takes 84 · 32 · depth fused
/// multiply-adds.</summary>
public class FoldBenchmarks
{
    private const int Rows = PairSpace.RowBlock, Columns = 32;
    private readonly float[] scores = new float[Rows * Columns];
    private PairFold fold = null!;

    /// <summary>Which fold.</summary>
    [Params(
        "histogram", "moments", "extrema", "top", "countAbove", "thumbnail", "sample", "neighbours", "rowMeans",
        "byClass")]
    public string Fold { get; set; } = "";

    /// <summary>Scores spread like those of a vocabulary, and a fold that has seen them.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var random = new Core.Randomness.Philox(1);
        foreach (ref var score in scores.AsSpan()) score = (float)(0.05 * random.NextNormal() + 0.4);
        var space = new PairSpace(30_522, 30_522, true, 1);
        fold = Fold switch
        {
            "histogram" => new HistogramFold(),
            "moments" => new MomentsFold(space),
            "extrema" => new ExtremaFold(),
            "top" => new RankedPairsFold(End.Top, 20),
            "countAbove" => new CountAboveFold(0.4f),
            "thumbnail" => new ThumbnailFold(space, 800),
            "sample" => new SampleFold(space, 10_000, 1),
            "neighbours" => new NeighboursFold(space, 10),
            "rowMeans" => new RowMeansFold(space),
            _ => new ByClassFold(
                space,
                2,
                [.. Enumerable.Select(Enumerable.Range(0, space.Rows), i => i * 7919 % 13 % 2)],
                new MomentsFold(space)
            ),
        };
        Add();
    }

    /// <summary>The same tile again.</summary>
    [Benchmark]
    public void Add() => fold.Add(new ScoreTile(scores, 84, Rows, 1024, Columns, Columns));
}
