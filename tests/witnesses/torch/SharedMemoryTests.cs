using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using TorchSharp;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Pairs;
using Workbench.Torch;
using Xunit;
using static TorchSharp.torch;

namespace Workbench.Witnesses;

public sealed class SharedMemoryTests
{
    [Fact]
    public void What_is_written_to_one_is_seen_in_the_other()
    {
        var matrix = Samples.Gaussian(3, 5, 1);
        using var tensor = matrix.AsTensor();
        Assert.Equal([3L, 5L], tensor.shape);
        Assert.Equal(ScalarType.Float32, tensor.dtype);
        Assert.Equal(matrix.ToArray(), tensor.data<float>().ToArray());
        matrix[2, 1] = 7;
        Assert.Equal(7f, tensor[2, 1].item<float>());
        tensor.mul_(2);
        Assert.Equal(14f, matrix[2, 1]);

        using var made = arange(6, ScalarType.Float32).reshape(2, 3);
        var back = made.AsMatrix();
        Assert.Equal("[2, 3]", $"{back.Shape}");
        Assert.Equal([0f, 1, 2, 3, 4, 5], back.ToArray());
        back[1, 2] = -1;
        Assert.Equal(-1f, made[1, 2].item<float>());
        Assert.Equal("[1, 4]", $"{zeros(4).AsMatrix().Shape}");
        Assert.Equal("[0, 4]", $"{zeros(0, 4).AsMatrix().Shape}");
        Assert.Equal([0L, 4L], new Matrix(0, 4).AsTensor().shape);
    }

    [Fact]
    public void Ranges_and_transposes_of_a_matrix_are_tensors_without_a_copy()
    {
        var matrix = Samples.Gaussian(6, 4, 1);
        var view = ((MatrixView)matrix).RowRange(1, 4).Transposed;
        using var tensor = SharedMemory.View(view);
        Assert.Equal([4L, 4L], tensor.shape);
        for (var i = 0; i < 4; i++)
            for (var j = 0; j < 4; j++)
                Assert.Equal(view[i, j], tensor[i, j].item<float>());
        matrix[2, 3] = 9;
        Assert.Equal(9f, tensor[3, 1].item<float>());
    }

    [Fact]
    public void A_tensor_keeps_the_matrix_s_memory_as_long_as_torch_uses_it_and_no_longer()
    {
        var (weak, tensor) = Made();
        Collect();
        Assert.True(weak.IsAlive);
        using (var slice = tensor.narrow(0, 999, 1))
        {
            tensor.Dispose();
            Collect();
            Assert.True(weak.IsAlive);
            Assert.Equal(5f, slice[0, 0].item<float>());
        }
        Collect();
        Assert.False(weak.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (WeakReference, Tensor) Made()
        {
            var matrix = new Matrix(1000, 10);
            matrix[999, 0] = 5;
            return (new WeakReference(matrix), matrix.AsTensor());
        }
    }

    [Fact]
    public void A_matrix_keeps_the_tensor_s_memory_beyond_the_tensor_and_its_scope()
    {
        Matrix matrix;
        using (NewDisposeScope())
        {
            var tensor = full(500, 3, 4f);
            matrix = tensor.AsMatrix();
            tensor.Dispose();
        }
        for (var i = 0; i < 20; i++) zeros(500, 3).Dispose(); // whoever could take the memory
        Collect();
        Assert.All(matrix.ToArray(), value => Assert.Equal(4f, value));
        GC.KeepAlive(matrix);
    }

    [Fact]
    public void A_parameter_is_a_matrix_and_stays_one_of_the_graph()
    {
        using var layer = nn.Linear(4, 3);
        var matrix = layer.weight!.AsMatrix();
        matrix[0, 0] = 0.5f;
        Assert.Equal(0.5f, layer.weight[0, 0].item<float>());
        Assert.True(layer.weight.requires_grad);
    }

    [Fact]
    public void What_cannot_share_memory_is_refused_with_the_method_that_makes_it_so()
    {
        Refused("to(torch.float32)", zeros(2, 2, ScalarType.Float64));
        Refused("reshape", zeros(2, 2, 2));
        Refused("reshape", tensor(1f));
        Refused("contiguous()", zeros(2, 3).t());
        Refused("[3, 2] in Float32 on cpu", zeros(2, 3).t());
        Refused("cpu()", zeros(2, 3, device: META));

        static void Refused(string cure, Tensor tensor) =>
            Assert.Contains(cure, Assert.Throws<ArgumentException>(() => tensor.AsMatrix()).Message);
    }

    [Fact]
    public void A_matrix_in_a_file_is_refused_since_a_tensor_can_be_written_to()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            NpyFile.Write(path, Samples.Gaussian(40, 30, 1));
            using var file = NpyFile.Open(path);
            var matrix = file.ReadMatrix(file.Tensors[0].Name);
            Assert.True(matrix.IsReadOnly);
            Assert.Contains("Copy()", Assert.Throws<ArgumentException>(() => matrix.AsTensor()).Message);
            using var tensor = matrix.Copy().AsTensor();
            Assert.Equal(matrix[3, 4], tensor[3, 4].item<float>());
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Collect()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
