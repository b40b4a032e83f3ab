using System;
using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Formats;

/// <summary>Finds a tensor by the name that a model's definition gives it, whatever training tools have put before or
/// into it.</summary>
public static class TensorNames
{
    private const string BaseLayer = "base_layer";

    // Parts of a name that stand for a wrapper, wherever they stand: torch.compile (also of single blocks), FSDP,
    // activation checkpointing, and the layer that a PEFT adapter is put around.
    private static readonly string[] Wrappers =
        ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", BaseLayer];

    // Wrappers that are told from a part of the model only where they begin the name: data parallel training, and PEFT.
    private static readonly string[] Openings = ["module.", "base_model.model."];

    // What libraries put before the names of a model's own definition.
    private static readonly string[] Usual = ["model.", "transformer.", "bert.", "roberta."];

    /// <summary>A name without the parts that wrappers have added.</summary>
    /// <example><c>TensorNames.Plain("module.h.0._orig_mod.ln_1.bias")</c> is <c>h.0.ln_1.bias</c>.</example>
    public static string Plain(string name)
    {
        if (Array.Exists(Wrappers, wrapper => name.Contains(wrapper, StringComparison.Ordinal)))
            name = string.Join('.', name.Split('.').Where(part => !Wrappers.Contains(part)));
        return name[Length(name, Openings)..];
    }

    /// <summary>The characters that these openings take at the start of a name, in any order and number.</summary>
    internal static int Length(ReadOnlySpan<char> name, string[] openings)
    {
        var length = 0;
        while (true)
        {
            var before = length;
            foreach (var opening in openings)
                if (name[length..].StartsWith(opening, StringComparison.Ordinal)) length += opening.Length;
            if (length == before) return length;
        }
    }

    /// <summary>The stored names of the tensors that could be meant by a name: those that are this name, or end in a
    /// dot and this name, when wrappers are left away.</summary>
    /// <param name="file">Where to look; aliases count.</param>
    /// <param name="name">As the model's definition says it: <c>wte.weight</c>.</param>
    /// <returns>
    /// None; or one; or several where it cannot be told which is meant, as with the tables of an encoder and a decoder.
    /// Tensors with nothing but the usual (<c>transformer.</c>, <c>model.</c> …) before the name come before all
    /// others, so that an average of the weights kept beside them (<c>ema.transformer.wte.weight</c>) is no
    /// candidate.
    /// </returns>
    public static IReadOnlyList<string> Find(TensorFile file, string name)
    {
        var found = new List<(string Stored, bool Usual)>();
        foreach (var (stored, known) in All(file))
        {
            var plain = Plain(known);
            if (plain != name && !plain.EndsWith("." + name, StringComparison.Ordinal)) continue;
            found.Add((stored, Length(plain, Usual) == plain.Length - name.Length));
        }
        var usual = found.Where(one => one.Usual).ToList();
        return [.. (usual.Count > 0 ? usual : found).Select(one => one.Stored).Distinct()];
    }

    /// <summary>Refuses a layer that an adapter stands around: without the adapter it is not the model's.</summary>
    /// <param name="file">Where it is.</param>
    /// <param name="stored">Its stored name.</param>
    /// <exception cref="WeightFileException">It is one; the message says how to merge the two.</exception>
    public static void RequireWithoutAdapter(TensorFile file, string stored)
    {
        var at = stored.LastIndexOf($".{BaseLayer}.", StringComparison.Ordinal);
        if (at < 0) return;
        var layer = stored[..(at + 1)];
        var adapter = file.Tensors.FirstOrDefault(tensor =>
            tensor.Name.StartsWith(layer, StringComparison.Ordinal)
            && !tensor.Name.AsSpan(layer.Length).StartsWith(BaseLayer + ".", StringComparison.Ordinal));
        if (adapter is null) return;
        throw new WeightFileException(
            FileProblem.UnsupportedObject,
            file.Path,
            $"is the layer inside an adapter (\"{BaseLayer}\" in its name, beside {Excerpt.Of(adapter.Name)}), which "
                + "changes what the layer does. Merge them first; in Python: "
                + "model.merge_and_unload().save_pretrained(…).",
            stored
        );
    }

    /// <summary>Every name with the stored name of its tensor.</summary>
    internal static IEnumerable<(string Stored, string Name)> All(TensorFile file) =>
        file.Tensors.Select(tensor => (tensor.Name, tensor.Name))
            .Concat(file.Aliases.Select(alias => (alias.Value, alias.Key)));
}
