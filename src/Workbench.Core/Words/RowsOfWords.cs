using System;
using System.Runtime.InteropServices;
using System.Text;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Words;

/// <summary>A file in which each word stands before its values: word2vec's formats and GloVe's.</summary>
internal sealed class RowsOfWords(
    string path, MappedFile file, WordVectorsHeader header, WordRows rows, int leftOut) : WordTable
{
    public override WordVectorsFormat Format => header.Format;

    public override int Count => rows.Count;

    public override int Dimensions => header.Dimensions;

    public override int LeftOut => leftOut;

    public override bool IsShortened => file.IsShortened;

    public override string Word(int row) => Encoding.UTF8.GetString(rows.Word(row));

    public override bool TryFind(string word, out int row) => rows.TryFind(Encoding.UTF8.GetBytes(word), out row);

    public override void ReadRow(int row, Span<float> destination)
    {
        var start = rows.End(row) + 1;
        if (Format == WordVectorsFormat.Word2VecBinary)
            file.Bytes(start, Dimensions * sizeof(float)).CopyTo(MemoryMarshal.AsBytes(destination));
        else
            RowValues.Parse(
                file.Bytes(start, (int)Math.Min(file.Length - start, int.MaxValue)),
                destination,
                (column, field) =>
                    new WeightFileException(
                        FileProblem.Malformed, path, $"{Place(row)}: value {column + 1} is \"{field}\", not a number.")
            );
    }

    public override string Place(int row) =>
        Format == WordVectorsFormat.Word2VecBinary
            ? $"row {row} (\"{Excerpt.Of(Word(row))}\")"
            : $"line {WordVectorsScan.LineAt(file, rows.End(row))} (\"{Excerpt.Of(Word(row))}\")";

    public override void Dispose() => file.Dispose();
}
