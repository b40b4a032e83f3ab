using System;
using System.IO;
using System.Linq;
using System.Text;
using Workbench.Core.Tensors;

namespace Workbench.Core.Formats;

/// <summary>What a file's first bytes say that it is, whatever its name says.</summary>
internal enum FileKind
{
    Unknown,
    Empty,
    Safetensors,
    PyTorchZip,
    Pickle,
    Npy,
    Npz,
    Zip,
    WordVectors,
    FastText,
    Gguf,
    Onnx,
    Hdf5,
    Table,
    LfsPointer,
    LinkText,
    WebPage,
    Gzip,
    Zeros,
}

/// <summary>Recognises files, and the accidents that put something else under a weight file's name.</summary>
internal static class FileKinds
{
    private const int HeadBytes = 512;

    /// <summary>Maps a file to be read as weights.</summary>
    /// <exception cref="WeightFileException">There is no such file, or it is a folder.</exception>
    public static MappedFile Map(string path)
    {
        if (Directory.Exists(path))
            throw new WeightFileException(
                FileProblem.MissingFile, path, "is a folder, where a file is needed; Checkpoint.Open takes folders.");
        try
        {
            return new MappedFile(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new WeightFileException(FileProblem.MissingFile, path, "there is no such file.");
        }
    }

    /// <summary>Maps a file and reads it; a file that cannot be read is unmapped, and the error explains the accident
    /// where it is a known one.</summary>
    /// <exception cref="WeightFileException">There is no such file, or <paramref name="read"/> refused it.</exception>
    public static T Open<T>(string path, FileKind expected, Func<MappedFile, T> read)
    {
        var file = Map(path);
        try
        {
            return read(file);
        }
        catch (WeightFileException error)
        {
            var explained = Explain(file, expected, error);
            file.Dispose();
            if (explained == error) throw;
            throw explained;
        }
    }

    /// <summary>What the first bytes of the file at a path say.</summary>
    public static FileKind Of(string path)
    {
        using var file = Map(path);
        return Of(file);
    }

    /// <summary>What the first bytes say, for a zip also its directory.</summary>
    public static FileKind Of(MappedFile file)
    {
        if (file.Length == 0) return FileKind.Empty;
        var head = file.Bytes(0, (int)Math.Min(HeadBytes, file.Length));
        if (head.StartsWith("PK\x03\x04"u8) || head.StartsWith("PK\x05\x06"u8))
            return OfZip(file);
        if (head is [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..])
            return FileKind.Npy;
        if (head.StartsWith("version "u8) && head.IndexOf("oid sha256:"u8) > 0)
            return FileKind.LfsPointer;
        if (IsLinkText(head))
            return FileKind.LinkText;
        if (head.StartsWith("GGUF"u8))
            return FileKind.Gguf;
        if (head is [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n', ..])
            return FileKind.Hdf5;
        if (head is [0xba, 0x16, 0x4f, 0x2f, ..])
            return FileKind.FastText;
        if (head.Length >= 9 && head[8] == '{' && BitConverter.ToUInt64(head) < (ulong)file.Length)
            return FileKind.Safetensors;
        if (head is [0x1f, 0x8b, 8, ..])
            return FileKind.Gzip;
        if (head is [0x80, >= 2 and <= 5, ..])
            return FileKind.Pickle;
        // A protocol buffer whose first field is a small version and whose second is the producer, operators or graph.
        if (head is [8, >= 1 and <= 20, 0x12 or 0x1a or 0x22 or 0x28 or 0x3a or 0x42, ..])
            return FileKind.Onnx;
        if (head.IndexOfAnyExcept((byte)0) < 0)
            return FileKind.Zeros;
        if (IsReply(head))
            return FileKind.WebPage;
        if (BeginsWithCounts(head))
            return FileKind.WordVectors;
        return IsTable(file.Path) && !head.ContainsAnyInRange((byte)0, (byte)8) ? FileKind.Table : FileKind.Unknown;
    }

    private static FileKind OfZip(MappedFile file)
    {
        var names = ZipDirectory.Names(file);
        if (names.Count == 0 || names.Exists(name => name.EndsWith("data.pkl", StringComparison.Ordinal)))
            return FileKind.PyTorchZip; // one without names is cut short, which its reader says best
        return names.TrueForAll(name => name.EndsWith(".npy", StringComparison.Ordinal)) ? FileKind.Npz : FileKind.Zip;
    }

    /// <summary>Whether it is what a link of the hub's cache leads to, as text: ../../blobs/ and a hash.</summary>
    private static bool IsLinkText(ReadOnlySpan<byte> head)
    {
        var text = head.TrimEnd("\r\n"u8);
        var hash = text[(text.LastIndexOf((byte)'/') + 1)..];
        return hash.Length is 40 or 64
            && text.StartsWith("../"u8)
            && text[..^hash.Length].EndsWith("/blobs/"u8)
            && !hash.ContainsAnyExcept("0123456789abcdef"u8);
    }

    /// <summary>Whether the first line is two whole numbers, as that of word2vec's files.</summary>
    private static bool BeginsWithCounts(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf((byte)'\n');
        if (end < 0) return false;
        var line = head[..end].Trim(" \t\r"u8);
        return line.IndexOfAny(" \t"u8) > 0 && !line.ContainsAnyExcept("0123456789 \t"u8);
    }

    private static bool IsTable(string path) => Path.GetExtension(path).ToLowerInvariant() is ".csv" or ".tsv";

    /// <summary>The error to give for a file that could not be read as <paramref name="expected"/>: a known accident
    /// with its cure, else the reader's own.</summary>
    public static WeightFileException Explain(MappedFile file, FileKind expected, WeightFileException otherwise)
    {
        var found = Of(file);
        if (found == expected) return otherwise;
        var name = Excerpt.Of(Path.GetFileName(file.Path));
        return found switch
        {
            FileKind.Empty => New(
                FileProblem.Malformed,
                "the file is empty (a download that never began, or a full disk: delete it and download it again), or "
                    + "it is a pipe or a device, which is not read."),
            FileKind.LfsPointer => New(
                FileProblem.LfsPointer,
                $"is a Git LFS pointer of {file.Length} bytes that stands for the real file. Run \"git lfs pull\" in "
                    + "its folder, or download the file itself."
            ),
            FileKind.LinkText => New(
                FileProblem.Malformed,
                $"holds the text of a link, \"{Beginning(file)}\", and is not that link: the hub's cache was copied "
                    + "by something that knows no links. Copy it again with links kept or followed (cp -a, cp -rL), or "
                    + "put the blob of that name in its place."
            ),
            FileKind.WebPage => New(
                FileProblem.WebPage,
                $"is a reply of a web server, not weights; it begins \"{Beginning(file)}\". Delete it and download "
                    + "the file itself (for gated models: signed in)."
            ),
            FileKind.Gzip => New(
                FileProblem.Compressed,
                $"is compressed with gzip. Unpack it first: gunzip -c {name} > the plain name."),
            FileKind.Zeros => New(
                FileProblem.Malformed,
                "begins with zeros only: space reserved by a download that was cut short. Delete it and download it "
                    + "again."
            ),
            FileKind.PyTorchZip when name.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) => New(
                FileProblem.Malformed, "is a zip that stops short, or holds no arrays. Fetch or write it again."),
            FileKind.PyTorchZip => New(
                FileProblem.Malformed,
                "is a zip, as torch.save writes them. Give it a name that ends in .pt or .bin, or open it as a "
                    + "PyTorchFile."
            ),
            FileKind.Pickle when IsLegacyTorch(file) => New(
                FileProblem.LegacyFormat,
                "was written by torch.save before PyTorch 1.6, in a format that is not read. In Python: "
                    + $"torch.save(torch.load(\"{name}\", weights_only=True), \"new-{name}\")."
            ),
            FileKind.Pickle => New(
                FileProblem.Malformed,
                "is a bare Python pickle, not a file of tensors. Pickles are read inside the zip that torch.save "
                    + "writes, and of gensim's word vectors: WordVectors.load."
            ),
            FileKind.Npy => New(
                FileProblem.Malformed, "is a NumPy array. Give it a name that ends in .npy, or open it as an NpyFile."),
            FileKind.Safetensors => New(
                FileProblem.Malformed,
                "is a safetensors file under another name. Give it a name that ends in .safetensors."),
            FileKind.Npz => New(
                FileProblem.Malformed,
                $"is a zip of NumPy arrays ({Listed(file)}), as numpy.savez writes them. Give it a name that ends in "
                    + ".npz, or open it as an NpzFile."
            ),
            FileKind.Zip => New(
                FileProblem.MissingEntry,
                $"is a zip of {Listed(file)}, without the data.pkl that torch.save puts into one. Unzip it (unzip "
                    + $"{name}) and open what is in it."
            ),
            FileKind.WordVectors => New(
                FileProblem.Malformed,
                "begins like a file of word vectors, with a count and a dimension. Open it with WordVectors.load, or "
                    + "as a WordVectorsFile."
            ),
            FileKind.FastText => New(
                FileProblem.Malformed,
                "is a model in fastText's own format, of words and not of tensors. Open it with WordVectors.load, or "
                    + "as a WordVectorsFile."
            ),
            FileKind.Gguf => New(
                FileProblem.Malformed,
                "is a GGUF file, a model as llama.cpp runs it. Give it a name that ends in .gguf, or open it as a "
                    + "GgufFile."
            ),
            FileKind.Onnx => New(
                FileProblem.Malformed,
                "is an ONNX file, a model as a graph of operations. Give it a name that ends in .onnx, or open it as "
                    + "an OnnxFile."
            ),
            FileKind.Hdf5 => New(
                FileProblem.UnsupportedObject,
                $"is an HDF5 file, as Keras and TensorFlow write weights, which is not read. {GetSafetensors}"),
            FileKind.Table => New(
                FileProblem.UnsupportedObject,
                "is a table of text, which is not read as weights. In Python: numpy.save(\"NAME.npy\", "
                    + $"numpy.loadtxt(\"{name}\", delimiter=\",\")). Words with vectors need a line for each, with "
                    + "spaces between."
            ),
            _ => otherwise,
        };

        WeightFileException New(FileProblem problem, string reason) => new(problem, file.Path, reason);
    }

    private const string GetSafetensors = "Get the safetensors file of the same model.";

    private static string Listed(MappedFile file)
    {
        const int shown = 5;
        var names = ZipDirectory.Names(file);
        return string.Join(", ", names.Take(shown).Select(name => Excerpt.Of(name)))
            + (names.Count > shown ? $" and {names.Count - shown} more" : "");
    }

    /// <summary>The old format begins with its magic number, 0x1950a86a20f9469cfc6c, pickled.</summary>
    private static bool IsLegacyTorch(MappedFile file) =>
        file.Length >= 15
        && file.Bytes(2, 12) is [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

    private static bool IsReply(ReadOnlySpan<byte> head)
    {
        var text = Encoding.Latin1.GetString(head).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        string[] openings =
        [
            "<!doctype html",
            "<html",
            "<head",
            "<?xml",
            "<error",
            "{\"error\"",
            "entry not found",
            "repository not found",
            "invalid username or password",
            "access to model",
            "not found",
            "unauthorized",
            "forbidden",
        ];
        return Array.Exists(openings, opening => text.StartsWith(opening, StringComparison.OrdinalIgnoreCase));
    }

    private static string Beginning(MappedFile file)
    {
        var text = Encoding.UTF8.GetString(file.Bytes(0, (int)Math.Min(60, file.Length)));
        return Excerpt.Of(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
    }
}
