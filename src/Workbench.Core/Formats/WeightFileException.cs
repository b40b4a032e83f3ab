using System.IO;

namespace Workbench.Core.Formats;

/// <summary>The ways in which a file of weights can be wrong or beyond what this library reads.</summary>
public enum FileProblem
{
    /// <summary>The file breaks its format's grammar.</summary>
    Malformed,
    /// <summary>An offset, length or shape reaches outside the file or contradicts another.</summary>
    OutOfBounds,
    /// <summary>A size, count or depth that no honest file has, refused before time or memory is spent on it.</summary>
    BeyondLimits,
    /// <summary>An element type that is not read.</summary>
    UnsupportedDType,
    /// <summary>A harmless object that is not a tensor, where only tensors are read.</summary>
    UnsupportedObject,
    /// <summary>A pickle asks for code to run.</summary>
    UnsafeGlobal,
    /// <summary>A container lacks an entry that it refers to.</summary>
    MissingEntry,
    /// <summary>A file that an index or a name refers to is not there.</summary>
    MissingFile,
    /// <summary>No tensor of that name.</summary>
    MissingTensor,
    /// <summary>A name that leads outside the checkpoint's folder.</summary>
    PathEscape,
    /// <summary>An older container with no reader here.</summary>
    LegacyFormat,
    /// <summary>Compressed where the format stores plainly, or a compressed file under a plain name.</summary>
    Compressed,
    /// <summary>A pickle protocol that is not read.</summary>
    PickleProtocol,
    /// <summary>Bytes that are not the text encoding they should be.</summary>
    Encoding,
    /// <summary>The same word twice.</summary>
    DuplicateWord,
    /// <summary>The same tensor name twice.</summary>
    DuplicateName,
    /// <summary>A NaN or an infinity where a number is needed.</summary>
    NonFinite,
    /// <summary>More bytes than the format accounts for.</summary>
    TrailingData,
    /// <summary>A Git LFS pointer stands where the file should be.</summary>
    LfsPointer,
    /// <summary>A web page stands where the file should be.</summary>
    WebPage,
}

/// <summary>A file of weights that cannot be read: which file, which tensor, why, and what to do.</summary>
/// <remarks>The message is complete: file, tensor if one is concerned, reason with the numbers found, and the cure.
/// What it quotes of the file is cut and escaped (<see cref="Excerpt"/>); <see cref="Path"/> and <see cref="Tensor"/>
/// are as they are.</remarks>
public sealed class WeightFileException : IOException
{
    // As long as the longest path that Linux takes. Reasons are of our own making and quote only excerpts; the second
    // limit is for what was overlooked.
    private const int LongestPath = 4096, LongestReason = 4096;

    /// <summary>Describes one problem of one file.</summary>
    /// <param name="problem">Which of the known ways.</param>
    /// <param name="path">The file.</param>
    /// <param name="reason">A sentence with what was wanted and what was found, and the cure if there is one.</param>
    /// <param name="tensor">The tensor concerned, if one is.</param>
    public WeightFileException(FileProblem problem, string path, string reason, string? tensor = null)
        : base(
            Excerpt.Of(path, LongestPath)
                + (tensor is null ? ": " : $", tensor \"{Excerpt.Of(tensor)}\": ")
                + Excerpt.Of(reason, LongestReason)) =>
        (Problem, Path, Tensor) = (problem, path, tensor);

    /// <summary>Which of the known ways.</summary>
    public FileProblem Problem { get; }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensor concerned, or null when the problem is the file's.</summary>
    public string? Tensor { get; }

    /// <summary>The message alone. A script that ends with this exception shows its reader what to do, not where in
    /// this library it was noticed; the stack is in <see cref="System.Exception.StackTrace"/>.</summary>
    public override string ToString() => Message;
}
