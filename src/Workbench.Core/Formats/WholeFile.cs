using System;
using System.IO;

namespace Workbench.Core.Formats;

/// <summary>Writes files that are there whole or not at all.</summary>
public static class WholeFile
{
    /// <summary>
    /// Writes beside the final name, brings the bytes to the disk, and renames. When the writing fails, nothing is left
    /// and a file of that name stays as it was.
    /// </summary>
    /// <param name="path">The final name; a file of that name is replaced, and a folder that is not there is
    /// made.</param>
    /// <param name="content">Writes all there is to write; what it throws is thrown on.</param>
    public static void Write(string path, Action<Stream> content)
    {
        var unfinished = $"{path}.{Guid.NewGuid():N}.part";
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        try
        {
            using (
                var stream = new FileStream(
                    unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16)
            )
            {
                content(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
