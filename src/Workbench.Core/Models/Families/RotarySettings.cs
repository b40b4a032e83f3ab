using System;

namespace Workbench.Core.Models.Families;

/// <summary>Rotary positions by the settings of any family: <c>rope_parameters</c>, or the names of before, which are
/// <c>rope_theta</c>, <c>rope_scaling</c> and the older ones that <see cref="ConfigReader"/> knows as theirs.</summary>
internal static class RotarySettings
{
    /// <summary>The name of blocks that see everything before them.</summary>
    public const string Full = "full_attention";

    /// <summary>The name of blocks with a window.</summary>
    public const string Sliding = "sliding_attention";

    /// <summary>How queries and keys are turned, or null where no place of a head is.</summary>
    /// <param name="settings">Takes all that is said of rotary positions, and the length of texts.</param>
    /// <param name="headWidth">d_k.</param>
    /// <param name="otherwiseBase">The base where none is said.</param>
    /// <param name="otherwiseShare">The share of a head's places that turn where none is said.</param>
    /// <param name="layerType">Which blocks it is for, where a model has different ones: <see cref="Full"/>, or
    /// <see cref="Sliding"/>, which by the old names are never scaled. Null where all blocks turn alike.</param>
    /// <param name="otherwiseOriginal">The length before a scaling where the family has one of its own (Phi-3), which
    /// holds against what the scaling says.</param>
    /// <exception cref="ArgumentException">A scaling lacks a number that it needs, or the places that turn are no
    /// pairs.</exception>
    public static RotaryConfig? Read(
        ConfigReader settings, int headWidth, double otherwiseBase = 10_000, double otherwiseShare = 1,
        string? layerType = null, int? otherwiseOriginal = null)
    {
        var parameters = settings.Object("rope_parameters");
        if (parameters is not null && layerType is not null)
        {
            parameters.Ignore(Full, Sliding);
            parameters.FinishInner();
            parameters = parameters.Object(layerType);
        }
        var sliding = layerType == Sliding;
        var before = sliding ? null : settings.Object("rope_scaling");
        if (parameters is not null && before is not null)
            settings.Refuse("rope_scaling", "beside rope_parameters, which say the same");
        var inner = parameters ?? before;

        var outerBase = settings.Positive(sliding ? "local_rope_theta" : "rope_theta");
        var outerShare = settings.Positive("partial_rotary_factor");
        var share = inner?.Positive("partial_rotary_factor") ?? outerShare ?? otherwiseShare;
        var width = (int)(headWidth * share);
        if (width % 2 != 0 || width > headWidth)
            throw new ArgumentException(
                $"of {headWidth} places of a head, {width} should turn by rotary positions, which is no number of "
                    + "pairs.");
        var rotary = new RotaryConfig(width, inner?.Positive("rope_theta") ?? outerBase ?? otherwiseBase);

        var longest = settings.Count("max_position_embeddings");
        var original = settings.Count("original_max_position_embeddings") ?? otherwiseOriginal;
        if (inner is not null) rotary = rotary with { Scaling = Scaling(inner, width / 2, longest, original) };
        inner?.FinishInner();
        return width == 0 ? null : rotary;
    }

    private static RotaryScaling? Scaling(ConfigReader settings, int pairs, int? longest, int? outerOriginal)
    {
        var older = settings.Text("type", "default");
        var type = settings.Text("rope_type", older);
        if (settings.Has("type") && older != type) settings.Refuse("type", $"beside rope_type {Excerpt.Of(type, 60)}");
        var original = settings.Count("original_max_position_embeddings");
        original = outerOriginal ?? original ?? longest;
        var factor = settings.Positive("factor");
        var attention = settings.Positive("attention_factor");
        // Numbers of other scalings than the one that is named have no effect, in the original library either.
        settings.Ignore(
            "low_freq_factor", "high_freq_factor", "beta_fast", "beta_slow", "truncate", "mscale", "mscale_all_dim",
            "short_factor", "long_factor");
        return type switch
        {
            "default" => null,
            "linear" => new LinearScaling(Needed(factor, "factor")),
            "dynamic" => new DynamicScaling(Needed(factor, "factor"), Needed(longest, "max_position_embeddings")),
            "llama3" => new Llama3Scaling(
                Needed(factor, "factor"), Needed(settings.Positive("low_freq_factor"), "low_freq_factor"),
                Needed(settings.Positive("high_freq_factor"), "high_freq_factor"), Original()),
            // Phi-3 took the one name for the other.
            "yarn" when settings.Has("short_factor") => LongRope(),
            "yarn" => Yarn(),
            "longrope" or "su" => LongRope(),
            _ => Unknown(),
        };

        YarnScaling Yarn()
        {
            var length = Original();
            var stretched = Factor(length);
            var (over, under) = (settings.Number("mscale", 0), settings.Number("mscale_all_dim", 0));
            return new YarnScaling(stretched, length)
            {
                BetaFast = settings.Positive("beta_fast") ?? 32,
                BetaSlow = settings.Positive("beta_slow") ?? 1,
                Truncate = settings.Truth("truncate") ?? true,
                Attention = attention ?? (over == 0 || under == 0
                    ? null
                    : YarnScaling.StretchOf(stretched, over) / YarnScaling.StretchOf(stretched, under)),
            };
        }

        LongRopeScaling LongRope()
        {
            var length = Original();
            var stretched = Factor(length);
            return new LongRopeScaling(
                Divisors("short_factor"), Divisors("long_factor"), length,
                attention ?? (stretched <= 1 ? 1 : Math.Sqrt(1 + Math.Log(stretched) / Math.Log(length))));
        }

        double[] Divisors(string name) =>
            settings.Numbers(name) is not { } divisors ? throw Lacks(name)
            : divisors.Length == pairs ? divisors
            : throw new ArgumentException(
                $"{name} has {divisors.Length} numbers, where {pairs} pairs of places turn by rotary positions.");

        int Original() => Needed(original, "original_max_position_embeddings");

        double Factor(int length) => factor ?? (double)Needed(longest, "max_position_embeddings") / length;

        T Needed<T>(T? value, string name) where T : struct => value ?? throw Lacks(name);

        ArgumentException Lacks(string name) =>
            new($"rotary positions of type \"{Excerpt.Of(type, 60)}\" need a setting {name}.");

        RotaryScaling? Unknown()
        {
            settings.Refuse(
                settings.Has("rope_type") ? "rope_type" : "type",
                "known are default, linear, dynamic, llama3, yarn and longrope");
            return null;
        }
    }
}
