using System;
using System.Buffers;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Workbench.Core.Hub;

/// <summary>
/// Brings one file's content to its final name: appended to <c>&lt;hash&gt;.incomplete</c> as it arrives, resumed from
/// there after any interruption, renamed only when the bytes on disk have the hub's hash. The caller holds the blob's
/// lock.
/// </summary>
internal sealed class BlobDownload(
    HubConnection hub, HubSettings settings, DownloadMeter meter, string name, string asked)
{
    // Beyond this many bytes a download must have told its size before the first of them.
    private const long MostUnannounced = 512 * 1024;

    // A break after this much news does not count against the retries: a long download over a poor line goes on.
    private const long Headway = 1 << 20;

    private const int BufferSize = 1 << 17; // larger ones gain nothing measurable over the socket's own pieces

    private bool hasStartedOver;

    /// <summary>Downloads and checks. False when what arrived is not what the hash describes: it is deleted
    /// then.</summary>
    /// <param name="remote">Where the content is and what it must be.</param>
    /// <param name="blob">The final name.</param>
    /// <param name="renew">Asks the hub again, for a link that has expired.</param>
    /// <param name="cancel">Stops at the next piece; what has arrived stays for the next attempt.</param>
    public async Task<bool> RunAsync(
        RemoteFile remote, string blob, Func<Task<RemoteFile>> renew, CancellationToken cancel)
    {
        var partial = blob + ".incomplete";
        bool isGood;
        using (var file = Open(partial))
        {
            isGood =
                await ReceiveAsync(remote, file, renew, cancel).ConfigureAwait(false)
                && await IsIntactAsync(file, remote.Hash, cancel).ConfigureAwait(false);
            if (isGood)
                file.Flush(flushToDisk: true); // the name must not survive a power cut that the bytes do not
        }
        if (isGood) File.Move(partial, blob, overwrite: true);
        else File.Delete(partial);
        return isGood;
    }

    /// <summary>Receives until the size is reached. False when the content on the hub is another by now, or longer than
    /// it should be.</summary>
    private async Task<bool> ReceiveAsync(
        RemoteFile remote, FileStream file, Func<Task<RemoteFile>> renew, CancellationToken cancel)
    {
        if (file.Length > remote.Size) file.SetLength(0);
        var failures = 0;
        var renewedAt = -Headway;
        // Where the last headway ended. What is fetched again up to there is no headway, or a store that has less than
        // the hub announced would be asked without end.
        var mark = file.Length;
        while (file.Length != remote.Size)
        {
            try
            {
                await TransferAsync(remote, file, cancel).ConfigureAwait(false);
                if (remote.Size is null) return true;
                if (file.Length > remote.Size) return false;
                if (file.Length < remote.Size) throw Broken(remote, $"{file.Length} of {remote.Size} bytes came");
            }
            catch (HubException error)
                when (error.Problem == HubProblem.AccessDenied && file.Length - renewedAt >= Headway)
            {
                // Signed links run out. A new one for the same content goes on where the old one stopped.
                renewedAt = file.Length;
                var renewed = await renew().ConfigureAwait(false);
                if (renewed.Hash != remote.Hash) return false;
                remote = renewed;
            }
            catch (HubException error) when (error.IsTransient)
            {
                if (file.Length - mark >= Headway) (failures, mark) = (0, file.Length);
                failures++;
                meter.Say(DownloadStage.Retrying);
                await hub.PauseAsync(failures, error, cancel).ConfigureAwait(false);
            }
        }
        return true;
    }

    private async Task TransferAsync(RemoteFile remote, FileStream file, CancellationToken cancel)
    {
        using var answer = await hub.FetchAsync(remote.Location, file.Length, asked, cancel).ConfigureAwait(false);
        if (answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            if (answer.Content.Headers.ContentRange?.Length is { } stored && stored != remote.Size)
                throw Broken(remote, $"it has {stored} bytes where {remote.Size} were announced");
            throw StartOver(remote, file, "the rest of the file is refused");
        }
        hub.ThrowIfRefused(answer, asked, name);
        HubConnection.ThrowIfNoData(answer, asked, name);

        if (answer.StatusCode == HttpStatusCode.PartialContent)
        {
            var range = answer.Content.Headers.ContentRange;
            if (
                range?.From != file.Length
                || (range.Length is { } whole && remote.Size is { } wanted && whole != wanted)
            )
                throw StartOver(remote, file, "another part of the file came than the one asked for");
        }
        else
        {
            file.SetLength(0);
        }
        file.Position = file.Length;
        var total = remote.Size ?? file.Length + answer.Content.Headers.ContentLength;
        EnsureRoom(file, total);
        meter.Start(file.Length, total);
        await CopyAsync(answer, remote, file, total, cancel).ConfigureAwait(false);
    }

    private async Task CopyAsync(
        HttpResponseMessage answer, RemoteFile remote, FileStream file, long? total, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            using var body = await answer.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            while (true)
            {
                int count;
                try
                {
                    silence.CancelAfter(settings.DownloadTimeout);
                    count = await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
                }
                catch (Exception error) when (HubConnection.IsLoss(error, cancel))
                {
                    throw HubConnection.Lost(asked, remote.Location, error, settings.DownloadTimeout);
                }
                if (count == 0) return;
                await file.WriteAsync(buffer.AsMemory(0, count), cancel).ConfigureAwait(false);
                meter.Advance(count);
                if (file.Position > remote.Size) return; // too long already; the caller throws it away
                if (total is null && file.Position > MostUnannounced)
                    throw HubConnection.Unexpected(
                        asked,
                        $"{remote.Location.Authority} does not tell the size of a file of more than {MostUnannounced} "
                            + "bytes"
                    );
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Unbuffered, so that what is counted has left the process, and survives its being killed.
    private static FileStream Open(string path) =>
        new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);

    private void EnsureRoom(FileStream file, long? total)
    {
        long free;
        try
        {
            free = new DriveInfo(
                OperatingSystem.IsWindows() ? Path.GetPathRoot(file.Name)! : Path.GetDirectoryName(file.Name)!
            ).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return; // a network share has no such figure; the write itself will tell
        }
        if (total - file.Length > free)
            throw new HubException(
                HubProblem.DiskFull, asked,
                $"{total - file.Length} bytes are to come, and {free} are free in {Path.GetDirectoryName(file.Name)}",
                "Make room, or point HF_HUB_CACHE at another disk.");
    }

    private async Task<bool> IsIntactAsync(FileStream file, string hash, CancellationToken cancel)
    {
        meter.Say(DownloadStage.Checking);
        var isSha256 = hash.Length == 64;
        using var computed = IncrementalHash.CreateHash(isSha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!isSha256) computed.AppendData(Encoding.ASCII.GetBytes($"blob {file.Length}\0")); // as git names a blob
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            file.Position = 0;
            while (await file.ReadAsync(buffer, cancel).ConfigureAwait(false) is > 0 and var count)
                computed.AppendData(buffer, 0, count);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return Convert.ToHexStringLower(computed.GetHashAndReset()) == hash;
    }

    // A part that cannot be had makes the whole be asked for, once: after that, what is there stays for another day.
    private HubException StartOver(RemoteFile remote, FileStream file, string why)
    {
        if (!hasStartedOver) file.SetLength(0);
        hasStartedOver = true;
        return Broken(remote, why);
    }

    private HubException Broken(RemoteFile remote, string how) =>
        HubConnection.Lost(asked, remote.Location, new EndOfStreamException(how), settings.DownloadTimeout);
}
