using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Workbench.Core.Tensors;
using static TorchSharp.torch;

namespace Workbench.Torch;

/// <summary>Matrices as tensors and tensors as matrices, over the same memory: nothing is copied, and what is written
/// to one is seen in the other.</summary>
/// <remarks>
/// Either keeps the memory alive that they share: a tensor the matrix's, as long as it or another tensor over it (a
/// slice, a transpose) is there; a matrix the tensor's, also after the tensor was disposed of.
/// </remarks>
/// <example><code>
/// using var tensor = embedding.AsTensor();       // torch.Tensor, [50257, 768]
/// var states = module.forward(tensor).AsMatrix();
/// </code></example>
public static unsafe class SharedMemory
{
    // What owns the memory that torch was handed, by its address, once for each time.
    private static readonly Dictionary<nint, List<object>> Owners = [];

    /// <summary>The matrix as a tensor of the same shape, in float32, on the processor.</summary>
    /// <param name="matrix">Writable.</param>
    /// <exception cref="ArgumentException">It lies in a mapped file: a tensor can always be written to, and that would
    /// end the process. Take a <see cref="Matrix.Copy"/> of it.</exception>
    /// <exception cref="TorchException">Torch's native half cannot be loaded.</exception>
    public static Tensor AsTensor(this Matrix matrix)
    {
        if (matrix.IsReadOnly)
            throw new ArgumentException(
                $"This {matrix.Rows} × {matrix.Columns} matrix lies in a mapped file, but a tensor can be written to; "
                    + "take AsTensor of a Copy() of it.",
                nameof(matrix));
        return View(matrix);
    }

    /// <summary>The tensor as a matrix; a vector is a matrix of one row.</summary>
    /// <param name="tensor">Float32 on the processor, of rank 1 or 2, its rows one after the other. Its gradient's
    /// history is left out.</param>
    /// <returns>Writable. Spans of it are good while the matrix itself is alive and the tensor is not
    /// resized.</returns>
    /// <exception cref="ArgumentException">It is none of these; the message names the method of torch that makes it
    /// so.</exception>
    public static Matrix AsMatrix(this Tensor tensor)
    {
        var shape = $"[{string.Join(", ", tensor.shape)}] in {tensor.dtype} on {tensor.device}";
        var cure =
            tensor.dtype != ScalarType.Float32 ? "A matrix is in float32: take to(torch.float32) first"
            : tensor.device_type != TorchSharp.DeviceType.CPU ? "A matrix lies with the processor: take cpu() first"
            : tensor.dim() is not (1 or 2) ? "A matrix has rank 2, a vector 1: reshape it first"
            : tensor.shape[0] > int.MaxValue || tensor.shape[^1] > int.MaxValue ? "A matrix has fewer rows and columns"
            : !tensor.is_contiguous() ? "Its rows do not follow each other: take contiguous() first"
            : null;
        if (cure is not null) throw new ArgumentException($"{cure}. The tensor is {shape}.", nameof(tensor));
        var (rows, columns) = ((int)(tensor.dim() == 1 ? 1 : tensor.shape[0]), (int)tensor.shape[^1]);
        if (rows == 0 || columns == 0) return new Matrix(rows, columns);
        // Another handle to the same memory: neither the tensor's end nor that of the scope it was made in is its own.
        var owner = tensor.detach().DetachFromDisposeScope();
        fixed (byte* start = owner.bytes) return Matrix.Over(owner, (float*)start, rows, columns);
    }

    /// <summary>A tensor over a rectangle, transposed or not, in memory that nobody writes to.</summary>
    internal static Tensor View(MatrixView view)
    {
        if (view.Rows == 0 || view.Columns == 0) return zeros(view.Rows, view.Columns);
        TorchLibrary.Load();
        var length = 1 + (view.Rows - 1) * view.RowStride + (view.Columns - 1) * view.ColumnStride;
        using var memory = Over(view, (nint)view.DangerousPointer, length);
        return memory.as_strided([view.Rows, view.Columns], [view.RowStride, view.ColumnStride], 0);
    }

    private static Tensor Over(object owner, nint start, long length)
    {
        lock (Owners)
        {
            if (!Owners.TryGetValue(start, out var owners)) Owners[start] = owners = [];
            owners.Add(owner);
        }
        var make = (delegate* unmanaged[Cdecl]<
            nint, delegate* unmanaged[Cdecl]<nint, void>, long*, int, sbyte, sbyte, int, int, byte, nint>)
            TorchLibrary.Export("THSTensor_new");
        const sbyte single = (sbyte)ScalarType.Float32;
        var handle = make(start, &Forget, &length, 1, single, single, (int)TorchSharp.DeviceType.CPU, -1, 0);
        if (handle != 0) return Tensor.UnsafeCreateTensor(handle);
        Remove(start);
        throw new TorchException(TorchProblem.DeviceError, $"Torch makes no tensor of {length} numbers in memory.");
    }

    // Torch's last tensor over some memory is gone. Which of its owners goes is all the same while each holds it.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Forget(nint start) => Remove(start);

    private static void Remove(nint start)
    {
        lock (Owners)
        {
            var owners = Owners[start];
            owners.RemoveAt(owners.Count - 1);
            if (owners.Count == 0) Owners.Remove(start);
        }
    }
}
