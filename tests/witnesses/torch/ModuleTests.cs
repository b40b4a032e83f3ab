using System;
using System.Linq;
using TorchSharp;
using TorchSharp.Modules;
using Workbench.Core.Engines;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Workbench.Core.Tests.Models;
using Workbench.Torch;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Workbench.Witnesses;

/// <summary>A module of TorchSharp in the workbench, as docs/torch.md shows it.</summary>
public sealed class ModuleTests
{
    [Fact]
    public void The_parameters_of_a_module_are_tensors_of_a_file_that_share_its_memory()
    {
        using var module = nn.Sequential(("embed", nn.Embedding(7, 4)), ("out", nn.Linear(4, 3)));
        using var file = module.AsFile("mine");
        Assert.Equal(
            ["embed.weight", "out.weight", "out.bias"], file.Tensors.Select(entry => entry.Name).ToArray());
        Assert.Equal("[3, 4]", $"{file.Find("out.weight").Shape}");
        Assert.Equal("[3]", $"{file.Find("out.bias").Shape}");
        using (no_grad()) module.get_parameter("embed.weight")!.fill_(3);
        Assert.All(file.ReadMatrix("embed.weight").ToArray(), value => Assert.Equal(3f, value));
    }

    [Fact]
    public void A_GPT_2_of_modules_runs_in_the_workbench_with_torch_s_states()
    {
        var config = Gpt2.Config(vocabulary: 31, positions: 16, width: 12, heads: 3, blocks: 1);
        manual_seed(1);
        using var module = new Small();
        using var file = module.AsFile("small");
        using var engine = TorchEngine.On();
        var pass = engine.Load(new TransformerWeights(file, config)).Run([3, 1, 4, 1, 5, 9]);
        using var theirs = module.forward(tensor(new long[] { 3, 1, 4, 1, 5, 9 }));
        Close.Within(
            "states", theirs.to(ScalarType.Float64).data<double>().ToArray(), pass.Output, 5e-6);
    }

    // Named as the family's tensors are; layers of GPT-2 are stored [inputs, outputs].
    private sealed class Small : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding wte = nn.Embedding(31, 12), wpe = nn.Embedding(16, 12);
        private readonly ModuleList<nn.Module> h = nn.ModuleList<nn.Module>(new Block());
        private readonly LayerNorm ln_f = nn.LayerNorm(12);

        public Small() : base("small") => RegisterComponents();

        public override Tensor forward(Tensor ids) =>
            ln_f.forward(((Block)h[0]).forward(wte.forward(ids) + wpe.forward(arange(ids.shape[0]))));
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly LayerNorm ln_1 = nn.LayerNorm(12), ln_2 = nn.LayerNorm(12);
        private readonly Pair attn = new("c_attn", 36, "c_proj", 12, 12), mlp = new("c_fc", 48, "c_proj", 48, 12);

        public Block() : base("block") => RegisterComponents();

        public override Tensor forward(Tensor x)
        {
            var parts = attn.First(ln_1.forward(x)).reshape(x.shape[0], 3, 3, 4).permute(1, 2, 0, 3);
            var mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_casual: true);
            x = x + attn.Second(mixed.transpose(0, 1).reshape(x.shape[0], 12));
            var inner = mlp.First(ln_2.forward(x));
            inner = inner * 0.5 * (1 + ((inner + inner.pow(3) * 0.044715) * Math.Sqrt(2 / Math.PI)).tanh());
            return x + mlp.Second(inner);
        }
    }

    private sealed class Pair : nn.Module
    {
        private readonly Layer first, second;

        public Pair(string firstName, int middle, string secondName, int inputs, int outputs) : base("pair")
        {
            (first, second) = (new Layer(12, middle), new Layer(inputs, outputs));
            register_module(firstName, first);
            register_module(secondName, second);
        }

        public Tensor First(Tensor x) => first.forward(x);

        public Tensor Second(Tensor x) => second.forward(x);
    }

    private sealed class Layer : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter weight, bias;

        public Layer(int inputs, int outputs) : base("layer")
        {
            (weight, bias) = (nn.Parameter(randn(inputs, outputs) * 0.3), nn.Parameter(randn(outputs) * 0.1));
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => x.matmul(weight) + bias;
    }
}
