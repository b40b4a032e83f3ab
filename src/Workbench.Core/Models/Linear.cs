using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics.Tensors;
using Workbench.Core.Formats;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Models;

/// <summary>Which way round a layer's weights are stored.</summary>
public enum WeightLayout
{
    /// <summary>[inputs, outputs], as GPT-2's Conv1D layers are stored: y = x·W + b.</summary>
    InputMajor,

    /// <summary>[outputs, inputs], as PyTorch's Linear layers are stored: y = x·Wᵀ + b.</summary>
    OutputMajor,
}

/// <summary>An affine layer y = x·W + b over row vectors, whichever way its weights are stored, or a range of its
/// outputs.</summary>
/// <remarks>The weights are used where they lie and as they lie: those of other types than float32 are widened while
/// they are multiplied, with the bits that weights widened before would give. A layer that views a mapped file cannot
/// be used once the file is unmapped.</remarks>
public sealed class Linear
{
    // Below this many multiplications a second thread costs more than it brings (a hand-over takes some 5 µs).
    private const long WorthSharing = 200_000;

    // 32 columns are two vectors of the kernel, and with 3,072 inputs a copied panel of 393 kB still fits the
    // second-level cache.
    private const int Panel = 32;

    // Few rows: most columns per work item of input-major weights, a multiple of the kernel's 32 that divides GPT-2's
    // widths into even shares; narrower where more threads would have nothing to do.
    private const int StreamPanel = 384;

    // Few rows, output-major: weights per work item, some 20 µs: few enough that no thread waits long for the last one.
    private const int StreamWeights = 1 << 17;

    // From so many rows on, packing the weights for the micro-kernel costs less than it brings (AVX2, 576 × 1,536: 48
    // rows take 1.22 ms unpacked and 1.31 packed, 96 rows 2.77 and 2.43, 1,024 rows 0.8 of the time).
    private const int WorthPacking = 64;

    // Rows of X packed at a time, in floats (16 MiB, the caches' order of magnitude), so that memory stays bounded.
    private const long PackedFloats = 4 << 20;

    // Keep threads evenly busy.
    private const int TasksPerThread = 4;

    private readonly StoredMatrix weight;
    private readonly int first;
    private readonly float[]? bias;

    /// <summary>A layer over these weights, which are not copied.</summary>
    /// <param name="weight">[inputs, outputs] or [outputs, inputs].</param>
    /// <param name="layout">Which of the two.</param>
    /// <param name="bias">One number per output, or null for none.</param>
    /// <exception cref="ArgumentException">The bias has another length than the layer has outputs.</exception>
    public Linear(Matrix weight, WeightLayout layout, float[]? bias = null)
        : this(new StoredMatrix(weight), layout, bias) { }

    /// <summary>A layer over weights as they lie in a file.</summary>
    /// <param name="weight">[inputs, outputs] or [outputs, inputs], of any type.</param>
    /// <param name="layout">Which of the two.</param>
    /// <param name="bias">One number per output, or null for none.</param>
    /// <exception cref="ArgumentException">The bias has another length than the layer has outputs.</exception>
    public Linear(StoredMatrix weight, WeightLayout layout, float[]? bias = null)
        : this(weight, layout, bias, 0, layout == WeightLayout.InputMajor ? weight.Columns : weight.Rows) { }

    private Linear(StoredMatrix weight, WeightLayout layout, float[]? bias, int first, int outputs)
    {
        if (bias is not null && bias.Length != outputs)
            throw new ArgumentException(
                $"A layer of weights {weight.Shape}, {layout}, has {outputs} outputs, but {bias.Length} biases were "
                    + "given.",
                nameof(bias)
            );
        (this.weight, Layout, this.bias, this.first, Outputs) = (weight, layout, bias, first, outputs);
    }

    /// <summary>Which way round the weights are stored.</summary>
    public WeightLayout Layout { get; }

    /// <summary>Length of a row vector that the layer takes.</summary>
    public int Inputs => Layout == WeightLayout.InputMajor ? weight.Rows : weight.Columns;

    /// <summary>Length of a row vector that the layer gives.</summary>
    public int Outputs { get; }

    /// <summary>One number per output; empty when the layer has no bias.</summary>
    public ReadOnlySpan<float> Bias => bias;

    /// <summary>How the weights are stored.</summary>
    public DType DType => weight.DType;

    /// <summary>The weight from an input to an output. The first one that is asked for of weights other than float32
    /// widens them all, and they stay in memory.</summary>
    internal float this[int input, int output] =>
        Layout == WeightLayout.InputMajor
            ? weight.Widened[input, first + output]
            : weight.Widened[first + output, input];

    /// <summary>The layer that gives only some of the outputs; shares the weights.</summary>
    /// <param name="start">First output.</param>
    /// <param name="count">Number of outputs.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the outputs.</exception>
    public Linear Slice(int start, int count)
    {
        if (start < 0 || count < 0 || start > Outputs - count)
            throw new ArgumentOutOfRangeException(
                nameof(start),
                $"Outputs {start} to {(long)start + count} were asked for, but the layer has {Outputs}.");
        return new Linear(weight, Layout, bias?[start..(start + count)], first + start, count);
    }

    /// <summary>The weights as W of x·W: [<see cref="Inputs"/>, <see cref="Outputs"/>], copied; of a slice only its
    /// own are looked at.</summary>
    public Matrix ToMatrix() => InputRows(0, Inputs);

    /// <summary>Some rows of W of x·W, all outputs: [<paramref name="count"/>, <see cref="Outputs"/>],
    /// copied.</summary>
    /// <param name="start">First input.</param>
    /// <param name="count">Number of inputs.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the inputs.</exception>
    public Matrix InputRows(int start, int count)
    {
        if (start < 0 || count < 0 || start > Inputs - count)
            throw new ArgumentOutOfRangeException(
                nameof(start), $"Inputs {start} to {(long)start + count} were asked for, but the layer has {Inputs}.");
        var result = Matrix.Uninitialized(count, Outputs);
        if (Layout == WeightLayout.InputMajor)
        {
            for (var i = 0; i < count; i++) weight.Widen(start + i, first, result.WritableRow(i));
            return result;
        }
        var column = new float[count];
        for (var j = 0; j < Outputs; j++)
        {
            weight.Widen(first + j, start, column);
            for (var i = 0; i < count; i++) result[i, j] = column[i];
        }
        return result;
    }

    /// <summary>Some columns of W of x·W as rows: [<paramref name="count"/>, <see cref="Inputs"/>], copied.</summary>
    /// <param name="start">First output.</param>
    /// <param name="count">Number of outputs.</param>
    internal Matrix OutputRows(int start, int count)
    {
        weight.RequireWhole();
        if (Layout == WeightLayout.InputMajor) return Slice(start, count).ToMatrix().Transpose();
        var result = Matrix.Uninitialized(count, Inputs);
        for (var i = 0; i < count; i++) weight.Widen(first + start + i, 0, result.WritableRow(i));
        return result;
    }

    /// <summary>x·W + b for every row of <paramref name="x"/>.</summary>
    /// <param name="x">[n, <see cref="Inputs"/>].</param>
    /// <param name="threads">At most this many, 0 for one on each processor; the result is the same for any
    /// number.</param>
    /// <returns>[n, <see cref="Outputs"/>]</returns>
    /// <exception cref="ArgumentException">The rows have another length than <see cref="Inputs"/>.</exception>
    public Matrix Apply(Matrix x, int threads = 0)
    {
        var result = Matrix.Uninitialized(x.Rows, Outputs);
        Apply(x, Workers.Count(threads), [this], result);
        return result;
    }

    /// <summary>Several layers of the same input, their outputs side by side in <paramref name="destination"/>, in one
    /// sweep.</summary>
    internal static unsafe void Apply(Matrix x, int threads, Linear[] layers, Matrix destination)
    {
        var (panels, outputs) = (0, 0);
        foreach (var layer in layers)
        {
            if (layer.Inputs != x.Columns)
                throw new ArgumentException(
                    $"A layer with {layer.Inputs} inputs and {layer.Outputs} outputs cannot take rows of {x.Shape}.",
                    nameof(x));
            layer.weight.RequireWhole();
            panels += layer.Panels(x, threads);
            outputs += layer.Outputs;
        }
        if (destination.Rows != x.Rows || destination.Columns != outputs)
            throw new ArgumentException(
                $"The result is [{x.Rows}, {outputs}], but the destination is {destination.Shape}.",
                nameof(destination));
        if (x.Rows == 0)
            return;
        if (x.Rows >= WorthPacking)
        {
            ApplyPacked(x, threads, layers, destination);
            return;
        }
        Workers.Share(
            (long)x.Rows * x.Columns * outputs < WorthSharing ? 1 : threads,
            panels,
            panel =>
            {
                var column = 0;
                foreach (var layer in layers)
                {
                    if (panel < layer.Panels(x, threads))
                    {
                        var width = layer.PanelWidth(x, threads);
                        var start = panel * width;
                        layer.ApplyPanel(x, start, Math.Min(width, layer.Outputs - start), destination, column + start);
                        return;
                    }
                    panel -= layer.Panels(x, threads);
                    column += layer.Outputs;
                }
            }
        );
        GC.KeepAlive(x);
        GC.KeepAlive(destination);
        GC.KeepAlive(layers);
    }

    // Many rows: X and W are packed for the micro-kernel, X once, W by whoever computes these outputs.
    private static unsafe void ApplyPacked(Matrix x, int threads, Linear[] layers, Matrix destination)
    {
        var kernel = MicroKernel.Best;
        var depth = x.Columns;
        var most = (int)Math.Clamp(PackedFloats / Math.Max(1, depth) / kernel.Rows, 1, int.MaxValue / kernel.Rows);
        var wide = Kernels.Panels.InCache(kernel.Columns, depth);
        foreach (var layout in layers.Select(layer => layer.Layout).Distinct())
        {
            var tasks = new List<(Linear Layer, int Start, int Columns, int Column)>();
            var column = 0;
            foreach (var layer in layers)
            {
                var panels = Kernels.Panels.Count(layer.Outputs, kernel.Columns);
                var width = Math.Clamp(panels / (TasksPerThread * threads), 1, wide) * kernel.Columns;
                for (var start = 0; start < layer.Outputs && layer.Layout == layout; start += width)
                    tasks.Add((layer, start, Math.Min(width, layer.Outputs - start), column + start));
                column += layer.Outputs;
            }
            for (var first = 0; first < x.Rows; first += most * kernel.Rows)
            {
                var rows = Math.Min(most * kernel.Rows, x.Rows - first);
                var panels = Kernels.Panels.Count(rows, kernel.Rows);
                using var memory = AlignedBuffer.Rent((long)panels * kernel.Rows * depth);
                var packed = memory.Pointer;
                var start = x.DangerousPointer + (long)first * depth;
                Workers.Share(threads, panels, panel =>
                {
                    var row = panel * kernel.Rows;
                    PackedProduct.Pack(
                        start + (long)row * depth, depth, Math.Min(kernel.Rows, rows - row), depth, kernel.Rows,
                        LayerKernel.Order(layout), packed + (long)row * depth);
                });
                Workers.Share(threads, tasks.Count, task =>
                {
                    var (layer, output, columns, place) = tasks[task];
                    fixed (float* bias = layer.bias)
                        LayerKernel.Packed(
                            packed, rows, depth, layer.weight, layout, layer.first + output, columns,
                            bias == null ? null : bias + output,
                            destination.DangerousPointer + (long)first * destination.Columns + place,
                            destination.Columns);
                });
            }
        }
        GC.KeepAlive(x);
        GC.KeepAlive(destination);
        GC.KeepAlive(layers);
    }

    private int Panels(Matrix x, int threads)
    {
        var width = PanelWidth(x, threads);
        return (Outputs + width - 1) / width;
    }

    private int PanelWidth(Matrix x, int threads) =>
        x.Rows > MatMul.RowBlock ? Panel
        : Layout == WeightLayout.InputMajor ? Math.Clamp(Outputs / threads / Panel * Panel, Panel, StreamPanel)
        : Math.Max(StreamWeights / Math.Max(Inputs, 1) / Panel, 1) * Panel;

    private unsafe void ApplyPanel(Matrix x, int start, int columns, Matrix destination, int column)
    {
        var y = destination.DangerousPointer + column;
        if (Layout == WeightLayout.OutputMajor)
            LayerKernel.OutputMajor(x, weight, first + start, columns, y, destination.Columns);
        else LayerKernel.InputMajor(x, weight, first + start, columns, y, destination.Columns);
        if (bias is null)
            return;
        for (var row = 0; row < x.Rows; row++)
        {
            var values = destination.WritableRow(row).Slice(column, columns);
            TensorPrimitives.Add(values, bias.AsSpan(start, columns), values);
        }
    }
}
