using System;

namespace Workbench.Core.Hub;

/// <summary>Where a download stands.</summary>
public enum DownloadStage
{
    /// <summary>Another process is downloading the same file.</summary>
    Waiting,
    /// <summary>Name and size are known; nothing has been received yet.</summary>
    Announced,
    /// <summary>Bytes are arriving.</summary>
    Receiving,
    /// <summary>The connection broke; it will be tried again.</summary>
    Retrying,
    /// <summary>All bytes are there and are being compared with the hub's hash.</summary>
    Checking,
    /// <summary>The file lies in the cache under its final name.</summary>
    Done,
}

/// <summary>One moment of one file's download.</summary>
/// <param name="File">The file's name in its repository.</param>
/// <param name="Stage">Where the download stands.</param>
/// <param name="Bytes">Bytes on disk, those of an earlier attempt included.</param>
/// <param name="Total">The file's size; null only while waiting, or for a small file whose size the hub does not
/// tell.</param>
/// <param name="BytesPerSecond">The rate over the last few seconds; 0 before it is known.</param>
/// <param name="TimeLeft">At this rate; null while it is not known.</param>
public sealed record DownloadProgress(
    string File, DownloadStage Stage, long Bytes, long? Total, double BytesPerSecond = 0, TimeSpan? TimeLeft = null)
{
    /// <inheritdoc/>
    public override string ToString() => RecordText.Of(this);
}

/// <summary>Turns bytes received into reports, at most ten a second, with the rate over the last two to four
/// seconds.</summary>
internal sealed class DownloadMeter(string file, IProgress<DownloadProgress>? sink, TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);
    private (long Time, long Bytes) older, newer;
    private long lastReport;
    private long bytes;
    private long? total;

    /// <summary>Whether the file's size has been reported.</summary>
    public bool IsAnnounced { get; private set; }

    /// <summary>Begins, or begins again, to count at a number of bytes that are on disk already.</summary>
    public void Start(long have, long? size)
    {
        (bytes, total) = (have, size);
        older = newer = (time.GetTimestamp(), have);
        lastReport = newer.Time;
        if (IsAnnounced) return;
        IsAnnounced = true;
        Say(DownloadStage.Announced);
    }

    /// <summary>Counts what has reached the disk.</summary>
    public void Advance(int count)
    {
        bytes += count;
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(lastReport, now) < Between) return;
        lastReport = now;
        if (time.GetElapsedTime(newer.Time, now) >= Window) (older, newer) = (newer, (now, bytes));
        var seconds = time.GetElapsedTime(older.Time, now).TotalSeconds;
        var rate = seconds > 0 ? (bytes - older.Bytes) / seconds : 0;
        // A day's wait and a year's are told alike: a stalled line must not overflow a TimeSpan.
        TimeSpan? left =
            rate > 0 && total is { } size ? TimeSpan.FromSeconds(Math.Min((size - bytes) / rate, 86_400)) : null;
        sink?.Report(new DownloadProgress(file, DownloadStage.Receiving, bytes, total, rate, left));
    }

    /// <summary>Reports a change of stage.</summary>
    public void Say(DownloadStage stage) => sink?.Report(new DownloadProgress(file, stage, bytes, total));
}
