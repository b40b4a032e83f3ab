namespace Workbench.Core.Formats;

/// <summary>
/// What reading one pickle may cost, so that time and memory stay proportional to its length. A pickle can name a value
/// again with two bytes, a list of a million elements included: whatever is handled once more is paid for once more.
/// </summary>
/// <param name="path">The file, for the message.</param>
/// <param name="bytes">The pickle's length.</param>
internal sealed class PickleBudget(string path, long bytes)
{
    /// <summary>What an entry of a dictionary costs beside its text: it takes some 160 bytes.</summary>
    public const int Entry = 24;

    // Characters of paths, of keys and of encoded texts, and elements of lists, sizes and pairs. Honest files need
    // about 3 a byte (paths of an optimizer's state), and 10 when they hold nothing but short keys with small numbers.
    private const int PerByte = 16, PerFile = 65_536;

    /// <summary>What may be spent in all.</summary>
    public long Limit { get; } = PerByte * bytes + PerFile;

    /// <summary>What has been spent.</summary>
    public long Spent { get; private set; }

    /// <summary>Pays for so many characters or elements, before they are handled.</summary>
    /// <exception cref="WeightFileException">The pickle has used up what a file of its size may cost.</exception>
    public void Spend(long units)
    {
        Spent += units;
        if (Spent > Limit)
            throw new WeightFileException(
                FileProblem.BeyondLimits,
                path,
                "its values share one another, or long names, so often that reading them takes many times the file's "
                    + $"own size ({bytes} bytes of pickle)."
            );
    }
}
