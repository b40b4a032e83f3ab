using System;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Workbench.Core.Kernels;
using Workbench.Core.Tensors;

namespace Workbench.Core.Gradients;

/// <summary>Rows brought to a common scale: layer norm and softmax.</summary>
public static class Normalization
{
    // The gain's and bias's gradients are made of parts of so many rows, whatever the number of threads.
    private const int RowsPerPart = 256;

    /// <summary>Layer normalisation of each row, as <see cref="Kernels.LayerNorm"/> has it.</summary>
    /// <param name="x">n × d.</param>
    /// <param name="gain">γ, 1 × d.</param>
    /// <param name="bias">β, 1 × d, or null for none.</param>
    /// <param name="epsilon">ε, added to the variance.</param>
    /// <exception cref="ArgumentException">Shapes do not fit together.</exception>
    /// <remarks>With x̂ = (x − mean)/σ and h = γ∘G: ∂x = (h − mean(h) − x̂·mean(h∘x̂))/σ, ∂γ = Σ G∘x̂ and ∂β = Σ G over
    /// rows.</remarks>
    public static Variable LayerNorm(this Variable x, Variable gain, Variable? bias, double epsilon)
    {
        var tape = bias is null ? Tape.Common(x, gain) : Tape.Common(x, gain, bias);
        var d = x.Columns;
        if (gain.Value.Elements != d || bias is not null && bias.Value.Elements != d)
            throw new ArgumentException(
                $"Rows of {d} need a gain and a bias of {d} elements, but they are {gain.Value.Shape} and "
                    + $"{bias?.Value.Shape.ToString() ?? "absent"}.",
                nameof(gain)
            );
        var value = tape.Rent(x.Rows, d);
        tape.ForRows(
            x.Rows,
            d,
            row =>
                Kernels.LayerNorm.Apply(
                    x.Value.Row(row), gain.Value.Values, bias is null ? [] : bias.Value.Values, epsilon,
                    value.WritableRow(row))
        );
        return tape.Record(
            value,
            x.Varies || gain.Varies || bias is { Varies: true },
            gradient =>
            {
                var slopes = x.Varies ? x.GradientSum : null;
                var parts = (x.Rows + RowsPerPart - 1) / RowsPerPart;
                var sums = new (double[] Gain, double[] Bias)[parts];
                Workers.Share(
                    tape.Threads,
                    parts,
                    part =>
                    {
                        var sum = sums[part] = (new double[d], new double[d]);
                        using var memory = AlignedBuffer.Rent(d);
                        for (var row = part * RowsPerPart; row < Math.Min(x.Rows, (part + 1) * RowsPerPart); row++)
                            Kernels.LayerNorm.PassBack(
                                x.Value.Row(row), gain.Value.Values, epsilon, gradient.Row(row), memory.Span(d),
                                sum.Gain, sum.Bias, slopes is null ? [] : slopes.WritableRow(row));
                    }
                );
                for (var part = 1; part < parts; part++)
                {
                    TensorPrimitives.Add<double>(sums[0].Gain, sums[part].Gain, sums[0].Gain);
                    TensorPrimitives.Add<double>(sums[0].Bias, sums[part].Bias, sums[0].Bias);
                }
                if (parts == 0)
                    return;
                if (gain.Varies)
                    AddTo(gain, sums[0].Gain);
                if (bias is { Varies: true })
                    AddTo(bias, sums[0].Bias);
            }
        );
    }

    /// <summary>Each row's scores to probabilities, as <see cref="Kernels.Softmax"/> has it.</summary>
    /// <param name="x">Scores.</param>
    /// <param name="causal">Whether row i sees columns 0 to i only; the others are 0.</param>
    /// <remarks>∂x = p∘(G − Σ G∘p).</remarks>
    public static Variable Softmax(this Variable x, bool causal = false)
    {
        var tape = x.Tape;
        var value = tape.Rent(x.Rows, x.Columns);
        tape.ForRows(
            x.Rows,
            x.Columns,
            row =>
            {
                var seen = Seen(row);
                Kernels.Softmax.Apply(x.Value.Row(row)[..seen], value.WritableRow(row)[..seen]);
                value.WritableRow(row)[seen..].Clear();
            }
        );
        return tape.Record(
            value,
            x.Varies,
            gradient =>
            {
                var sum = x.GradientSum;
                tape.ForRows(
                    x.Rows,
                    x.Columns,
                    row =>
                    {
                        var seen = Seen(row);
                        using var memory = AlignedBuffer.Rent(seen);
                        var slope = memory.Span(seen);
                        SoftmaxSlope(value.Row(row)[..seen], gradient.Row(row)[..seen], slope);
                        TensorPrimitives.Add(sum.Row(row)[..seen], slope, sum.WritableRow(row)[..seen]);
                    }
                );
            }
        );

        int Seen(int row) => causal ? Math.Min(row + 1, x.Columns) : x.Columns;
    }

    /// <summary>s·p∘(g − Σ g∘p); the destination may be g's own memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void SoftmaxSlope(
        ReadOnlySpan<float> p, ReadOnlySpan<float> g, Span<float> destination, float scale = 1)
    {
        var (mean, lanes) = ((float)DoubleSum.OfProducts(g, p), Vector256<float>.Count);
        ref var shares = ref MemoryMarshal.GetReference(p);
        ref var from = ref MemoryMarshal.GetReference(g);
        ref var to = ref MemoryMarshal.GetReference(destination[..p.Length]);
        var i = 0;
        for (; i <= p.Length - lanes; i += lanes)
        {
            var slope = Vector256.LoadUnsafe(ref from, (nuint)i) - Vector256.Create(mean);
            (slope * Vector256.LoadUnsafe(ref shares, (nuint)i) * scale).StoreUnsafe(ref to, (nuint)i);
        }
        for (; i < p.Length; i++) destination[i] = (g[i] - mean) * p[i] * scale;
    }

    private static void AddTo(Variable target, double[] addend)
    {
        var values = target.GradientSum.WritableValues;
        for (var i = 0; i < values.Length; i++)
            values[i] += (float)addend[i];
    }
}
