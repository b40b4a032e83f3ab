using System;
using System.Buffers;
using System.Collections.Generic;
using System.Numerics;

namespace Workbench.Core.Decompositions;

/// <summary>
/// The discrete Fourier transform X_k = Σ x_t exp(−2πi kt/n) of any length, in float64; the inverse divides by n.
/// </summary>
/// <remarks>
/// Lengths whose prime factors are at most 13 go through mixed-radix passes that sort themselves (Stockham), others
/// through Bluestein's chirp convolution with a power of two. Real input of even length costs a transform of half the
/// length. A plan is immutable: share one between threads, and reuse it for many transforms.
/// </remarks>
/// <example><code>
/// var spectrum = new Complex[3];
/// new Fft(4).ForwardReal([1, 2, 3, 4], spectrum); // 10, −2 + 2i, −2
/// </code></example>
public sealed class Fft
{
    private static readonly int[] Radices = [4, 2, 3, 5, 7, 11, 13]; // above, the chirp is faster than r² products
    private readonly int[] radices;
    private readonly Complex[] roots; // exp(−2πi j / Length)
    private readonly Fft? half;
    private readonly Fft? convolution;
    private readonly Complex[] chirp = [];
    private readonly Complex[] chirpSpectrum = [];

    /// <summary>Plans transforms of one length.</summary>
    /// <param name="length">At least 1.</param>
    public Fft(int length) : this(length, real: true) { }

    private Fft(int length, bool real)
    {
        Argument.AtLeast(length, 1);
        Length = length;
        roots = new Complex[length];
        for (var j = 0; j < length; j++) roots[j] = Root(j, length);
        if (real && length % 2 == 0) half = new Fft(length / 2, real: false);
        radices = Factor(length, out var rest);
        if (rest == 1) return;

        radices = [];
        convolution = new Fft((int)BitOperations.RoundUpToPowerOf2((uint)(2 * length - 1)), real: false);
        chirp = new Complex[length];
        chirpSpectrum = new Complex[convolution.Length];
        for (var j = 0; j < length; j++)
        {
            chirp[j] = Root((long)j * j % (2L * length), 2L * length); // exp(−πi j² / n), reduced exactly
            chirpSpectrum[j] = Complex.Conjugate(chirp[j]);
            if (j > 0) chirpSpectrum[^j] = chirpSpectrum[j];
        }
        convolution.Forward(chirpSpectrum);
    }

    /// <summary>The number of values a transform takes.</summary>
    public int Length { get; }

    /// <summary>Replaces values by their transform.</summary>
    /// <param name="values"><see cref="Length"/> of them.</param>
    /// <exception cref="ArgumentException">Their number is another.</exception>
    public void Forward(Span<Complex> values)
    {
        Check(values.Length, Length, nameof(values));
        if (convolution is not null) Bluestein(values);
        else Stockham(values);
    }

    /// <summary>Replaces a transform by the values it came from.</summary>
    /// <param name="values"><see cref="Length"/> of them.</param>
    /// <exception cref="ArgumentException">Their number is another.</exception>
    public void Inverse(Span<Complex> values)
    {
        // Reversing the order of a transform's output conjugates its roots.
        Forward(values);
        values[1..].Reverse();
        foreach (ref var value in values) value /= Length;
    }

    /// <summary>The first half of the transform of real values; the rest is its mirror image, conjugated.</summary>
    /// <param name="values"><see cref="Length"/> real values.</param>
    /// <param name="destination">n/2 + 1 values (n/2 rounded down): frequencies 0 to n/2 in units of 1/n.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void ForwardReal(ReadOnlySpan<double> values, Span<Complex> destination)
    {
        Check(values.Length, Length, nameof(values));
        Check(destination.Length, Length / 2 + 1, nameof(destination));
        using var rented = new Rented(half?.Length ?? Length);
        var work = rented.Span;
        if (half is null)
        {
            for (var i = 0; i < work.Length; i++) work[i] = values[i];
            Forward(work);
            work[..destination.Length].CopyTo(destination);
            return;
        }
        // Even values as real parts, odd ones as imaginary: one transform of half the length holds both.
        for (var i = 0; i < work.Length; i++) work[i] = new Complex(values[2 * i], values[2 * i + 1]);
        half.Forward(work);
        for (var k = 0; k < destination.Length; k++)
        {
            var (here, mirror) = (work[k % work.Length], Complex.Conjugate(work[(work.Length - k) % work.Length]));
            var (even, odd) = ((here + mirror) / 2, (here - mirror) / 2);
            destination[k] = even + roots[k] * new Complex(odd.Imaginary, -odd.Real);
        }
    }

    /// <summary>The real values that have this half transform.</summary>
    /// <param name="spectrum">n/2 + 1 values as <see cref="ForwardReal"/> makes them; imaginary parts at frequency 0
    /// and, for even n, n/2 are ignored.</param>
    /// <param name="destination"><see cref="Length"/> real values.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public void InverseReal(ReadOnlySpan<Complex> spectrum, Span<double> destination)
    {
        Check(spectrum.Length, Length / 2 + 1, nameof(spectrum));
        Check(destination.Length, Length, nameof(destination));
        using var rented = new Rented(half?.Length ?? Length);
        var work = rented.Span;
        if (half is null)
        {
            work[0] = spectrum[0].Real;
            for (var k = 1; k < spectrum.Length; k++)
                (work[k], work[Length - k]) = (spectrum[k], Complex.Conjugate(spectrum[k]));
            Inverse(work);
            for (var i = 0; i < work.Length; i++) destination[i] = work[i].Real;
            return;
        }
        for (var k = 0; k < work.Length; k++)
        {
            var (here, mirror) = (Ends(spectrum, k), Complex.Conjugate(Ends(spectrum, work.Length - k)));
            var (even, odd) = ((here + mirror) / 2, (here - mirror) / 2 * Complex.Conjugate(roots[k]));
            work[k] = even + new Complex(-odd.Imaginary, odd.Real);
        }
        half.Inverse(work);
        for (var i = 0; i < work.Length; i++)
            (destination[2 * i], destination[2 * i + 1]) = (work[i].Real, work[i].Imaginary);
    }

    private static Complex Ends(ReadOnlySpan<Complex> spectrum, int k) =>
        k == 0 || k == spectrum.Length - 1 ? spectrum[k].Real : spectrum[k];

    private static void Check(int length, int wanted, string name)
    {
        if (length != wanted)
            throw new ArgumentException($"This transform needs {wanted} values here, but {length} were given.", name);
    }

    // Reduced to the first eighth of the circle, so that quarter turns are exact.
    private static Complex Root(long numerator, long denominator)
    {
        if (8 * numerator > 4 * denominator) return Complex.Conjugate(Root(denominator - numerator, denominator));
        if (8 * numerator > 2 * denominator)
        {
            var quarter = Root4(4 * numerator - denominator, 4 * denominator);
            return new Complex(quarter.Imaginary, -quarter.Real);
        }
        return Root4(4 * numerator, 4 * denominator);
    }

    private static Complex Root4(long numerator, long denominator)
    {
        var (sine, cosine) = Math.SinCos(2 * Math.PI * numerator / denominator);
        return new Complex(cosine, -sine);
    }

    private static int[] Factor(int length, out int rest)
    {
        var factors = new List<int>();
        rest = length;
        foreach (var radix in Radices)
            for (; rest % radix == 0; rest /= radix) factors.Add(radix);
        return [.. factors];
    }

    private void Stockham(Span<Complex> values)
    {
        using var rented = new Rented(Length);
        var source = values;
        var target = rented.Span;
        var done = 1; // product of the radices so far: transforms of this length lie interleaved in source
        foreach (var radix in radices)
        {
            switch (radix)
            {
                case 2: Pass2(source, target, done); break;
                case 4: Pass4(source, target, done); break;
                default: Pass(source, target, done, radix); break;
            }
            done *= radix;
            var swap = source;
            source = target;
            target = swap;
        }
        if (radices.Length % 2 == 1) source.CopyTo(values);
    }

    // Butterfly q of block j, at k: read at (q·blocks + j)·done + k, its r-th result written at (j·radix + r)·done + k.
    private void Pass2(ReadOnlySpan<Complex> x, Span<Complex> y, int done)
    {
        var blocks = Length / (2 * done);
        for (var j = 0; j < blocks; j++)
        {
            var root = roots[j * done];
            var x0 = x.Slice(j * done, done);
            var x1 = x.Slice((j + blocks) * done, done);
            var y0 = y.Slice(2 * j * done, done);
            var y1 = y.Slice((2 * j + 1) * done, done);
            for (var k = 0; k < done; k++)
            {
                var (a, b) = (x0[k], x1[k]);
                y0[k] = a + b;
                y1[k] = Multiply(a - b, root);
            }
        }
    }

    private void Pass4(ReadOnlySpan<Complex> x, Span<Complex> y, int done)
    {
        var blocks = Length / (4 * done);
        for (var j = 0; j < blocks; j++)
        {
            var (root1, root2, root3) = (roots[j * done], roots[2 * j * done], roots[3 * j * done]);
            var x0 = x.Slice(j * done, done);
            var x1 = x.Slice((j + blocks) * done, done);
            var x2 = x.Slice((j + 2 * blocks) * done, done);
            var x3 = x.Slice((j + 3 * blocks) * done, done);
            var y0 = y.Slice(4 * j * done, done);
            var y1 = y.Slice((4 * j + 1) * done, done);
            var y2 = y.Slice((4 * j + 2) * done, done);
            var y3 = y.Slice((4 * j + 3) * done, done);
            for (var k = 0; k < done; k++)
            {
                var (a, b, c, d) = (x0[k] + x2[k], x0[k] - x2[k], x1[k] + x3[k], x1[k] - x3[k]);
                var turned = new Complex(d.Imaginary, -d.Real); // −i d
                y0[k] = a + c;
                y1[k] = Multiply(b + turned, root1);
                y2[k] = Multiply(a - c, root2);
                y3[k] = Multiply(b - turned, root3);
            }
        }
    }

    private void Pass(ReadOnlySpan<Complex> x, Span<Complex> y, int done, int radix)
    {
        var blocks = Length / (radix * done);
        var turn = Length / radix;
        for (var j = 0; j < blocks; j++)
            for (var k = 0; k < done; k++)
                for (var r = 0; r < radix; r++)
                {
                    var sum = x[j * done + k];
                    for (var q = 1; q < radix; q++)
                        sum += Multiply(x[(j + q * blocks) * done + k], roots[q * r % radix * turn]);
                    y[(j * radix + r) * done + k] = Multiply(sum, roots[j * r * done]);
                }
    }

    private void Bluestein(Span<Complex> values)
    {
        using var rented = new Rented(convolution!.Length);
        var work = rented.Span;
        work[values.Length..].Clear();
        for (var i = 0; i < values.Length; i++) work[i] = Multiply(values[i], chirp[i]);
        convolution.Forward(work);
        for (var i = 0; i < work.Length; i++) work[i] = Multiply(work[i], chirpSpectrum[i]);
        convolution.Inverse(work);
        for (var i = 0; i < values.Length; i++) values[i] = Multiply(work[i], chirp[i]);
    }

    // Complex's own product checks for infinities.
    private static Complex Multiply(Complex a, Complex b) =>
        new(a.Real * b.Real - a.Imaginary * b.Imaginary, a.Real * b.Imaginary + a.Imaginary * b.Real);

    private readonly ref struct Rented(int length) : IDisposable
    {
        private readonly Complex[] array = ArrayPool<Complex>.Shared.Rent(length);

        public Span<Complex> Span => array.AsSpan(0, length);

        public void Dispose() => ArrayPool<Complex>.Shared.Return(array);
    }
}
