using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using CsvHelper;
using Workbench.Core.Formats;
using Workbench.Core.Tensors;

namespace Workbench.Core.Frames;

/// <summary>Tables in text: comma-separated values (RFC 4180) and their kin with semicolons or tabs.</summary>
/// <remarks>
/// UTF-8, with or without a byte order mark, or UTF-16 with one; a file that begins as gzip does is unpacked. Cells are
/// read one by one: beside the matrix, reading keeps the labels of the rows and no text. What is written is read back
/// bit for bit, with labels and the names of both axes: the first cell is both names with a backslash between them, as
/// tables of two ways are often headed. (NaN is written as such, and read where <see cref="FrameOptions.KeepMissing"/>
/// says so.)
/// </remarks>
/// <example><code>
/// File.WriteAllText("animals.csv", "animal,legs\ncat,4\nhen,2\n");
/// CsvFrame.Read("animals.csv", new CsvOptions()).Values[1, 0]
/// </code>
/// is 2.</example>
public static class CsvFrame
{
    // Rows are gathered in blocks of a megabyte until their number is known.
    private const int BlockElements = 1 << 18;

    // Between the names of both axes in the first cell.
    private const char Corner = '\\';

    // What pandas, R and Excel write where there is no value; empty cells beside them.
    private static readonly string[] MissingWords = ["NaN", "NA", "N/A", "#N/A", "<NA>", "null", "NULL", "None"];

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads numbers and their labels.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is to be understood.</param>
    /// <exception cref="FrameException">There is no such file, or a cell is not what it should be: the message names it
    /// by line and column.</exception>
    public static Frame Read(string path, CsvOptions options)
    {
        using var table = new Lines(path, options);
        var columns = new Columns(path, table.Names, options, table.Shape);
        while (table.Next()) columns.Add(table);
        return columns.ToFrame(table.HasHeader);
    }

    /// <summary>Reads one column as texts: classes, for instance.</summary>
    /// <param name="path">The file.</param>
    /// <param name="column">Its name; its number, from 0, in a file without a header.</param>
    /// <param name="options">How the file is to be understood; labels and columns that are left out don't
    /// matter.</param>
    /// <exception cref="FrameException">There is no such file or column.</exception>
    public static string[] ReadTexts(string path, string column, CsvOptions options)
    {
        // Who asks for a column by its name says that there is a header.
        var named = options.Header == HeaderRule.Found && !int.TryParse(column, out _)
            ? options with { Header = HeaderRule.Present }
            : options;
        using var table = new Lines(path, named);
        var index = FrameFile.IndexOf(path, table.Names, column);
        var texts = new List<string>();
        while (table.Next()) texts.Add(table.Text(index));
        return [.. texts];
    }

    /// <summary>Writes labels and numbers, lines ending in \n; the file appears under its name when it is
    /// whole.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="frame">What is written.</param>
    /// <exception cref="ArgumentException">The rows' name has a backslash, which stands between the names of both
    /// axes.</exception>
    public static void Write(string path, Frame frame)
    {
        if (frame.Rows.Name.Contains(Corner))
            throw new ArgumentException(
                $"The rows' name \"{Excerpt.Of(frame.Rows.Name)}\" has a backslash, which stands between the names of "
                    + "rows and columns in the file. Give the axis another name.", nameof(frame));
        var separator = IsTabbed(path) ? '\t' : ',';
        WholeFile.Write(path, stream =>
        {
            var options = new CsvWriterOptions { NewLine = "\n", Separator = separator };
            using var writer = CsvWriter.Create(stream, options, leaveOpen: true);
            writer.WriteField($"{frame.Rows.Name}{Corner}{frame.Columns.Name}");
            for (var column = 0; column < frame.Values.Columns; column++) writer.WriteField(frame.Column(column));
            writer.EndRecord();
            for (var row = 0; row < frame.Values.Rows; row++)
            {
                writer.WriteField(frame.Row(row));
                foreach (var value in frame.Values.Row(row))
                    writer.WriteField(value, "R", CultureInfo.InvariantCulture);
                writer.EndRecord();
            }
        });
    }

    private static bool IsTabbed(string path) =>
        path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase)
            || path.EndsWith(".tsv.gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>What the first two lines say of how the file is laid out.</summary>
    /// <param name="NamesRows">Whether the header says that the first column holds labels.</param>
    private readonly record struct Layout(bool NamesRows);

    /// <summary>The lines of a file behind its header.</summary>
    private sealed class Lines : IDisposable
    {
        private readonly string path;
        private readonly FileStream file;
        private readonly CsvReader reader;
        private readonly Queue<(string[] Cells, long Line)> ahead = new();
        private byte[][]? cells;

        // A packed file is unpacked whole, since one that stops short may stop behind a line.
        private static FileStream Plain(string path)
        {
            var file = FrameFile.Open(path);
            var isGzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
            file.Position = 0;
            if (!isGzip) return file;
            file.Dispose();
            try
            {
                return new FileStream(
                    GzipFile.Unpack(path, progress: null), FileMode.Open, FileAccess.Read, FileShare.Read,
                    bufferSize: 1 << 16, FileOptions.DeleteOnClose | FileOptions.SequentialScan);
            }
            catch (WeightFileException error)
            {
                throw new FrameException(
                    path,
                    error.Problem == FileProblem.Malformed
                        ? "is a damaged gzip file, or one that stops short. Fetch or pack it again."
                        : "grows beyond measure when it is unpacked; unpack it first (gunzip).");
            }
        }

        public Lines(string path, CsvOptions options)
        {
            this.path = path;
            file = Plain(path);
            reader = CsvReader.Create(
                file,
                new CsvReaderOptions
                {
                    HasHeader = false,
                    Separator = options.Separator ?? (IsTabbed(path) ? '\t' : null),
                    MalformedData = CsvMalformedDataHandling.Throw,
                    TrackLineNumbers = true,
                });
            try
            {
                for (var i = 0; i < 2 && Advance(); i++)
                {
                    Line = reader.LineNumber;
                    ahead.Enqueue(([.. Enumerable.Range(0, reader.FieldCount).Select(Text)], Line));
                }
                if (ahead.Count == 0) throw new FrameException(path, "has no line with a cell in it.");
                var (first, second) = (ahead.First().Cells, ahead.Last().Cells);
                HasHeader = options.Header switch
                {
                    HeaderRule.Present => true,
                    HeaderRule.Absent => false,
                    _ => IsHeader(first, second),
                };
                // R leaves the name of the labels' column out.
                var isShort = HasHeader && ahead.Count == 2 && second.Length == first.Length + 1;
                Names = HasHeader
                    ? isShort ? ["", .. first] : first
                    : [.. Enumerable.Range(0, first.Length).Select(i => $"{i}")];
                Shape = new Layout(HasHeader && (Names[0].Length == 0 || Names[0].Contains(Corner)
                    || Names[0] is "Unnamed: 0" or FrameFile.UnnamedIndex));
                if (HasHeader) ahead.Dequeue();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public bool HasHeader { get; }

        /// <summary>The names of all columns; their numbers where there is no header.</summary>
        public string[] Names { get; }

        public Layout Shape { get; }

        public long Line { get; private set; }

        public bool Next()
        {
            if (ahead.TryDequeue(out var next))
            {
                cells = [.. next.Cells.Select(Encoding.UTF8.GetBytes)];
                Line = next.Line;
            }
            else
            {
                cells = null;
                if (!Advance()) return false;
                Line = reader.LineNumber;
            }
            var count = cells?.Length ?? reader.FieldCount;
            return count == Names.Length
                ? true
                : throw new FrameException(
                    path,
                    $"has {count} cells, but the first line has {Names.Length}. Cells that hold the separator "
                        + $"('{Excerpt.Of($"{reader.Separator}", 1)}') stand in quotation marks; another one is said "
                        + "by the settings (Separator).",
                    $"line {Line}");
        }

        /// <summary>The bytes of a cell, valid until the next line.</summary>
        public ReadOnlySpan<byte> Cell(int column) => cells is null ? reader.GetSpan(column) : cells[column];

        public string Text(int column)
        {
            try
            {
                return Strict.GetString(Cell(column));
            }
            catch (DecoderFallbackException)
            {
                throw new FrameException(
                    path, "is no text in UTF-8. Save the file as UTF-8 (Excel: CSV UTF-8).", $"line {Line}",
                    Names?[column]);
            }
        }

        public void Dispose()
        {
            reader.Dispose();
            file.Dispose();
        }

        private bool Advance()
        {
            try
            {
                return reader.Read();
            }
            catch (CsvFormatException error)
            {
                throw new FrameException(
                    path,
                    $"its quotation marks cannot be understood ({Excerpt.Of(error.Message)}) A quotation mark in a "
                        + "cell is written twice, and the cell stands in quotation marks.",
                    $"behind line {Line}");
            }
            catch (InvalidDataException error)
            {
                throw new FrameException(
                    path, $"begins as gzip does and cannot be unpacked ({Excerpt.Of(error.Message)}); fetch it again.");
            }
        }

        private bool IsHeader(string[] first, string[] second)
        {
            if (first[0].Length == 0 || first[0].Contains(Corner)) return true;
            if (ahead.Count == 1) return first.Any(cell => !IsNumber(cell));
            if (second.Length == first.Length + 1) return true;
            if (FrameFile.Counts(first))
                throw new FrameException(
                    path,
                    $"its first line counts ({first[0]}, {first[1]}, …): are these the names of columns, or numbers? "
                        + "Say it: Header = Header.Present, or Header = Header.Absent.");
            return first.Zip(second).Any(pair =>
                !IsNumber(pair.First)
                    && (IsNumber(pair.Second) || pair.Second.Length == 0 || MissingWords.Contains(pair.Second)));
        }

        private static bool IsNumber(string cell) =>
            cell.Length > 0
                && double.TryParse(cell.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out _);
    }

    /// <summary>Gathers the columns of numbers, and the labels.</summary>
    private sealed class Columns
    {
        private readonly string path;
        private readonly CsvOptions options;
        private readonly string[] names;
        private readonly int label;
        private readonly bool undecided;
        private readonly int[] numbers;
        private readonly List<string> labels = [];
        private readonly List<float[]> blocks = [];
        private readonly int rowsPerBlock;
        private int rows;

        public Columns(string path, string[] names, CsvOptions options, Layout layout)
        {
            (this.path, this.names, this.options) = (path, names, options);
            int[] leftOut = [.. options.LeaveOut.Select(name => FrameFile.IndexOf(path, names, name))];
            int[] kept = [.. Enumerable.Range(0, names.Length).Except(leftOut)];
            if (kept.Length == 0) throw new FrameException(path, "all columns are left out.");
            label = options.Labels switch
            {
                LabelRule.Numbered => -1,
                LabelRule.NamedColumn => FrameFile.IndexOf(path, names, options.LabelColumn),
                _ => kept[0],
            };
            undecided = options.Labels == LabelRule.Found && !(layout.NamesRows && label == 0);
            numbers = [.. kept.Where(column => column != label)];
            rowsPerBlock = Math.Max(1, BlockElements / Math.Max(1, numbers.Length));
        }

        public void Add(Lines table)
        {
            if (label >= 0) labels.Add(table.Text(label));
            if (rows % rowsPerBlock == 0) blocks.Add(new float[rowsPerBlock * numbers.Length]);
            var target = blocks[^1].AsSpan(rows % rowsPerBlock * numbers.Length, numbers.Length);
            for (var i = 0; i < numbers.Length; i++)
                target[i] = Number(table.Cell(numbers[i]), numbers[i], table.Line);
            rows++;
        }

        public Frame ToFrame(bool hasHeader)
        {
            // The first column bears labels unless it is numbers that do not count rows.
            var labelled = label >= 0 && !(undecided && IsNumbers());
            if (labelled && undecided && labels.Count > 0 && labels.All(IsCommaNumber))
                throw new FrameException(
                    path,
                    $"\"{Excerpt.Of(labels[0], 40)}\" and the cells below look like numbers with a comma. Where it "
                        + "stands before decimals, say DecimalComma = true; where they are labels, "
                        + "Labels = RowLabels.First.",
                    column: names[label]);
            if (rows == 0 && undecided) throw new FrameException(path, "has no line behind its header.");
            var first = labelled || label < 0 ? 0 : 1;
            var values = Matrix.Uninitialized(rows, numbers.Length + first);
            for (var row = 0; row < rows; row++)
            {
                var block = blocks[row / rowsPerBlock];
                var target = values.WritableRow(row);
                block.AsSpan(row % rowsPerBlock * numbers.Length, numbers.Length).CopyTo(target[first..]);
                if (first == 1)
                    target[0] = Number(Encoding.UTF8.GetBytes(labels[row]), label, row + (hasHeader ? 2 : 1));
            }
            if (values.Columns == 0)
                throw new FrameException(
                    path, $"has no column of numbers beside the labels of its rows; the columns are "
                        + $"{FrameFile.Listed(names)}. Classes.ofCsv reads a column of texts.");
            int[] columns = first == 1 ? [label, .. numbers] : numbers;
            var corner = labelled && hasHeader ? names[label].Split(Corner, 2) : [""];
            return new Frame(
                values,
                new FrameAxis(
                    corner[0] is "" or "Unnamed: 0" or FrameFile.UnnamedIndex ? "row" : corner[0],
                    labelled ? labels : null),
                new FrameAxis(
                    corner.Length == 2 ? corner[1] : "column",
                    hasHeader ? [.. columns.Select(column => names[column])] : null));
        }

        private bool IsNumbers()
        {
            if (numbers.Length > 0 && FrameFile.Counts(labels)) return false;
            return labels.All(cell =>
                cell.Length == 0
                    || MissingWords.Contains(cell)
                    || TryNumber(Encoding.UTF8.GetBytes(cell), out _));
        }

        private float Number(scoped ReadOnlySpan<byte> cell, int column, long line)
        {
            if (TryNumber(cell, out var number) && !float.IsNaN(number))
            {
                if (float.IsInfinity(number) && cell.ContainsAnyInRange((byte)'0', (byte)'9'))
                    throw FrameFile.TooLarge(path, Place(line), names[column], Encoding.UTF8.GetString(cell));
                return number;
            }
            var text = Encoding.UTF8.GetString(cell).Trim();
            if (text.Length == 0 || float.IsNaN(number) || MissingWords.Contains(text))
                return options.KeepMissing
                    ? float.NaN
                    : throw FrameFile.Missing(path, Place(line), names[column]);
            var cure = line == 1 && options.Header == HeaderRule.Found
                ? "Line 1 is taken for data, because below this cell stands no number either. If it is the header, say "
                    + "so (Labelled.ofCsvWith { CsvSettings.Default with Header = Header.Present }), and the cell "
                    + "below is named."
                : IsCommaNumber(text)
                ? "Where a comma stands before decimals, say DecimalComma = true; where it stands between thousands, "
                    + "write the number without."
                : $"Mend the cell; or, if the column is of texts, leave it out "
                    + $"(Labelled.ofCsvWith {{ CsvSettings.Default with LeaveOut = [ \"{Name(column)}\" ] }}) or make "
                    + $"it the rows' labels (Labels = RowLabels.Column \"{Name(column)}\"); Classes.ofCsv reads it.";
            throw new FrameException(
                path, $"\"{Excerpt.Of(text, 40)}\" is no number. {cure}", Place(line), names[column]);
        }

        private static bool IsCommaNumber(string cell) =>
            cell.Count(c => c == ',') == 1
                && cell.Length > 1
                && cell.All(c => char.IsAsciiDigit(c) || c is ',' or '-' or '+');

        private bool TryNumber(scoped ReadOnlySpan<byte> cell, out float number)
        {
            // Longer than any number that somebody would write; the rest is texts.
            Span<byte> point = stackalloc byte[64];
            if (options.DecimalComma && cell.Length <= point.Length)
            {
                if (cell.Contains((byte)'.') && cell.Contains((byte)','))
                {
                    number = 0;
                    return false;
                }
                cell.CopyTo(point);
                point = point[..cell.Length];
                point.Replace((byte)',', (byte)'.');
                cell = point;
            }
            if (float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number)) return true;
            var word = cell.Trim(" \t"u8);
            var negative = word.Length > 0 && word[0] == '-';
            if (word.Length > 0 && word[0] is (byte)'-' or (byte)'+') word = word[1..];
            if (!Ascii.EqualsIgnoreCase(word, "inf"u8)) return false;
            number = negative ? float.NegativeInfinity : float.PositiveInfinity;
            return true;
        }

        private string Name(int column) => Excerpt.Of(names[column], 60);

        private string Place(long line) =>
            label >= 0 && labels.Count > rows ? $"line {line} (\"{Excerpt.Of(labels[rows], 60)}\")" : $"line {line}";
    }
}
