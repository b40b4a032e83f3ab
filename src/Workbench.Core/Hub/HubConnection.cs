using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace Workbench.Core.Hub;

/// <summary>What the hub says of a file before it is fetched.</summary>
/// <param name="Commit">The commit that the revision stands for.</param>
/// <param name="Hash">SHA-256 or git's SHA-1 of the content: the name of its blob.</param>
/// <param name="Size">In bytes; null when the hub does not tell.</param>
/// <param name="Location">Where the content is.</param>
internal sealed record RemoteFile(string Commit, string Hash, long? Size, Uri Location);

/// <summary>Speaks the hub's protocol: headers, redirects, where the token may go, repeats, and what each refusal
/// means.</summary>
internal sealed partial class HubConnection : IDisposable
{
    private const int MostRedirects = 10;

    // A page of a listing has 1,000 files, at some 300 bytes each.
    private const int MostAnswer = 16 << 20;

    // An answer that trickles is given up after so many times the silence that is allowed: five minutes by default.
    private const int MostSilences = 30;

    private static readonly string UserAgent =
        $"workbench/{typeof(HubConnection).Assembly.GetName().Version!.ToString(3)}";

    private readonly HttpClient http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // the token must not travel along
            // Ranges and hashes are of the file, not of a packed form.
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly HubSettings settings;
    private readonly RetryPolicy retries;
    private readonly TimeProvider time;
    private readonly Uri endpoint;

    public HubConnection(HubSettings settings, RetryPolicy retries, TimeProvider time)
    {
        if (
            !Uri.TryCreate(settings.Endpoint + "/", UriKind.Absolute, out var address)
            || address.Scheme is not ("https" or "http")
        )
            throw new HubException(
                HubProblem.BadSetting, "the hub's address",
                $"\"{Excerpt.Of(settings.Endpoint)}\" is not an http or https address",
                "Set HF_ENDPOINT to one such as https://huggingface.co, or unset it.");
        (this.settings, this.retries, this.time, endpoint) = (settings, retries, time, address);
    }

    /// <summary>The server and the port, for messages.</summary>
    public string Host => endpoint.Authority;

    /// <summary>Asks for a file's commit, hash, size and place; follows redirects within the hub only.</summary>
    public Task<RemoteFile> LocateAsync(HubRepo repo, string file, string revision, CancellationToken cancel)
    {
        var asked = Asked(repo, revision, file);
        var first = new Uri(endpoint, $"{repo.FilePath}/resolve/{Uri.EscapeDataString(revision)}/{Escape(file)}");
        return RetryAsync(
            async () =>
            {
                string? commit = null,
                    hash = null;
                long? size = null;
                var address = first;
                for (var hop = 0; hop < MostRedirects; hop++)
                {
                    using var answer = await SendAsync(
                            HttpMethod.Head,
                            address,
                            0,
                            settings.AnswerTimeout,
                            asked,
                            cancel
                        )
                        .ConfigureAwait(false);
                    commit = Header(answer, "X-Repo-Commit") ?? commit;
                    hash = Header(answer, "X-Linked-Etag") ?? hash;
                    if (
                        long.TryParse(
                            Header(answer, "X-Linked-Size"), NumberStyles.None, CultureInfo.InvariantCulture,
                            out var linked)
                    )
                        size = linked;
                    if (Redirect(answer, address, asked) is { } next)
                    {
                        var isAway = !IsHub(next);
                        address = next;
                        if (!isAway)
                            continue;
                        hash ??= Header(answer, "ETag");
                    }
                    else
                    {
                        ThrowIfRefused(answer, asked, file);
                        if (commit is null)
                            ThrowIfNoData(answer, asked, file);
                        hash ??= Header(answer, "ETag");
                        size ??= answer.Content.Headers.ContentLength;
                    }
                    hash = (hash?.StartsWith("W/", StringComparison.Ordinal) == true ? hash[2..] : hash)?.Trim('"');
                    if (commit is null && !IsHub(address))
                        throw SentAway(asked, first, address);
                    if (commit is null || !HubRepo.IsCommit(commit))
                        throw Unexpected(
                            asked, $"{address.Authority} does not say which commit it answers for (X-Repo-Commit)");
                    if (hash is null)
                        throw Unexpected(
                            asked,
                            $"{address.Authority} gives no hash of the content (ETag), so a download could not be "
                                + "checked"
                        );
                    if (!HubRepo.IsContentHash(hash))
                        throw Unexpected(
                            asked,
                            $"{address.Authority} gives \"{Excerpt.Of(hash, 80)}\" for a hash of the content (ETag), "
                                + "which is neither SHA-256 nor git's SHA-1, so a download could not be checked"
                        );
                    return new RemoteFile(commit, hash, size, address);
                }
                throw TooManyRedirects(asked);
            },
            cancel
        );
    }

    /// <summary>Asks for a file's content from a byte on, once; follows redirects anywhere. The caller reads and
    /// disposes the answer.</summary>
    public async Task<HttpResponseMessage> FetchAsync(Uri location, long from, string asked, CancellationToken cancel)
    {
        var address = location;
        for (var hop = 0; hop < MostRedirects; hop++)
        {
            var answer = await SendAsync(HttpMethod.Get, address, from, settings.DownloadTimeout, asked, cancel)
                .ConfigureAwait(false);
            try
            {
                if (Redirect(answer, address, asked) is not { } next)
                    return answer;
                answer.Dispose();
                address = next;
            }
            catch
            {
                answer.Dispose();
                throw;
            }
        }
        throw TooManyRedirects(asked);
    }

    /// <summary>Asks a question whose answer is JSON; also returns its bytes and the address of the next page, if the
    /// answer has more.</summary>
    public Task<(JsonDocument Json, int Bytes, Uri? Next)> AskAsync(
        Uri question, string asked, CancellationToken cancel) =>
        RetryAsync(
            async () =>
            {
                using var answer = await FetchAsync(question, 0, asked, cancel).ConfigureAwait(false);
                ThrowIfRefused(answer, asked, null);
                ThrowIfNoData(answer, asked, null);
                var text = await ReadAsync(answer, question, asked, cancel).ConfigureAwait(false);
                try
                {
                    return (JsonDocument.Parse(text), text.Length, NextPage(answer, question, asked));
                }
                catch (JsonException error)
                {
                    throw text.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'<', ..] ? WebPage(asked, Sender(answer))
                        : Unexpected(asked, $"{question.Authority} sent what is not JSON: {JsonFault.Of(error)}");
                }
            },
            cancel
        );

    private async Task<byte[]> ReadAsync(
        HttpResponseMessage answer, Uri question, string asked, CancellationToken cancel)
    {
        var longest = settings.DownloadTimeout * MostSilences;
        var started = time.GetTimestamp();
        var text = new MemoryStream();
        var buffer = new byte[1 << 16];
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            using var body = await answer.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            while (true)
            {
                silence.CancelAfter(settings.DownloadTimeout);
                var count = await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
                if (count == 0) return text.ToArray();
                text.Write(buffer, 0, count);
                if (text.Length > MostAnswer)
                    throw Unexpected(
                        asked, $"{question.Authority} answers with more than {MostAnswer} bytes, and no end of them");
                if (time.GetElapsedTime(started) > longest)
                    throw new HubException(
                        HubProblem.Unreachable, asked,
                        $"{question.Authority} has sent {text.Length} bytes in {longest.TotalSeconds:0.###} s, and no "
                            + "end of them",
                        "The line is too slow: try again later, or from another network.");
            }
        }
        catch (Exception error) when (IsLoss(error, cancel))
        {
            throw Lost(asked, question, error, settings.DownloadTimeout);
        }
    }

    /// <summary>An address of the hub itself.</summary>
    public Uri Address(string path) => new(endpoint, path);

    /// <summary>Runs a request, and again after failures that may pass, as often as the policy allows.</summary>
    public async Task<T> RetryAsync<T>(Func<Task<T>> request, CancellationToken cancel)
    {
        for (var failure = 1; ; failure++)
        {
            try
            {
                return await request().ConfigureAwait(false);
            }
            catch (HubException error) when (error.IsTransient && !IsNowhere(error))
            {
                await PauseAsync(failure, error, cancel).ConfigureAwait(false);
            }
        }
    }

    // Without a network no name leads anywhere: whoever mistyped a model's name would wait for all tries to fail.
    private static bool IsNowhere(HubException error) =>
        error.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError };

    /// <summary>Waits as long as the policy says, or gives up with the failure itself.</summary>
    public Task PauseAsync(int failure, HubException error, CancellationToken cancel) =>
        failure > retries.Retries
            ? throw error.After(failure)
            : Task.Delay(retries.Delay(failure, error.RetryAfter), time, cancel);

    /// <summary>Turns a refusal into what it means.</summary>
    public void ThrowIfRefused(HttpResponseMessage answer, string asked, string? file)
    {
        if (answer.IsSuccessStatusCode)
            return;
        var status = answer.StatusCode;
        var sender = Sender(answer);
        var host = sender.Authority;
        var code = Header(answer, "X-Error-Code");
        throw (int)status switch
        {
            429 => Refusal(
                HubProblem.RateLimited, $"{host} asks for fewer requests",
                "Wait some minutes; with a token in HF_TOKEN the limits are wider.", isTransient: true),
            511 => WebPage(asked, sender), // network authentication required, RFC 6585
            408 or 425 or >= 500 => Refusal(
                HubProblem.ServerError, $"{host} failed", "The fault is the server's: try again later.",
                isTransient: true),
            403 when code == "GatedRepo" => Refusal(
                HubProblem.AccessDenied, "the repository is gated",
                $"Accept its conditions at {endpoint.Authority}, then set HF_TOKEN to a token of that "
                    + $"account.{TokenNote}"),
            401 or 403 when !IsHub(sender) => Refusal(
                HubProblem.AccessDenied, $"{host} no longer accepts the link",
                "Try again: the hub signs a new one each time."),
            401 or 403 => Refusal(
                HubProblem.AccessDenied,
                settings.Token is null
                    ? $"{host} knows no such public repository"
                    : $"{host} does not accept the token for it",
                settings.Token is null
                    ? "Check the name; if the repository is private or gated, set HF_TOKEN to a token that may read "
                        + $"it.{TokenNote}"
                    : "Check the name, and that HF_TOKEN holds a valid token of an account that may read the "
                        + "repository."
            ),
            404 or 410 when !IsHub(sender) => Refusal(
                HubProblem.UnexpectedAnswer, $"{host}, where the hub keeps it, does not have it",
                "The fault is the server's: try again later, or another HF_ENDPOINT."),
            404 when code == "RevisionNotFound" => Refusal(
                HubProblem.RevisionNotFound, "the repository has no such revision",
                "Check the branch, tag or commit; a commit must be given whole."),
            404 when code == "RepoNotFound" || file is null => Refusal(
                HubProblem.RepositoryNotFound, $"{host} has no such repository",
                "Check the name, which may need its organisation: organisation/name."),
            404 => Refusal(
                HubProblem.FileNotFound, "the repository has no such file at this revision", "Check the file's name."),
            _ => Refusal(HubProblem.UnexpectedAnswer, $"{host} refused", "Check HF_ENDPOINT and any proxy in between."),
        };

        HubException Refusal(HubProblem problem, string reason, string cure, bool isTransient = false) =>
            new(problem, asked, $"{reason} (status {(int)status})", cure, status)
            {
                IsTransient = isTransient,
                Commit =
                    problem == HubProblem.FileNotFound && code == "EntryNotFound"
                        ? Header(answer, "X-Repo-Commit")
                        : null,
                RetryAfter = answer.Headers.RetryAfter is { } wait ? wait.Delta ?? wait.Date - time.GetUtcNow() : null,
            };
    }

    /// <summary>Whether a failure is the network's, not the caller's wish to stop.</summary>
    public static bool IsLoss(Exception error, CancellationToken cancel) =>
        error is HttpRequestException or IOException and not HubException
        || (error is OperationCanceledException && !cancel.IsCancellationRequested);

    /// <summary>The failure of a connection, worth another try.</summary>
    public static HubException Lost(string asked, Uri address, Exception error, TimeSpan timeout) =>
        new(
            HubProblem.Unreachable,
            asked,
            error is OperationCanceledException
                ? $"{address.Authority} was silent for {timeout.TotalSeconds:0.###} s"
                : $"the connection to {address.Authority} failed ({error.Message})",
            "Check the network and any proxy; what has arrived is kept, and the next try goes on from there.",
            inner: error
        )
        {
            IsTransient = true,
        };

    /// <summary>An answer outside the protocol.</summary>
    public static HubException Unexpected(string asked, string reason) =>
        new(
            HubProblem.UnexpectedAnswer, asked, reason,
            "If HF_ENDPOINT names a mirror, it must pass the hub's own headers on.");

    /// <summary>Refuses an answer that is a page although none was asked for, or packed although that was asked
    /// against: ranges and hashes are of the file itself.</summary>
    public static void ThrowIfNoData(HttpResponseMessage answer, string asked, string? file)
    {
        var head = answer.Content.Headers;
        if (head.ContentEncoding.Count > 0)
            throw Unexpected(
                asked,
                $"{Sender(answer).Authority} sent it packed "
                    + $"({Excerpt.Of(string.Join(", ", head.ContentEncoding), 40)}), though it was asked not to"
            );
        if (
            head.ContentType?.MediaType is "text/html" or "application/xhtml+xml"
            && file?.EndsWith(".html", StringComparison.OrdinalIgnoreCase) != true
        )
            throw WebPage(asked, Sender(answer));
    }

    /// <summary>A page where data was asked for.</summary>
    private static HubException WebPage(string asked, Uri address) =>
        new(
            HubProblem.WebPage,
            asked,
            $"{address.Authority} sent a web page instead",
            "A captive portal or a proxy may be answering in the hub's place: open the address in a browser, or check "
                + "HF_ENDPOINT."
        );

    private static HubException SentAway(string asked, Uri from, Uri to) =>
        new(
            HubProblem.UnexpectedAnswer,
            asked,
            $"{from.Authority} sends on to {to.Authority} without saying which commit it answers for (X-Repo-Commit)",
            "A captive portal does so: open the address in a browser. If HF_ENDPOINT names a mirror, it must pass the "
                + "hub's own headers on."
        );

    /// <summary>Who answered, after all redirects.</summary>
    private static Uri Sender(HttpResponseMessage answer) => answer.RequestMessage!.RequestUri!;

    private string TokenNote => settings.TokenProblem is { } problem ? $" No token was sent: {problem}." : "";

    /// <summary>What is being looked for, in words.</summary>
    public static string Asked(HubRepo repo, string revision, string? file = null) =>
        file is null
            ? $"{repo} at {Excerpt.Of(revision)}"
            : $"{Excerpt.Of(file)} of {repo} at {Excerpt.Of(revision)}";

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, long from, TimeSpan timeout, string asked, CancellationToken cancel)
    {
        if (settings.Offline)
            throw new HubException(
                HubProblem.Offline, asked, "is not at hand, and the network is not to be used",
                "Unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE to download it.");
        using var request = new HttpRequestMessage(method, address);
        request.Headers.Accept.ParseAdd("*/*");
        request.Headers.AcceptEncoding.ParseAdd("identity");
        request.Headers.UserAgent.ParseAdd(UserAgent);
        request.Headers.Add("X-HF-Download-Counter", "1");
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        if (IsHub(address)) request.Headers.Authorization = Credentials(asked);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeout);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token)
                .ConfigureAwait(false);
        }
        catch (Exception error) when (IsLoss(error, cancel))
        {
            throw Lost(asked, address, error, timeout);
        }
    }

    private AuthenticationHeaderValue? Credentials(string asked)
    {
        if (settings.Token is { IsWellFormed: false })
            throw new HubException(
                HubProblem.BadSetting, asked, "the token holds characters that no token has",
                "Set HF_TOKEN again, without quotes or spaces.");
        return (settings.Token, settings.Login) switch
        {
            ({ } token, null) => new AuthenticationHeaderValue("Bearer", token.Value),
            (null, { } login) => new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login.Value))),
            (null, null) => null,
            _ => throw new HubException(
                HubProblem.BadSetting, asked,
                "HF_ENDPOINT holds a password, and there is a token; only one can be sent",
                "Take the password out of HF_ENDPOINT, or unset HF_TOKEN and set HF_HUB_DISABLE_IMPLICIT_TOKEN=1."),
        };
    }

    /// <summary>Same scheme, host and port as the endpoint: the only place that the token is sent to.</summary>
    private bool IsHub(Uri address) =>
        address.Scheme == endpoint.Scheme
        && address.Port == endpoint.Port
        && string.Equals(address.Host, endpoint.Host, StringComparison.OrdinalIgnoreCase);

    private static Uri? Redirect(HttpResponseMessage answer, Uri from, string asked)
    {
        if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308))
            return null;
        if (answer.Headers.Location is not { } location)
            throw Unexpected(asked, $"{from.Authority} redirects to nowhere");
        var next = new Uri(from, location);
        if (next.Scheme is not ("http" or "https") || (from.Scheme == "https" && next.Scheme == "http"))
            throw Unexpected(asked, $"{from.Authority} redirects from {from.Scheme} to {Excerpt.Of(next.Scheme, 40)}");
        return next;
    }

    private Uri? NextPage(HttpResponseMessage answer, Uri page, string asked)
    {
        if (
            !answer.Headers.TryGetValues("Link", out var links)
            || NextLink().Match(string.Join(", ", links)) is not { Success: true } link
        )
            return null;
        if (!Uri.TryCreate(page, link.Groups[1].Value, out var next))
            throw Unexpected(
                asked, $"{Host} goes on at \"{Excerpt.Of(link.Groups[1].Value, 80)}\", which is not an address");
        return IsHub(next)
            ? next
            : throw Unexpected(asked, $"{Host} goes on at another host, {next.Authority}, which is not asked");
    }

    // RFC 8288: <address>; rel="next"
    [GeneratedRegex("<([^<>]*)>[^<]*?;\\s*rel=\"?next\\b")]
    private static partial Regex NextLink();

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.First() : null;

    private static HubException TooManyRedirects(string asked) =>
        Unexpected(asked, $"more than {MostRedirects} redirects");

    private static string Escape(string file) => string.Join('/', file.Split('/').Select(Uri.EscapeDataString));
}
