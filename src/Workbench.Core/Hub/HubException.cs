using System;
using System.IO;
using System.Net;

namespace Workbench.Core.Hub;

/// <summary>The ways in which finding or downloading a model can fail.</summary>
public enum HubProblem
{
    /// <summary>A name, revision or file name that the hub does not allow, or that would lead outside the
    /// cache.</summary>
    BadName,
    /// <summary>A setting that cannot work, such as an endpoint that is not an address.</summary>
    BadSetting,
    /// <summary>Something is missing and the settings forbid asking the hub.</summary>
    Offline,
    /// <summary>The repository is private, gated or unknown; without a token the hub does not say which.</summary>
    AccessDenied,
    /// <summary>There is no such repository.</summary>
    RepositoryNotFound,
    /// <summary>The repository has no such revision.</summary>
    RevisionNotFound,
    /// <summary>The revision has no such file.</summary>
    FileNotFound,
    /// <summary>The hub asks for fewer requests.</summary>
    RateLimited,
    /// <summary>The hub failed to answer (status 5xx).</summary>
    ServerError,
    /// <summary>No connection, one that broke off, or silence beyond the time allowed.</summary>
    Unreachable,
    /// <summary>A web page came where data was asked for, as from a captive portal or a proxy.</summary>
    WebPage,
    /// <summary>The answer lacks or contradicts what the protocol promises.</summary>
    UnexpectedAnswer,
    /// <summary>What arrived is not what the hub's own hash describes, more than once.</summary>
    WrongHash,
    /// <summary>The disk cannot hold the file.</summary>
    DiskFull,
    /// <summary>The cache cannot be read or written.</summary>
    CacheUnusable,
    /// <summary>A model's name was found neither on disk, nor in the cache, nor on the hub.</summary>
    ModelNotFound,
    /// <summary>What was named is there, and is something other than a model.</summary>
    NotAModel,
}

/// <summary>Why a model could not be found or downloaded: what was asked, what came, and the cure.</summary>
/// <remarks>Messages name hosts but never a full address, whose query may be signed, and never the token.</remarks>
public sealed class HubException : IOException
{
    /// <summary>Describes one failure.</summary>
    /// <param name="problem">Which of the known ways.</param>
    /// <param name="asked">What was being looked for, such as a repository, revision and file.</param>
    /// <param name="reason">What came instead.</param>
    /// <param name="cure">What to do about it.</param>
    /// <param name="status">The hub's status code, if it answered.</param>
    /// <param name="inner">The failure underneath, if there is one.</param>
    public HubException(
        HubProblem problem, string asked, string reason, string cure, HttpStatusCode? status = null,
        Exception? inner = null)
        : base($"{asked}: {reason}.{(cure.StartsWith('\n') ? "" : " ")}{cure}", inner) =>
        (Problem, Asked, Reason, Cure, Status) = (problem, asked, reason, cure, status);

    /// <summary>Which of the known ways.</summary>
    public HubProblem Problem { get; }

    /// <summary>What was being looked for.</summary>
    public string Asked { get; }

    /// <summary>What came instead.</summary>
    public string Reason { get; }

    /// <summary>What to do about it.</summary>
    public string Cure { get; }

    /// <summary>The hub's status code; null when it gave no answer or was not asked.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>Whether the same request may succeed a little later.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>How long the hub asks to wait; null when it does not say.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>The commit that lacks the file, when the hub says so of a known one.</summary>
    internal string? Commit { get; init; }

    /// <summary>The same failure, no longer worth a retry, told with the number of tries it took.</summary>
    internal HubException After(int tries) => tries == 1 ? this
        : new HubException(Problem, Asked, $"{Reason}, {tries} times in a row", Cure, Status, InnerException);

    /// <summary>The message alone. A script that ends with this exception shows its reader what to do, not where in
    /// this library it was noticed; the stack is in <see cref="System.Exception.StackTrace"/>.</summary>
    public override string ToString() => Message;
}
