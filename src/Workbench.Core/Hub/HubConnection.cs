using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text.Json;
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
internal sealed class HubConnection : IDisposable
{
    private const int MostRedirects = 10;
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
                HubProblem.BadSetting, "the hub's address", $"\"{settings.Endpoint}\" is not an http or https address",
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
                    if (long.TryParse(Header(answer, "X-Linked-Size"), out var linked))
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
                        if (commit is null && IsWebPage(answer, file))
                            throw WebPage(asked, address);
                        hash ??= Header(answer, "ETag");
                        size ??= answer.Content.Headers.ContentLength;
                    }
                    hash = (hash?.StartsWith("W/", StringComparison.Ordinal) == true ? hash[2..] : hash)?.Trim('"');
                    if (commit is null || !HubRepo.IsCommit(commit))
                        throw Unexpected(
                            asked, $"{address.Authority} does not say which commit it answers for (X-Repo-Commit)");
                    if (hash is null || !HubRepo.IsContentHash(hash))
                        throw Unexpected(
                            asked,
                            $"{address.Authority} gives no hash of the content (ETag), so a download could not be checked"
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

    /// <summary>Asks a question whose answer is JSON; also returns the address of the next page, if the answer has
    /// more.</summary>
    public Task<(JsonDocument Json, Uri? Next)> AskAsync(Uri question, string asked, CancellationToken cancel) =>
        RetryAsync(
            async () =>
            {
                using var answer = await FetchAsync(question, 0, asked, cancel).ConfigureAwait(false);
                ThrowIfRefused(answer, asked, null);
                if (IsWebPage(answer, null))
                    throw WebPage(asked, question);
                try
                {
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                    limit.CancelAfter(settings.DownloadTimeout);
                    using var body = await answer.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
                    return (
                        await JsonDocument.ParseAsync(body, default, limit.Token).ConfigureAwait(false),
                        NextPage(answer, question));
                }
                catch (JsonException error)
                {
                    throw Unexpected(asked, $"{question.Authority} sent what is not JSON ({error.Message})");
                }
                catch (Exception error) when (IsLoss(error, cancel))
                {
                    throw Lost(asked, question, error, settings.DownloadTimeout);
                }
            },
            cancel
        );

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
            catch (HubException error) when (error.IsTransient)
            {
                await PauseAsync(failure, error, cancel).ConfigureAwait(false);
            }
        }
    }

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
        var host = answer.RequestMessage!.RequestUri!.Authority;
        var code = Header(answer, "X-Error-Code");
        throw (int)status switch
        {
            429 => Refusal(
                HubProblem.RateLimited, $"{host} asks for fewer requests",
                "Wait some minutes; with a token in HF_TOKEN the limits are wider.", isTransient: true),
            408 or 425 or >= 500 => Refusal(
                HubProblem.ServerError, $"{host} failed", "The fault is the server's: try again later.",
                isTransient: true),
            403 when code == "GatedRepo" => Refusal(
                HubProblem.AccessDenied, "the repository is gated",
                $"Accept its conditions at {endpoint.Authority}, then set HF_TOKEN to a token of that account."),
            401 or 403 when !IsHub(answer.RequestMessage.RequestUri) => Refusal(
                HubProblem.AccessDenied, $"{host} no longer accepts the link",
                "Try again: the hub signs a new one each time."),
            401 or 403 => Refusal(
                HubProblem.AccessDenied,
                settings.Token is null
                    ? $"{host} knows no such public repository"
                    : $"{host} does not accept the token for it",
                settings.Token is null
                    ? "Check the name; if the repository is private or gated, set HF_TOKEN to a token that may read it."
                    : "Check the name, and that HF_TOKEN holds a valid token of an account that may read the repository."
            ),
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

    /// <summary>A page where data was asked for.</summary>
    public static HubException WebPage(string asked, Uri address) =>
        new(
            HubProblem.WebPage,
            asked,
            $"{address.Authority} sent a web page instead",
            "A captive portal or a proxy may be answering in the hub's place: open the address in a browser, or check HF_ENDPOINT."
        );

    /// <summary>Whether an answer is a page although none was asked for.</summary>
    public static bool IsWebPage(HttpResponseMessage answer, string? file) =>
        answer.Content.Headers.ContentType?.MediaType == "text/html"
        && file?.EndsWith(".html", StringComparison.OrdinalIgnoreCase) != true;

    /// <summary>What is being looked for, in words.</summary>
    public static string Asked(HubRepo repo, string revision, string? file = null) =>
        file is null ? $"{repo} at {revision}" : $"{file} of {repo} at {revision}";

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
        if (settings.Token is { } token && IsHub(address))
        {
            if (!token.IsWellFormed)
                throw new HubException(
                    HubProblem.BadSetting, asked, "the token holds characters that no token has",
                    "Set HF_TOKEN again, without quotes or spaces.");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Value);
        }
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
            throw Unexpected(asked, $"{from.Authority} redirects from {from.Scheme} to {next.Scheme}");
        return next;
    }

    private Uri? NextPage(HttpResponseMessage answer, Uri page)
    {
        // RFC 8288: <address>; rel="next"
        var link = Header(answer, "Link")
            ?.Split(',')
            .FirstOrDefault(part => part.Contains("rel=\"next\"", StringComparison.Ordinal));
        var (open, close) = link is null ? (-1, -1) : (link.IndexOf('<'), link.IndexOf('>'));
        return open >= 0 && close > open && Uri.TryCreate(page, link![(open + 1)..close], out var next) && IsHub(next)
            ? next
            : null;
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? values.First() : null;

    private static HubException TooManyRedirects(string asked) =>
        Unexpected(asked, $"more than {MostRedirects} redirects");

    private static string Escape(string file) => string.Join('/', file.Split('/').Select(Uri.EscapeDataString));
}
