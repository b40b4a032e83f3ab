namespace Workbench.Core.Training.Text;

/// <summary>One text of a corpus, cut into what a model is trained on and what is kept from it.</summary>
/// <param name="Name">The file's name without its folder.</param>
/// <param name="Bytes">Its size on disk.</param>
/// <param name="Sha256">Of its bytes on disk, 64 lower-case hexadecimal digits.</param>
/// <param name="Training">The text up to the cut, with line ends as single line feeds and without a byte-order
/// mark.</param>
/// <param name="HeldOut">The text from the cut on; empty when the file has no paragraph to spare.</param>
public sealed record CorpusFile(string Name, long Bytes, string Sha256, string Training, string HeldOut)
{
    /// <summary>Name, size and hash.</summary>
    public override string ToString() => $"{Name}: {Bytes} bytes, SHA-256 {Sha256}";
}
