using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Workbench.Core.Formats;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;

namespace Workbench.Core.Tests.Models;

/// <summary>Families that no library's values are at hand for, each as a straight line of loops in double from its
/// formulas alone. A tensor is made at random where it is first asked for, so that a run also writes the
/// checkpoint.</summary>
internal sealed class PlainFamilies(ulong seed)
{
    private const int Vocabulary = 61;
    private const double Never = double.NegativeInfinity;
    private readonly Philox random = new(seed);
    private readonly Dictionary<string, (int[] Shape, double[] Values)> tensors = [];

    /// <summary>The stream before the first block and after each, the last one after the final norm.</summary>
    public List<double[][]> Hidden { get; } = [];

    /// <summary>For each attention in turn, head by head, row by row.</summary>
    public List<double[]> Patterns { get; } = [];

    /// <summary>What a pooler makes of the first token, where the family has one.</summary>
    public double[]? Pooled { get; private set; }

    /// <summary>Writes the tensors that a run has asked for, and the settings, as the hub has them.</summary>
    public void Save(string folder, string config)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, (shape, values)) in tensors)
        {
            var floats = Array.ConvertAll(values, value => (float)value);
            if (shape.Length == 1) writer.Add(name, floats);
            else writer.Add(name, Matrix.FromArray(shape[0], shape[1], floats));
        }
        writer.Write(Path.Combine(folder, "model.safetensors"));
        File.WriteAllText(Path.Combine(folder, "config.json"), config);
    }

    public double[][] CodeGen(int[] ids)
    {
        const int d = 48, heads = 8, width = d / heads, quarter = d / 4;
        var x = Hide(Rows("transformer.wte.weight", Vocabulary, d, ids));
        for (var block = 0; block < 2; block++)
        {
            var h = $"transformer.h.{block}";
            var read = LayerNorm(x, $"{h}.ln_1", 1e-5);
            var all = Linear(read, $"{h}.attn.qkv_proj", 3 * d, bias: false);
            // Each of four blocks holds q, v, k.
            var q = Join(all, [.. Enumerable.Range(0, 4).Select(part => (part * 3 * quarter, quarter))]);
            var v = Join(all, [.. Enumerable.Range(0, 4).Select(part => ((part * 3 + 1) * quarter, quarter))]);
            var k = Join(all, [.. Enumerable.Range(0, 4).Select(part => ((part * 3 + 2) * quarter, quarter))]);
            q = Rotate(q, width, 4, 10_000, neighbours: true);
            k = Rotate(k, width, 4, 10_000, neighbours: true);
            var mixed = Attend(q, k, v, heads, heads, (dot, _, i, j) => j > i ? Never : dot / Math.Sqrt(width));
            var attended = Linear(mixed, $"{h}.attn.out_proj", d, bias: false);
            var inner = Map(Linear(read, $"{h}.mlp.fc_in", 4 * d), GeluNew);
            x = Sum(Sum(x, attended), Linear(inner, $"{h}.mlp.fc_out", d));
            if (block < 1) Hide(x);
        }
        x = Hide(LayerNorm(x, "transformer.ln_f", 1e-5));
        return Linear(x, "lm_head", Vocabulary);
    }

    public double[][] Camembert(int[] ids)
    {
        const int d = 36, heads = 3, pad = 1;
        var count = pad;
        var positions = ids.Select(id => id == pad ? pad : ++count).ToArray();
        var x = Rows("roberta.embeddings.word_embeddings.weight", Vocabulary, d, ids);
        x = Sum(x, Rows("roberta.embeddings.position_embeddings.weight", 34, d, positions));
        x = Sum(x, Rows("roberta.embeddings.token_type_embeddings.weight", 1, d, new int[ids.Length]));
        x = Hide(LayerNorm(x, "roberta.embeddings.LayerNorm", 1e-5));
        for (var block = 0; block < 2; block++)
            x = Hide(BertBlock(x, $"roberta.encoder.layer.{block}", heads, 50, GeluNew, 1e-5));
        var compared = LayerNorm(Map(Linear(x, "lm_head.dense", d), Gelu), "lm_head.layer_norm", 1e-5);
        return Scores(compared, "roberta.embeddings.word_embeddings.weight", "lm_head.bias");
    }

    public double[][] ElectraGenerator(int[] ids)
    {
        const int d = 36, e = 16;
        var x = Rows("electra.embeddings.word_embeddings.weight", Vocabulary, e, ids);
        x = Sum(x, Rows("electra.embeddings.position_embeddings.weight", 34, e, [.. Enumerable.Range(0, ids.Length)]));
        x = Sum(x, Rows("electra.embeddings.token_type_embeddings.weight", 2, e, new int[ids.Length]));
        x = LayerNorm(x, "electra.embeddings.LayerNorm", 1e-12);
        x = Hide(Linear(x, "electra.embeddings_project", d));
        for (var block = 0; block < 2; block++)
            x = Hide(BertBlock(x, $"electra.encoder.layer.{block}", 3, 50, Relu, 1e-12));
        var compared = LayerNorm(
            Map(Linear(x, "generator_predictions.dense", e), Gelu), "generator_predictions.LayerNorm", 1e-12);
        return Scores(compared, "electra.embeddings.word_embeddings.weight", "generator_lm_head.bias");
    }

    public double[][] AlbertWithInnerGroups(int[] ids)
    {
        const int d = 36, e = 16, heads = 3;
        var x = Rows("albert.embeddings.word_embeddings.weight", Vocabulary, e, ids);
        x = Sum(x, Rows("albert.embeddings.position_embeddings.weight", 34, e, [.. Enumerable.Range(0, ids.Length)]));
        x = Sum(x, Rows("albert.embeddings.token_type_embeddings.weight", 2, e, new int[ids.Length]));
        x = LayerNorm(x, "albert.embeddings.LayerNorm", 1e-12);
        x = Hide(Linear(x, "albert.encoder.embedding_hidden_mapping_in", d));
        // Three layers of two groups are of groups 0, 0 and 1; each is two inner ones.
        foreach (var group in new[] { 0, 0, 1 })
            for (var inner = 0; inner < 2; inner++)
            {
                var layer = $"albert.encoder.albert_layer_groups.{group}.albert_layers.{inner}";
                var (q, k, v) = (
                    Linear(x, $"{layer}.attention.query", d), Linear(x, $"{layer}.attention.key", d),
                    Linear(x, $"{layer}.attention.value", d));
                var mixed = Attend(q, k, v, heads, heads, (dot, _, _, _) => dot / Math.Sqrt(d / heads));
                x = LayerNorm(
                    Sum(x, Linear(mixed, $"{layer}.attention.dense", d)), $"{layer}.attention.LayerNorm", 1e-12);
                var hidden = Map(Linear(x, $"{layer}.ffn", 50), GeluNew);
                x = Hide(LayerNorm(
                    Sum(x, Linear(hidden, $"{layer}.ffn_output", d)), $"{layer}.full_layer_layer_norm", 1e-12));
            }
        Pooled = Map(Linear([x[0]], "albert.pooler", d), Math.Tanh)[0];
        var compared = LayerNorm(Map(Linear(x, "predictions.dense", e), GeluNew), "predictions.LayerNorm", 1e-12);
        return Scores(compared, "albert.embeddings.word_embeddings.weight", "predictions.bias");
    }

    public double[][] Mpt(int[] ids)
    {
        const int d = 32, heads = 4;
        var x = Hide(Rows("transformer.wte.weight", Vocabulary, d, ids));
        for (var block = 0; block < 2; block++)
        {
            var b = $"transformer.blocks.{block}";
            var all = Linear(LayerNorm(x, $"{b}.norm_1", 1e-5, bias: false), $"{b}.attn.Wqkv", 3 * d, bias: false);
            var mixed = Attend(
                Join(all, (0, d)), Join(all, (d, d)), Join(all, (2 * d, d)), heads, heads,
                (dot, head, i, j) =>
                    j > i ? Never : dot / Math.Sqrt(d / heads) + Math.Pow(2, -8.0 * (head + 1) / heads) * (j - i));
            x = Sum(x, Linear(mixed, $"{b}.attn.out_proj", d, bias: false));
            var read = LayerNorm(x, $"{b}.norm_2", 1e-5, bias: false);
            var inner = Map(Linear(read, $"{b}.ffn.up_proj", 4 * d, bias: false), Gelu);
            x = Sum(x, Linear(inner, $"{b}.ffn.down_proj", d, bias: false));
            if (block < 1) Hide(x);
        }
        x = Hide(LayerNorm(x, "transformer.norm_f", 1e-5, bias: false));
        return Scores(x, "transformer.wte.weight", null);
    }

    public double[][] BioGpt(int[] ids)
    {
        const int d = 40, heads = 5;
        var x = Map(Rows("biogpt.embed_tokens.weight", Vocabulary, d, ids), value => value * Math.Sqrt(d));
        var positions = Enumerable.Range(2, ids.Length).ToArray();
        x = Hide(Sum(x, Rows("biogpt.embed_positions.weight", 52, d, positions)));
        for (var block = 0; block < 2; block++)
        {
            var layer = $"biogpt.layers.{block}";
            var read = LayerNorm(x, $"{layer}.self_attn_layer_norm", 1e-5);
            var (q, k, v) = (
                Linear(read, $"{layer}.self_attn.q_proj", d), Linear(read, $"{layer}.self_attn.k_proj", d),
                Linear(read, $"{layer}.self_attn.v_proj", d));
            var mixed = Attend(q, k, v, heads, heads, (dot, _, i, j) => j > i ? Never : dot / Math.Sqrt(d / heads));
            x = Sum(x, Linear(mixed, $"{layer}.self_attn.out_proj", d));
            read = LayerNorm(x, $"{layer}.final_layer_norm", 1e-5);
            x = Sum(x, Linear(Map(Linear(read, $"{layer}.fc1", 64), Gelu), $"{layer}.fc2", d));
            if (block < 1) Hide(x);
        }
        x = Hide(LayerNorm(x, "biogpt.layer_norm", 1e-5));
        return Scores(x, "biogpt.embed_tokens.weight", null);
    }

    public double[][] BloomThatAddsToNorms(int[] ids)
    {
        const int d = 48, heads = 6;
        // Of four heads first, then of every other of eight.
        double[] slopes = [.. new double[] { -2, -4, -6, -8, -1, -3 }.Select(power => Math.Pow(2, power))];
        var x = Rows("transformer.word_embeddings.weight", Vocabulary, d, ids);
        x = Hide(LayerNorm(x, "transformer.word_embeddings_layernorm", 1e-5));
        for (var block = 0; block < 2; block++)
        {
            var h = $"transformer.h.{block}";
            var read = LayerNorm(x, $"{h}.input_layernorm", 1e-5);
            var (q, k, v) = HeadByHead(Linear(read, $"{h}.self_attention.query_key_value", 3 * d), heads, heads);
            var mixed = Attend(
                q, k, v, heads, heads,
                (dot, head, i, j) => j > i ? Never : dot / Math.Sqrt(d / heads) + slopes[head] * (j - i));
            x = Sum(read, Linear(mixed, $"{h}.self_attention.dense", d));
            read = LayerNorm(x, $"{h}.post_attention_layernorm", 1e-5);
            var inner = Map(
                Linear(read, $"{h}.mlp.dense_h_to_4h", 4 * d),
                value => 0.5 * value * (1 + Math.Tanh(0.79788456 * value * (1 + 0.044715 * value * value))));
            x = Sum(read, Linear(inner, $"{h}.mlp.dense_4h_to_h", d));
            if (block < 1) Hide(x);
        }
        x = Hide(LayerNorm(x, "transformer.ln_f", 1e-5));
        return Scores(x, "transformer.word_embeddings.weight", null);
    }

    public double[][] FalconWithTwoNorms(int[] ids)
    {
        const int d = 48, heads = 6, groups = 2, width = d / heads;
        var x = Hide(Rows("transformer.word_embeddings.weight", Vocabulary, d, ids));
        for (var block = 0; block < 2; block++)
        {
            var h = $"transformer.h.{block}";
            var read = LayerNorm(x, $"{h}.ln_attn", 1e-5);
            var (q, k, v) = HeadByHead(
                Linear(read, $"{h}.self_attention.query_key_value", (heads + 2 * groups) * width, bias: false), heads,
                groups);
            q = Rotate(q, width, width, 10_000, neighbours: false);
            k = Rotate(k, width, width, 10_000, neighbours: false);
            var mixed = Attend(q, k, v, heads, groups, (dot, _, i, j) => j > i ? Never : dot / Math.Sqrt(width));
            var attended = Linear(mixed, $"{h}.self_attention.dense", d, bias: false);
            var inner = Map(
                Linear(LayerNorm(x, $"{h}.ln_mlp", 1e-5), $"{h}.mlp.dense_h_to_4h", 4 * d, bias: false), Gelu);
            x = Sum(Sum(x, attended), Linear(inner, $"{h}.mlp.dense_4h_to_h", d, bias: false));
            if (block < 1) Hide(x);
        }
        x = Hide(LayerNorm(x, "transformer.ln_f", 1e-5));
        return Scores(x, "transformer.word_embeddings.weight", null);
    }

    /// <summary>With a clip, where one is given; its norms have no tensors.</summary>
    public double[][] Olmo(int[] ids, double? clip)
    {
        const int d = 48, heads = 6, groups = 3, width = d / heads;
        var x = Hide(Rows("model.embed_tokens.weight", Vocabulary, d, ids));
        for (var block = 0; block < 2; block++)
        {
            var layer = $"model.layers.{block}";
            var (q, k, v) = Projected(Standard(x, 1e-5), layer, heads, groups, width, clip);
            q = Rotate(q, width, width, 10_000, neighbours: false);
            k = Rotate(k, width, width, 10_000, neighbours: false);
            var mixed = Attend(q, k, v, heads, groups, (dot, _, i, j) => j > i ? Never : dot / Math.Sqrt(width));
            x = Sum(x, Linear(mixed, $"{layer}.self_attn.o_proj", d, bias: false));
            x = Sum(x, Gated(Standard(x, 1e-5), $"{layer}.mlp", 100, d));
            if (block < 1) Hide(x);
        }
        x = Hide(Standard(x, 1e-5));
        return Linear(x, "lm_head", Vocabulary, bias: false);
    }

    /// <summary>Norms of whole queries and keys, and experts whose shares are not made to add up to 1.</summary>
    public double[][] Olmoe(int[] ids)
    {
        const int d = 48, heads = 6, groups = 3, width = d / heads, experts = 5, active = 2;
        var x = Hide(Rows("model.embed_tokens.weight", Vocabulary, d, ids));
        for (var block = 0; block < 2; block++)
        {
            var layer = $"model.layers.{block}";
            var read = RootMeanSquare(x, $"{layer}.input_layernorm", 1e-5);
            var (q, k, v) = Projected(read, layer, heads, groups, width, null);
            q = RootMeanSquare(q, $"{layer}.self_attn.q_norm", 1e-5);
            k = RootMeanSquare(k, $"{layer}.self_attn.k_norm", 1e-5);
            q = Rotate(q, width, width, 10_000, neighbours: false);
            k = Rotate(k, width, width, 10_000, neighbours: false);
            var mixed = Attend(q, k, v, heads, groups, (dot, _, i, j) => j > i ? Never : dot / Math.Sqrt(width));
            x = Sum(x, Linear(mixed, $"{layer}.self_attn.o_proj", d, bias: false));
            read = RootMeanSquare(x, $"{layer}.post_attention_layernorm", 1e-5);
            var router = Linear(read, $"{layer}.mlp.gate", experts, bias: false);
            var each = Enumerable.Range(0, experts)
                .Select(expert => Gated(read, $"{layer}.mlp.experts.{expert}", 40, d))
                .ToArray();
            x = Sum(x, [.. router.Select((scores, row) =>
            {
                var shares = Softmax(scores);
                var chosen = Enumerable.Range(0, experts).OrderByDescending(expert => shares[expert]).Take(active);
                return Enumerable.Range(0, d).Select(c => chosen.Sum(e => shares[e] * each[e][row][c])).ToArray();
            })]);
            if (block < 1) Hide(x);
        }
        x = Hide(RootMeanSquare(x, "model.norm", 1e-5));
        return Linear(x, "lm_head", Vocabulary, bias: false);
    }

    public double[][] Cohere(int[] ids)
    {
        const int d = 48, heads = 6, groups = 3, width = d / heads;
        var x = Hide(Rows("model.embed_tokens.weight", Vocabulary, d, ids));
        for (var block = 0; block < 2; block++)
        {
            var layer = $"model.layers.{block}";
            var read = LayerNorm(x, $"{layer}.input_layernorm", 1e-5, bias: false);
            var (q, k, v) = Projected(read, layer, heads, groups, width, null);
            q = Rotate(q, width, width, 500_000, neighbours: true);
            k = Rotate(k, width, width, 500_000, neighbours: true);
            var mixed = Attend(q, k, v, heads, groups, (dot, _, i, j) => j > i ? Never : dot / Math.Sqrt(width));
            var attended = Linear(mixed, $"{layer}.self_attn.o_proj", d, bias: false);
            x = Sum(Sum(x, attended), Gated(read, $"{layer}.mlp", 100, d));
            if (block < 1) Hide(x);
        }
        x = Hide(LayerNorm(x, "model.norm", 1e-5, bias: false));
        return Map(Scores(x, "model.embed_tokens.weight", null), value => value * 0.0625);
    }

    public double[][] PhiWithHeadNorms(int[] ids)
    {
        const int d = 48, heads = 6, width = d / heads;
        var x = Hide(Rows("model.embed_tokens.weight", Vocabulary, d, ids));
        for (var block = 0; block < 2; block++)
        {
            var layer = $"model.layers.{block}";
            var read = LayerNorm(x, $"{layer}.input_layernorm", 1e-5);
            // One norm for all heads, over each by itself.
            var (q, k) = (OfHeads("q"), OfHeads("k"));
            var mixed = Attend(
                Rotate(q, width, width / 2, 10_000, neighbours: false),
                Rotate(k, width, width / 2, 10_000, neighbours: false), Linear(read, $"{layer}.self_attn.v_proj", d),
                heads, heads, (dot, _, i, j) => j > i ? Never : dot / Math.Sqrt(width));
            var attended = Linear(mixed, $"{layer}.self_attn.dense", d);
            var inner = Map(Linear(read, $"{layer}.mlp.fc1", 100), GeluNew);
            x = Sum(Sum(x, attended), Linear(inner, $"{layer}.mlp.fc2", d));
            if (block < 1) Hide(x);

            double[][] OfHeads(string which)
            {
                var all = Linear(read, $"{layer}.self_attn.{which}_proj", d);
                return EachHead(all, width, one => LayerNorm(one, $"{layer}.self_attn.{which}_layernorm", 1e-5));
            }
        }
        x = Hide(LayerNorm(x, "model.final_layernorm", 1e-5));
        return Linear(x, "lm_head", Vocabulary);
    }

    public double[][] StableLmSideBySide(int[] ids)
    {
        const int d = 48, heads = 6, groups = 3, width = d / heads;
        var x = Hide(Rows("model.embed_tokens.weight", Vocabulary, d, ids));
        for (var block = 0; block < 2; block++)
        {
            var layer = $"model.layers.{block}";
            var read = LayerNorm(x, $"{layer}.input_layernorm", 1e-5);
            var q = Linear(read, $"{layer}.self_attn.q_proj", d);
            var k = Linear(read, $"{layer}.self_attn.k_proj", groups * width);
            var v = Linear(read, $"{layer}.self_attn.v_proj", groups * width);
            q = Rotate(q, width, width / 4, 10_000, neighbours: false);
            k = Rotate(k, width, width / 4, 10_000, neighbours: false);
            var mixed = Attend(q, k, v, heads, groups, (dot, _, i, j) => j > i ? Never : dot / Math.Sqrt(width));
            var attended = Linear(mixed, $"{layer}.self_attn.o_proj", d, bias: false);
            x = Sum(Sum(x, attended), Gated(read, $"{layer}.mlp", 100, d));
            if (block < 1) Hide(x);
        }
        x = Hide(LayerNorm(x, "model.norm", 1e-5));
        return Linear(x, "lm_head", Vocabulary, bias: false);
    }

    // As EmbeddingGemma: no mask, names without a prefix; block 0 with a window, block 1 with positions divided by 8.
    public double[][] GemmaThatSeesBothSides(int[] ids)
    {
        const int d = 32, heads = 4, groups = 2, width = 10, window = 4;
        var embedded = Rows("embed_tokens.weight", Vocabulary, d, ids);
        var x = Hide(Map(embedded, value => value * Math.Sqrt(d)));
        for (var block = 0; block < 2; block++)
        {
            var (layer, sliding) = ($"layers.{block}", block == 0);
            var read = OnePlus(x, $"{layer}.input_layernorm");
            var (q, k, v) = Projected(read, layer, heads, groups, width, null);
            var (theta, divided) = sliding ? (10_000, 1) : (1_000_000, 8);
            q = EachHead(q, width, one => OnePlus(one, $"{layer}.self_attn.q_norm"));
            k = EachHead(k, width, one => OnePlus(one, $"{layer}.self_attn.k_norm"));
            q = Rotate(q, width, width, theta, neighbours: false, divided);
            k = Rotate(k, width, width, theta, neighbours: false, divided);
            var mixed = Attend(q, k, v, heads, groups, (dot, _, i, j) =>
                sliding && Math.Abs(i - j) >= window / 2 + 1 ? Never : dot / Math.Sqrt(20));
            var attended = Linear(mixed, $"{layer}.self_attn.o_proj", d, bias: false);
            x = Sum(x, OnePlus(attended, $"{layer}.post_attention_layernorm"));
            var perceived = Gated(OnePlus(x, $"{layer}.pre_feedforward_layernorm"), $"{layer}.mlp", 60, d, GeluNew);
            x = Sum(x, OnePlus(perceived, $"{layer}.post_feedforward_layernorm"));
            if (block < 1) Hide(x);
        }
        x = Hide(OnePlus(x, "norm"));
        return Scores(x, "embed_tokens.weight", null);

        double[][] OnePlus(double[][] rows, string name) => RootMeanSquare(rows, name, 1e-6, plus: 1);
    }

    private double[][] BertBlock(
        double[][] x, string layer, int heads, int inner, Func<double, double> activation, double epsilon)
    {
        var d = x[0].Length;
        var (q, k, v) = (
            Linear(x, $"{layer}.attention.self.query", d), Linear(x, $"{layer}.attention.self.key", d),
            Linear(x, $"{layer}.attention.self.value", d));
        var mixed = Attend(q, k, v, heads, heads, (dot, _, _, _) => dot / Math.Sqrt(d / heads));
        x = Sum(x, Linear(mixed, $"{layer}.attention.output.dense", d));
        x = LayerNorm(x, $"{layer}.attention.output.LayerNorm", epsilon);
        var hidden = Map(Linear(x, $"{layer}.intermediate.dense", inner), activation);
        return LayerNorm(Sum(x, Linear(hidden, $"{layer}.output.dense", d)), $"{layer}.output.LayerNorm", epsilon);
    }

    private (double[][] Q, double[][] K, double[][] V) Projected(
        double[][] x, string layer, int heads, int groups, int width, double? clip)
    {
        return (One("q", heads), One("k", groups), One("v", groups));

        double[][] One(string which, int count) => Map(
            Linear(x, $"{layer}.self_attn.{which}_proj", count * width, bias: false),
            value => clip is { } limit ? Math.Max(-limit, Math.Min(limit, value)) : value);
    }

    // For each group the queries that use it, its key, its value.
    private static (double[][] Q, double[][] K, double[][] V) HeadByHead(double[][] all, int heads, int groups)
    {
        var (sharing, width) = (heads / groups, all[0].Length / (heads + 2 * groups));
        return (Part(0, sharing), Part(sharing, 1), Part(sharing + 1, 1));

        double[][] Part(int first, int count) => Join(
            all,
            [.. Enumerable.Range(0, groups).Select(g => ((g * (sharing + 2) + first) * width, count * width))]);
    }

    private double[][] Attend(
        double[][] q, double[][] k, double[][] v, int heads, int groups, Func<double, int, int, int, double> score)
    {
        var (n, width) = (q.Length, q[0].Length / heads);
        var mixed = q.Select(row => new double[row.Length]).ToArray();
        for (var head = 0; head < heads; head++)
        {
            var (from, shared) = (head * width, head / (heads / groups) * width);
            for (var i = 0; i < n; i++)
            {
                var scores = new double[n];
                for (var j = 0; j < n; j++)
                {
                    var dot = 0.0;
                    for (var c = 0; c < width; c++) dot += q[i][from + c] * k[j][shared + c];
                    scores[j] = score(dot, head, i, j);
                }
                var shares = Softmax(scores);
                Patterns.Add(shares);
                for (var j = 0; j < n; j++)
                    for (var c = 0; c < width; c++)
                        mixed[i][from + c] += shares[j] * v[j][shared + c];
            }
        }
        return mixed;
    }

    private double[][] Gated(
        double[][] x, string name, int inner, int outputs, Func<double, double>? activation = null)
    {
        var gate = Map(Linear(x, $"{name}.gate_proj", inner, bias: false), activation ?? Silu);
        var up = Linear(x, $"{name}.up_proj", inner, bias: false);
        var hidden = gate.Zip(up, (a, b) => a.Zip(b, (p, q) => p * q).ToArray()).ToArray();
        return Linear(hidden, $"{name}.down_proj", outputs, bias: false);
    }

    // What a function makes of each head by itself.
    private static double[][] EachHead(double[][] x, int width, Func<double[][], double[][]> function) =>
    [
        .. function([.. x.SelectMany(row => row.Chunk(width))]).Chunk(x[0].Length / width)
            .Select(heads => heads.SelectMany(head => head).ToArray())
    ];

    private static double[][] Rotate(
        double[][] x, int width, int turned, double otherBase, bool neighbours, double divided = 1) =>
    [
        .. x.Select((row, position) =>
        {
            var result = (double[])row.Clone();
            for (var start = 0; start < row.Length; start += width)
                for (var i = 0; i < turned / 2; i++)
                {
                    var first = start + (neighbours ? 2 * i : i);
                    var second = start + (neighbours ? 2 * i + 1 : i + turned / 2);
                    var (sin, cos) = Math.SinCos(position / divided * Math.Pow(otherBase, -2.0 * i / turned));
                    result[first] = row[first] * cos - row[second] * sin;
                    result[second] = row[second] * cos + row[first] * sin;
                }
            return result;
        })
    ];

    private double[][] Linear(double[][] x, string name, int outputs, bool bias = true)
    {
        var inputs = x[0].Length;
        var weight = Tensor($"{name}.weight", 0, 1.5 / Math.Sqrt(inputs), outputs, inputs);
        var added = bias ? Tensor($"{name}.bias", 0, 0.3, outputs) : new double[outputs];
        return Multiply(x, weight, added);
    }

    // A head of the token embeddings, which were read before.
    private double[][] Scores(double[][] x, string tokens, string? bias) =>
        Multiply(
            x, tensors[tokens].Values,
            bias is null ? new double[Vocabulary] : Tensor(bias, 0, 0.3, Vocabulary));

    private static double[][] Multiply(double[][] x, double[] weight, double[] bias) =>
    [
        .. x.Select(row => bias
            .Select((added, o) => added + row.Select((value, i) => value * weight[o * row.Length + i]).Sum())
            .ToArray())
    ];

    private double[][] LayerNorm(double[][] x, string name, double epsilon, bool bias = true)
    {
        var gain = Tensor($"{name}.weight", 1, 0.3, x[0].Length);
        var added = bias ? Tensor($"{name}.bias", 0, 0.2, x[0].Length) : new double[x[0].Length];
        return [.. Standard(x, epsilon).Select(row => row.Select((value, i) => value * gain[i] + added[i]).ToArray())];
    }

    private static double[][] Standard(double[][] x, double epsilon) =>
    [
        .. x.Select(row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + epsilon);
            return row.Select(value => (value - mean) / deviation).ToArray();
        })
    ];

    private double[][] RootMeanSquare(double[][] x, string name, double epsilon, double plus = 0)
    {
        var gain = Tensor($"{name}.weight", 1 - plus, 0.3, x[0].Length);
        return
        [
            .. x.Select(row =>
            {
                var size = Math.Sqrt(row.Average(value => value * value) + epsilon);
                return row.Select((value, i) => value / size * (plus + gain[i])).ToArray();
            })
        ];
    }

    private double[][] Rows(string name, int count, int width, int[] indices)
    {
        var table = Tensor(name, 0, 0.6, count, width);
        return [.. indices.Select(index => table[(index * width)..((index + 1) * width)])];
    }

    private double[] Tensor(string name, double mean, double scale, params int[] shape)
    {
        if (tensors.TryGetValue(name, out var known)) return known.Values;
        var values = new double[shape.Aggregate(1, (product, length) => product * length)];
        for (var i = 0; i < values.Length; i++) values[i] = (float)(mean + scale * random.NextNormal());
        tensors[name] = (shape, values);
        return values;
    }

    private double[][] Hide(double[][] x)
    {
        Hidden.Add(x);
        return x;
    }

    private static double[][] Join(double[][] x, params (int Start, int Length)[] parts) =>
        [.. x.Select(row => parts.SelectMany(part => row.Skip(part.Start).Take(part.Length)).ToArray())];

    private static double[][] Sum(double[][] x, double[][] y) =>
        [.. x.Zip(y, (a, b) => a.Zip(b, (p, q) => p + q).ToArray())];

    private static double[][] Map(double[][] x, Func<double, double> function) =>
        [.. x.Select(row => row.Select(function).ToArray())];

    private static double[] Softmax(double[] scores)
    {
        var largest = scores.Max();
        var exponentials = Array.ConvertAll(scores, score => Math.Exp(score - largest));
        var sum = exponentials.Sum();
        return Array.ConvertAll(exponentials, value => value / sum);
    }

    private static double Silu(double x) => x / (1 + Math.Exp(-x));

    private static double Gelu(double x) => 0.5 * x * MathNet.Numerics.SpecialFunctions.Erfc(-x / Math.Sqrt(2));

    private static double GeluNew(double x) =>
        0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

    private static double Relu(double x) => Math.Max(x, 0);
}
