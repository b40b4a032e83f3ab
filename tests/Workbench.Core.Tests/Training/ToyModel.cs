using System;
using System.Collections.Generic;
using System.Threading;
using Workbench.Core.Randomness;
using Workbench.Core.Tensors;
using Workbench.Core.Training;
using Workbench.Core.Training.Optimisers;
using Workbench.Core.Training.Tasks;

namespace Workbench.Core.Tests.Training;

/// <summary>Predicts a token from the one at its place: softmax over row W[input] + b, in plain loops.</summary>
internal sealed class ToyModel : ITrainable
{
    private readonly Parameter weights;
    private readonly Parameter bias;
    private readonly int vocabulary;
    private readonly TimeSpan pause;

    public ToyModel(int vocabulary, ulong seed, TimeSpan pause = default)
    {
        (this.vocabulary, this.pause) = (vocabulary, pause);
        var philox = new Philox(seed);
        var values = new float[vocabulary * vocabulary];
        for (var i = 0; i < values.Length; i++) values[i] = (float)(0.02 * philox.NextNormal());
        weights = new Parameter("table.weight", Matrix.FromArray(vocabulary, vocabulary, values), isVector: false);
        bias = new Parameter("table.bias", new Matrix(1, vocabulary), isVector: true);
        Parameters = [weights, bias];
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Number of calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Called with the number of the call before each.</summary>
    public Action<int>? OnCall { get; init; }

    public double LossAndGradients(TokenBatch batch)
    {
        OnCall?.Invoke(Calls);
        Calls++;
        if (pause > TimeSpan.Zero) Thread.Sleep(pause);
        for (var i = 0; i < vocabulary; i++) weights.Gradient.WritableRow(i).Clear();
        bias.Gradient.WritableRow(0).Clear();
        return Loss(batch, (place, error) =>
        {
            var row = weights.Gradient.WritableRow(batch.Inputs.Span[place]);
            var all = bias.Gradient.WritableRow(0);
            for (var j = 0; j < vocabulary; j++)
            {
                row[j] += error[j];
                all[j] += error[j];
            }
        });
    }

    public double Loss(TokenBatch batch) => Loss(batch, (_, _) => { });

    /// <summary>All values of all parameters.</summary>
    public float[] Values() => [.. weights.Value.ToArray(), .. bias.Value.ToArray()];

    private double Loss(TokenBatch batch, Action<int, float[]> use)
    {
        var (sum, error) = (0.0, new float[vocabulary]);
        for (var place = 0; place < batch.Inputs.Length; place++)
        {
            var target = batch.Targets.Span[place];
            if (target == TokenBatch.Unscored) continue;
            var scores = weights.Value.Row(batch.Inputs.Span[place]);
            var total = 0.0;
            for (var j = 0; j < vocabulary; j++) total += Math.Exp(scores[j] + bias.Value[0, j]);
            sum += Math.Log(total) - scores[target] - bias.Value[0, target];
            for (var j = 0; j < vocabulary; j++)
                error[j] = (float)(
                    (Math.Exp(scores[j] + bias.Value[0, j]) / total - (j == target ? 1 : 0)) / batch.Scored);
            use(place, error);
        }
        return sum / batch.Scored;
    }
}
