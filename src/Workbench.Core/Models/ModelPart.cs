namespace Workbench.Core.Models;

/// <summary>A part of a model with the tensors that it consists of, to say which parts a file holds.</summary>
/// <param name="Name">In words, in the plural or the singular, without article.</param>
/// <param name="Block">The block from 0, or −1 where there is none.</param>
/// <param name="Tensors">By the family's names.</param>
/// <param name="Needed">Whether no text can be run without it.</param>
internal sealed record ModelPart(string Name, int Block, string[] Tensors, bool Needed = true)
{
    /// <summary>What the part alone is good for, put behind its name.</summary>
    public string Note { get; init; } = "";
}
