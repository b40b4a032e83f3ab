namespace Workbench.Core.Models;

/// <summary>What a forward pass is made of, on whatever carries the numbers: matrices that are computed and used again,
/// or variables that remember how they were made.</summary>
/// <typeparam name="T">One row per token.</typeparam>
/// <remarks>A result is a value of its own until <see cref="Done"/> is called with it, except where it may take the
/// place of an operand.</remarks>
internal interface IOperations<T> where T : class
{
    /// <summary>Embeddings of positions, and of token types where the model has them, added in the stream's
    /// place.</summary>
    T AddPositions(T stream);

    /// <summary>Every row normalised.</summary>
    T Normalize(NormConfig norm, T x);

    /// <summary>An affine layer.</summary>
    T Apply(LayerConfig layer, T x);

    /// <summary>Each head's values mixed by softmax(scale · Q·Kᵀ), heads side by side.</summary>
    /// <param name="attention">The heads.</param>
    /// <param name="block">Which block, from 0.</param>
    /// <param name="queriesKeysValues">What <see cref="AttentionConfig.Input"/> gives.</param>
    T Attend(AttentionConfig attention, int block, T queriesKeysValues);

    /// <summary>The activation of every element, in x's place.</summary>
    T Activate(Activation activation, T x);

    /// <summary>stream + addend, in the stream's place.</summary>
    T Add(T stream, T addend);

    /// <summary>The pass has come to a place.</summary>
    void Visit(Place place, T values);

    /// <summary>The pass has come to a place whose values are some columns of a matrix.</summary>
    void Visit(Place place, T matrix, int column, int count);

    /// <summary>A value is not needed any more.</summary>
    void Done(T x);
}
