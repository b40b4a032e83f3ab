using System.IO;

namespace Workbench.Core.Frames;

/// <summary>A file of a table that cannot be read: which file, which row and column, why, and what to do.</summary>
/// <remarks>What the message quotes of the file is cut and escaped (<see cref="Excerpt"/>).</remarks>
public sealed class FrameException : IOException
{
    private const int LongestPath = 4096;

    /// <summary>Describes one problem of one file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="reason">A sentence with what was wanted and what was found, and the cure.</param>
    /// <param name="row">The row as a reader would look for it, e.g. "line 4 (\"cow\")".</param>
    /// <param name="column">The column's name.</param>
    public FrameException(string path, string reason, string? row = null, string? column = null)
        : base(
            Excerpt.Of(path, LongestPath)
                + (row is null ? "" : $", {row}")
                + (column is null ? "" : $", column \"{Excerpt.Of(column, 60)}\"")
                + $": {reason}") =>
        (Path, Row, Column) = (path, row, column);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The row concerned, or null.</summary>
    public string? Row { get; }

    /// <summary>The column concerned, or null.</summary>
    public string? Column { get; }

    /// <summary>The message alone, as <see cref="Workbench.Core.Formats.WeightFileException"/> has it.</summary>
    public override string ToString() => Message;
}
