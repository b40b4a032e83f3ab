using System;
using System.Collections.Generic;
using System.Linq;
using Workbench.Core.Models;
using Workbench.Core.Models.Families;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Models;

public sealed class InterventionTests
{
    private static readonly TransformerConfig Config = Gpt2.Config(
        vocabulary: 50, positions: 20, width: 32, heads: 4, blocks: 3);

    private static readonly Transformer Model = new(new TransformerWeights(RandomModels.Gpt2(Config, 21), Config), 2);
    private static readonly int[] Tokens = RandomModels.Tokens(12, 50, 9);

    public static IEnumerable<object[]> EveryPlace =>
        Model.Run(Tokens, Keep.Everything).Places.Select(place => new object[] { place });

    [Theory, MemberData(nameof(EveryPlace))]
    public void Replacing_a_place_by_itself_changes_nothing(Place place)
    {
        var clean = Model.Run(Tokens, Keep.Everything);
        var again = Model.Run(Tokens, Keep.Nothing, Interventions.None.Replace(place, clean[place]));
        Assert.Equal(clean.Output.ToArray(), again.Output.ToArray());
    }

    [Theory, MemberData(nameof(EveryPlace))]
    public void Adding_at_a_place_changes_it_and_what_follows_but_nothing_before(Place place)
    {
        var clean = Model.Run(Tokens, Keep.Everything);
        var changed = Model.Run(
            Tokens, Keep.Everything, Interventions.None.Change(place, values => values[11, 0] += 0.5f));
        var places = clean.Places.ToList();
        Assert.Equal(places, changed.Places);
        Assert.Equal(clean[place][11, 0] + 0.5f, changed[place][11, 0]);
        foreach (
            var other in places
                .Take(places.IndexOf(place))
                .Where(other => other.Block != place.Block || other.Head < 0 && place.Head < 0)
        )
            Assert.Equal(clean[other].ToArray(), changed[other].ToArray());
        Assert.NotEqual(clean.Output.ToArray(), changed.Output.ToArray());
    }

    [Fact]
    public void A_run_patched_with_anothers_stream_ends_like_the_other()
    {
        var other = Model.Run(RandomModels.Tokens(12, 50, 10), Keep.ResidualStream);
        var patched = Model.Run(
            Tokens, Keep.Nothing, Interventions.None.Replace(Place.AfterBlock(1), other[Place.AfterBlock(1)]));
        Assert.Equal(other.Output.ToArray(), patched.Output.ToArray());
    }

    [Fact]
    public void A_single_row_is_added_to_every_token()
    {
        var direction = RandomModels.Normal(1, 32, new(3), 1);
        var place = Place.AfterBlock(0);
        var (clean, steered) = (
            Model.Run(Tokens), Model.Run(Tokens, interventions: Interventions.None.Add(place, direction)));
        for (var i = 0; i < Tokens.Length; i++)
            for (var j = 0; j < 32; j++)
                Assert.Equal(clean[place][i, j] + direction[0, j], steered[place][i, j]);
    }

    [Fact]
    public void Changes_at_one_place_happen_in_order_and_sets_are_immutable()
    {
        var place = Place.AfterBlock(2);
        var first = Interventions.None.Change(place, values => values[0, 0] = 3);
        var both = first.Change(place, values => values[0, 0] *= 2);
        Assert.Equal(3, Model.Run(Tokens, interventions: first)[place][0, 0]);
        Assert.Equal(6, Model.Run(Tokens, interventions: both)[place][0, 0]);
    }

    [Fact]
    public void Later_tokens_do_not_reach_back()
    {
        var clean = Model.Run(Tokens, Keep.Nothing);
        var changed = Model.Run(
            Tokens, Keep.Nothing, Interventions.None.ReplaceAt(Place.PositionedEmbedding, 7, new float[32]));
        Assert.Equal(clean.Output.RowRange(0, 7).ToArray(), changed.Output.RowRange(0, 7).ToArray());
        Assert.NotEqual(clean.Output.Row(7).ToArray(), changed.Output.Row(7).ToArray());
    }

    [Fact]
    public void The_residual_stream_is_the_sum_of_what_was_added_to_it()
    {
        var pass = Model.Run(Tokens);
        var sum = pass[Place.PositionedEmbedding].Copy();
        for (var block = 0; block < 3; block++)
            foreach (var place in new[] { Place.AttentionOutput(block), Place.MlpOutput(block) })
                for (var i = 0; i < sum.Rows; i++)
                    for (var j = 0; j < sum.Columns; j++)
                        sum[i, j] += pass[place][i, j];
        Assert.Equal(pass[Place.AfterBlock(2)].ToArray(), sum.ToArray());
    }

    [Fact]
    public void The_logit_lens_at_the_last_block_is_the_models_prediction()
    {
        var pass = Model.Run(Tokens);
        var lens = Model.LogitLens(pass[Place.AfterBlock(2)]);
        Assert.Equal(Model.Logits(pass.Output).ToArray(), lens.ToArray());
        var row = lens.Row(Tokens.Length - 1).ToArray();
        var probabilities = Model.NextTokenProbabilities(Tokens);
        Assert.Equal(1, probabilities.Sum(value => (double)value), 1e-6);
        Assert.Equal(Array.IndexOf(row, row.Max()), Array.IndexOf(probabilities, probabilities.Max()));
    }

    [Fact]
    public void A_place_that_the_model_lacks_is_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            Model.Run(Tokens, interventions: Interventions.None.Add(Place.AfterBlock(3), new Matrix(1, 32)))
        );
        Assert.Contains("after block 3", error.Message);
        Assert.Contains("3 blocks", error.Message);
        Assert.Throws<ArgumentException>(() =>
            Model.Run(Tokens, interventions: Interventions.None.Add(Place.EmbeddingNorm, new Matrix(1, 32)))
        );
    }

    [Fact]
    public void A_shape_that_does_not_fit_is_refused_with_both()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            Model.Run(Tokens, interventions: Interventions.None.Add(Place.AfterBlock(1), new Matrix(2, 32)))
        );
        Assert.Contains("[12, 32]", error.Message);
        Assert.Contains("[2, 32]", error.Message);
    }

    [Fact]
    public void A_place_that_was_not_kept_says_how_to_keep_it()
    {
        var error = Assert.Throws<KeyNotFoundException>(() => Model.Run(Tokens, Keep.Nothing)[Place.Pattern(1, 2)]);
        Assert.Contains("block 1 head 2 pattern", error.Message);
        Assert.Contains("keep", error.Message);
    }

    [Fact]
    public void Every_place_has_a_name_of_its_own()
    {
        var places = Model.Run(Tokens, Keep.Everything).Places;
        Assert.Equal(3 + 3 * (11 + 2 * 4), places.Count);
        Assert.Equal(places.Count, places.Select(place => place.ToString()).Distinct().Count());
        Assert.Equal("block 5 attention output", Place.AttentionOutput(5).ToString());
        Assert.Equal("block 2 head 7 pattern", Place.Pattern(2, 7).ToString());
        Assert.Equal("after block 3", Place.AfterBlock(3).ToString());
    }

    [Fact]
    public void Tokens_that_the_model_cannot_take_are_refused_with_the_numbers()
    {
        Assert.Contains("no tokens", Assert.Throws<ArgumentException>(() => Model.Run([])).Message);
        Assert.Contains("21 tokens", Assert.Throws<ArgumentException>(() => Model.Run(new int[21])).Message);
        Assert.Contains("Token 1 is 50", Assert.Throws<ArgumentException>(() => Model.Run([3, 50])).Message);
    }
}
