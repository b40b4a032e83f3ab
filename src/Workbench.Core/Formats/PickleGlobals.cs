namespace Workbench.Core.Formats;

/// <summary>The names that pickles of one program may use, and what calling each of them gives here. Nothing is ever
/// looked up in, or run by, any Python.</summary>
internal abstract class PickleGlobals
{
    /// <summary>Whether objects of the allowed classes may be made: they keep what was set on them, and are nothing
    /// more.</summary>
    public virtual bool HasObjects => false;

    /// <summary>What a list, a dictionary or an object costs of the budget; it takes up to a hundred bytes for one of
    /// the pickle.</summary>
    public virtual int Container => 0;

    /// <summary>Lets an allowed name pass as a name, and refuses every other.</summary>
    /// <exception cref="WeightFileException">The name is not allowed.</exception>
    public abstract PickleGlobal Resolve(string path, string module, string name);

    /// <summary>What calling an allowed name with these arguments gives.</summary>
    /// <exception cref="WeightFileException">The arguments do not fit.</exception>
    public abstract object? Call(string path, PickleGlobal global, object?[] arguments, PickleBudget budget);

    /// <summary>What a persistent id stands for.</summary>
    /// <exception cref="WeightFileException">It stands for nothing in such a file.</exception>
    public virtual object Storage(string path, object? id) =>
        throw new WeightFileException(
            FileProblem.Malformed, path, "refers to something outside itself, which such a file never does.");
}
