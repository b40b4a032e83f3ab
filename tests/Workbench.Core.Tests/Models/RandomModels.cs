using System;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Models;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Tests.Models;

/// <summary>Small models with random weights, in memory.</summary>
internal static class RandomModels
{
    public static Matrix Normal(int rows, int columns, Philox random, double scale, double mean = 0)
    {
        var matrix = new Matrix(rows, columns);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                matrix[i, j] = (float)(mean + scale * random.NextNormal());
        return matrix;
    }

    public static int[] Tokens(int count, int vocabulary, ulong seed)
    {
        var random = new Philox(seed, 99);
        var tokens = new int[count];
        for (var i = 0; i < count; i++) tokens[i] = (int)random.NextInteger(vocabulary);
        return tokens;
    }

    /// <summary>Every tensor that a table names, of a size that makes each matter; layers are stored with a row for
    /// each output. The table says whether there are biases.</summary>
    public static MemoryTensors Of(TransformerConfig config, ulong seed)
    {
        var random = new Philox(seed);
        var file = new MemoryTensors($"random-{config.Family}-{seed}");
        file.Add($"{config.Tokens.Name}.weight", Normal(config.Tokens.Count, config.TokenWidth, random, 0.6));
        foreach (var block in config.Blocks)
        {
            var (attention, second) = block;
            foreach (var branch in new BranchConfig[] { attention, second })
                foreach (var norm in new[] { branch.NormBefore, branch.NormOutput, branch.NormAfter })
                    Norm(norm, config.Width);
            Layer(attention.Input);
            Layer(attention.Output);
            Norm(attention.QueryNorm?.Norm, attention.HeadWidth);
            Norm(attention.KeyNorm?.Norm, attention.HeadWidth);
            if (attention.Sinks is { } sinks) file.Add(sinks, Normal(1, attention.Heads, random, 1).Row(0));
            var perceptrons = second is ExpertsConfig experts ? experts.Experts : [(MlpConfig)second];
            if (second is ExpertsConfig { Router: var router }) Layer(router);
            foreach (var one in perceptrons)
            {
                Layer(one.Up);
                Layer(one.Down);
            }
        }
        Norm(config.FinalNorm, config.Width);
        file.Add($"{config.Head.Name}.weight", Normal(config.Tokens.Count, config.Width, random, 0.5));
        return file;

        void Norm(NormConfig? norm, int length)
        {
            if (norm is null) return;
            var mean = norm.Kind == NormKind.RootMeanSquareOfOnePlus ? 0 : 1;
            file.Add($"{norm.Name}.weight", Normal(1, length, random, 0.3, mean).Row(0));
            if (norm.Kind == NormKind.Layer && config.Biases is true)
                file.Add($"{norm.Name}.bias", Normal(1, length, random, 0.2).Row(0));
        }

        void Layer(LayerConfig layer)
        {
            foreach (var (name, outputs) in layer.Parts?.Select(part => ($"{layer.Name}.{part.Name}", part.Outputs))
                ?? [(layer.Name, layer.Outputs)])
            {
                file.Add($"{name}.weight", Normal(outputs, layer.Inputs, random, 1 / Math.Sqrt(layer.Inputs)));
                if (config.Biases is true) file.Add($"{name}.bias", Normal(1, outputs, random, 0.1).Row(0));
            }
        }
    }

    /// <summary>Tensors of a GPT-2 with weights of a size that makes every part of it matter.</summary>
    public static MemoryTensors Gpt2(TransformerConfig config, ulong seed, string prefix = "")
    {
        var random = new Philox(seed);
        var file = new MemoryTensors($"random-{seed}");
        var (d, biases) = (config.Width, config.Biases ?? true);
        file.Add($"{prefix}wte.weight", Normal(config.Tokens.Count, d, random, 0.6));
        file.Add($"{prefix}wpe.weight", Normal(config.Positions!.Count, d, random, 0.3));
        for (var block = 0; block < config.Blocks.Count; block++)
        {
            Norm($"h.{block}.ln_1");
            Layer($"h.{block}.attn.c_attn", d, 3 * d);
            Layer($"h.{block}.attn.c_proj", d, d);
            Norm($"h.{block}.ln_2");
            Layer($"h.{block}.mlp.c_fc", d, config.Blocks[block].Mlp.Up.Outputs);
            Layer($"h.{block}.mlp.c_proj", config.Blocks[block].Mlp.Up.Outputs, d);
        }
        Norm("ln_f");
        if (config.TiedHead is false) file.Add("lm_head.weight", Normal(config.Tokens.Count, d, random, 0.5));
        return file;

        void Norm(string name)
        {
            file.Add($"{prefix}{name}.weight", Normal(1, d, random, 0.3, 1).Row(0));
            if (biases) file.Add($"{prefix}{name}.bias", Normal(1, d, random, 0.2).Row(0));
        }

        void Layer(string name, int inputs, int outputs)
        {
            var weight = Normal(inputs, outputs, random, 1 / Math.Sqrt(inputs));
            file.Add($"{prefix}{name}.weight", config.Layout == WeightLayout.InputMajor ? weight : weight.Transpose());
            if (biases) file.Add($"{prefix}{name}.bias", Normal(1, outputs, random, 0.1).Row(0));
        }
    }

    /// <summary>Tensors of a BERT with masked-language-model head and pooler.</summary>
    public static MemoryTensors Bert(TransformerConfig config, ulong seed)
    {
        var random = new Philox(seed);
        var file = new MemoryTensors($"random-bert-{seed}");
        var d = config.Width;
        file.Add("bert.embeddings.word_embeddings.weight", Normal(config.Tokens.Count, d, random, 0.6));
        file.Add("bert.embeddings.position_embeddings.weight", Normal(config.Positions!.Count, d, random, 0.3));
        file.Add("bert.embeddings.token_type_embeddings.weight", Normal(config.TokenTypes!.Count, d, random, 0.3));
        Norm("bert.embeddings.LayerNorm");
        for (var block = 0; block < config.Blocks.Count; block++)
        {
            var layer = $"bert.encoder.layer.{block}";
            foreach (var name in new[] { "self.query", "self.key", "self.value", "output.dense" })
                Layer($"{layer}.attention.{name}", d, d);
            Norm($"{layer}.attention.output.LayerNorm");
            Layer($"{layer}.intermediate.dense", d, config.Blocks[block].Mlp.Up.Outputs);
            Layer($"{layer}.output.dense", config.Blocks[block].Mlp.Up.Outputs, d);
            Norm($"{layer}.output.LayerNorm");
        }
        Layer("bert.pooler.dense", d, d);
        Layer("cls.predictions.transform.dense", d, d);
        Norm("cls.predictions.transform.LayerNorm");
        file.Add("cls.predictions.bias", Normal(1, config.Tokens.Count, random, 0.2).Row(0));
        return file;

        // TensorFlow's names for a layer norm's parameters, as bert-base-uncased has them.
        void Norm(string name)
        {
            file.Add($"{name}.gamma", Normal(1, d, random, 0.3, 1).Row(0));
            file.Add($"{name}.beta", Normal(1, d, random, 0.2).Row(0));
        }

        void Layer(string name, int inputs, int outputs)
        {
            file.Add($"{name}.weight", Normal(outputs, inputs, random, 1 / Math.Sqrt(inputs)));
            file.Add($"{name}.bias", Normal(1, outputs, random, 0.1).Row(0));
        }
    }
}
