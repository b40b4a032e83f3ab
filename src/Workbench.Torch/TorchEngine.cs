using System;
using System.Runtime.InteropServices;
using TorchSharp;
using Workbench.Core;
using Workbench.Core.Engines;
using Workbench.Core.Models;
using Workbench.Core.Pairs;
using Workbench.Core.Tensors;
using static TorchSharp.torch;

namespace Workbench.Torch;

/// <namespacedoc><summary>TorchSharp in the workbench: tensors that share memory with its matrices, and an engine on
/// any device of torch's.</summary></namespacedoc>
/// <summary>Torch as an engine: matrix products, and through them searches and the scores of scans, on the processor or
/// on a card that it supports.</summary>
/// <remarks>
/// <para>Torch multiplies in an order of its own, which depends on shapes, threads and device: a score is within the
/// bound of <see cref="Core.Tensors.Arithmetic.AnyOrder"/>, but has not the bits of the processor's, nor always those
/// of another call. Pieces made here do not merge with those of other engines.</para>
/// <para>Rows are prepared by the processor, which keeps them, and copied to the device; a table must fit there. Every
/// fold gets its scores on the processor. Models run on the processor, without torch (<see cref="Load"/>).</para>
/// </remarks>
/// <example><code>
/// using IEngine engine = TorchEngine.On("cuda");
/// using var rows = engine.Prepare(embedding, Measure.Cosine);
/// new PairScan(rows).Run([histogram]);
/// </code></example>
public sealed class TorchEngine : IEngine
{
    // 16 MB of scores at a time: some rows by all columns of most tables, and little beside what tables take.
    internal const int ScoresAtOnce = 1 << 22;

    private TorchEngine(Device device) => Device = device;

    /// <inheritdoc/>
    public string Name => "torch";

    /// <inheritdoc/>
    public Arithmetic Arithmetic => Arithmetic.AnyOrder;

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>The engine on a device.</summary>
    /// <param name="device">As torch names it: "cpu", "cuda" for the first card, "cuda:1" for the second,
    /// "mps".</param>
    /// <exception cref="TorchException">Torch's native half cannot be loaded, or sees no such device; the message says
    /// the reason and the cure.</exception>
    /// <exception cref="ArgumentException">Torch has no devices of that name.</exception>
    public static TorchEngine On(string device = "cpu")
    {
        var parts = device.Split(':');
        var number = 0;
        if (parts[0] is not ("cpu" or "cuda" or "mps")
            || parts.Length > 2 || parts.Length == 2 && (!int.TryParse(parts[1], out number) || number < 0))
            throw new ArgumentException(
                $"Torch has no device \"{Excerpt.Of(device)}\"; its devices are cpu, cuda, cuda:1 and so on, and mps.",
                nameof(device));
        TorchLibrary.Load();
        var there = parts[0] switch
        {
            "cuda" => Cards(),
            "mps" => mps_is_available() ? 1 : 0,
            _ => 1,
        };
        if (number >= there)
            throw new TorchException(
                TorchProblem.NoDevice,
                $"Torch sees {(there == 0 ? $"no {parts[0]} device" : $"{there} {parts[0]} devices, from 0")} here, "
                    + $"but {device} was asked for. A card needs its driver and one of torch's packages for cards in "
                    + "place of that for the processor. TorchEngine.On(\"cpu\") needs none.");
        return new TorchEngine(torch.device(device));
    }

    /// <inheritdoc/>
    public void Multiply(MatrixView a, MatrixView b, Matrix destination)
    {
        IEngine.RequireFit(a, b, destination);
        using var result = destination.AsTensor();
        Compute(() =>
        {
            using var scope = NewDisposeScope();
            return result.copy_(Send(a).mm(Send(b).t()));
        });
    }

    /// <inheritdoc/>
    public IPreparedRows Prepare(
        MatrixView rows, Measure measure, DegenerateRows degenerate = DegenerateRows.Refuse) =>
        new TorchRows(this, PreparedRows.Prepare(rows, measure, degenerate));

    /// <inheritdoc/>
    public TopKResult TopK(MatrixView queries, IPreparedRows table, int k)
    {
        var rows = OwnRows(table);
        using var wanted = (TorchRows)IEngine.PrepareQueries(this, queries, rows, k);
        return TorchSearch.Run(this, wanted, rows, Math.Min(k, rows.Count));
    }

    /// <summary>A model ready to run, on the processor and without torch, so that every place of it can be kept and
    /// changed.</summary>
    /// <param name="weights">The weights, whose file must stay open.</param>
    /// <exception cref="NotSupportedException">The configuration has settings that are not supported; the message names
    /// them.</exception>
    public ITransformer Load(TransformerWeights weights) => new Transformer(weights);

    /// <summary>Does nothing: what was prepared is freed on its own.</summary>
    public void Dispose() { }

    /// <summary>Name, device and version: "torch, cpu, libtorch 2.10.0".</summary>
    public override string ToString() => $"{Name}, {Device}, libtorch {TorchLibrary.Version}";

    /// <summary>A copy on the device; on the processor, the memory itself.</summary>
    internal Tensor Send(MatrixView view) => SharedMemory.View(view).to(Device);

    /// <summary>Runs some work of torch's, whose errors are told as ours. Products are mm: TorchSharp 0.107 lets those
    /// of matmul end the process.</summary>
    internal T Compute<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (ExternalException exception)
        {
            var isMemory = exception.Message.Contains("memory", StringComparison.OrdinalIgnoreCase);
            throw new TorchException(
                isMemory ? TorchProblem.OutOfMemory : TorchProblem.DeviceError,
                $"Torch on {Device} says: {Excerpt.Of(exception.Message.Split('\n')[0])}. Use another engine"
                    + (isMemory ? ", or fewer rows." : "."));
        }
    }

    /// <summary>Rows that this engine has prepared.</summary>
    /// <exception cref="ArgumentException">They are another engine's.</exception>
    internal TorchRows OwnRows(IPreparedRows rows) =>
        rows is TorchRows mine && mine.Belongs(this)
            ? mine
            : throw new ArgumentException(
                $"The table must be prepared by this engine, {this}, but is {rows.Engine}'s.", nameof(rows));

    private static int Cards() => cuda.is_available() ? cuda.device_count() : 0;
}
