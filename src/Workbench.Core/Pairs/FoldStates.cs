using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Workbench.Core.Pairs;

/// <summary>What folds hold, in a file: for each the length of its state as a 64-bit integer, and the state.</summary>
public static class FoldStates
{
    /// <summary>Writes the states, without the folds' settings.</summary>
    /// <param name="writer">Receives them.</param>
    /// <param name="folds">In the order in which they are read again.</param>
    public static void Write(BinaryWriter writer, IReadOnlyList<PairFold> folds)
    {
        foreach (var fold in folds)
        {
            using var state = new MemoryStream();
            using (var stateWriter = new BinaryWriter(state, Encoding.UTF8, leaveOpen: true)) fold.Write(stateWriter);
            writer.Write(state.Length);
            writer.Flush();
            state.Position = 0;
            state.CopyTo(writer.BaseStream);
        }
    }

    /// <summary>Replaces the states of folds by those that folds of equal settings wrote.</summary>
    /// <param name="reader">Stands at the first length.</param>
    /// <param name="folds">As many as were written, of the same settings in the same order.</param>
    /// <param name="path">What the exception names.</param>
    /// <exception cref="InvalidDataException">A fold did not read as much as was written.</exception>
    public static void Read(BinaryReader reader, IReadOnlyList<PairFold> folds, string path)
    {
        foreach (var fold in folds)
        {
            var end = reader.ReadInt64() + reader.BaseStream.Position;
            fold.Read(reader);
            if (reader.BaseStream.Position != end)
                throw new InvalidDataException(
                    $"{path}: {fold.Settings} left its state at byte {reader.BaseStream.Position}, not {end}; it was "
                        + "written by another version."
                );
        }
    }
}
