using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Workbench.Core.Tests.Hub;

/// <summary>A hub of a few repositories on loopback that answers as the real one was recorded to;
/// <see cref="Intercept"/> changes its mind.</summary>
internal sealed class FakeHub : IDisposable
{
    public const string Commit = "c0f4cf70c1d271e291b12219b92fba5b7a77699a";
    private readonly Dictionary<(string Repo, string Revision), string> commits = [];
    private readonly Dictionary<(string Repo, string Commit, string File), byte[]> files = [];
    private readonly HashSet<string> large = [];
    private readonly LoopbackServer server;

    public FakeHub()
    {
        server = new LoopbackServer(request => Intercept?.Invoke(request) is { } reply ? reply : Answer(request));
        Store = new LoopbackServer(request => InterceptStore?.Invoke(request) is { } reply ? reply : Content(request));
    }

    /// <summary>Where large files lie: another server, reached by another host name.</summary>
    public LoopbackServer Store { get; }

    public string Address => server.Address;

    public IReadOnlyList<Request> Requests => [.. server.Requests];

    /// <summary>Asked first; null leaves the answer to the hub.</summary>
    public Func<Request, Reply?>? Intercept { get; set; }

    public Func<Request, Reply?>? InterceptStore { get; set; }

    public void Dispose()
    {
        server.Dispose();
        Store.Dispose();
    }

    /// <param name="repo">As in addresses: "acme/tiny", "datasets/acme/corpus".</param>
    /// <param name="revision">A branch or tag.</param>
    /// <param name="commit">What it stands for.</param>
    public FakeHub Names(string repo, string revision, string commit)
    {
        commits[(repo, revision)] = commit;
        commits[(repo, commit)] = commit;
        return this;
    }

    /// <summary>Adds a small file, kept by git.</summary>
    public FakeHub Small(string repo, string commit, string file, byte[] content)
    {
        files[(repo, commit, file)] = content;
        return this;
    }

    /// <summary>Adds a large file, kept by the store.</summary>
    public FakeHub Large(string repo, string commit, string file, byte[] content)
    {
        files[(repo, commit, file)] = content;
        large.Add(Sha256(content));
        return this;
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string GitHash(byte[] content) =>
        Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));

    private Reply Answer(Request request)
    {
        var path = Uri.UnescapeDataString(request.Path.Split('?')[0].TrimStart('/'));
        if (request.Path.StartsWith("/api/resolve-cache/", StringComparison.Ordinal))
            return Resolved(path["api/resolve-cache/".Length..], request);
        if (request.Path.StartsWith("/api/", StringComparison.Ordinal))
            return Api(path);
        var repo = path[..path.IndexOf("/resolve/", StringComparison.Ordinal)];
        if (commits.Keys.All(key => key.Repo != repo)) return Error(401, "RepoNotFound");
        var rest = path[(repo.Length + "/resolve/".Length)..];
        var revision = commits
            .Keys.Where(key => key.Repo == repo && rest.StartsWith(key.Revision + "/", StringComparison.Ordinal))
            .Select(key => key.Revision)
            .FirstOrDefault();
        if (revision is null)
            return Error(404, "RevisionNotFound");
        var commit = commits[(repo, revision)];
        var file = rest[(revision.Length + 1)..];
        if (!files.TryGetValue((repo, commit, file), out var content))
            return Error(404, "EntryNotFound").With("X-Repo-Commit", commit);
        var common = new Reply(0).With("X-Repo-Commit", commit).With("X-Linked-Size", $"{content.Length}");
        var kind = repo.StartsWith("datasets/", StringComparison.Ordinal) ? "" : "models/";
        return large.Contains(Sha256(content))
            ? (common with { Status = 302 })
                .With("X-Linked-Etag", $"\"{Sha256(content)}\"")
                .With("ETag", $"\"{GitHash(content)}\"")
                .With("Location", $"{Store.OtherAddress}/repos/{Sha256(content)}?Signature=abc")
            : (common with { Status = 307 })
                .With("X-Linked-Etag", $"\"{GitHash(content)}\"")
                .With(
                    "Location",
                    $"/api/resolve-cache/{kind}{repo}/{commit}/"
                        + string.Join('/', file.Split('/').Select(Uri.EscapeDataString))
                );
    }

    private Reply Resolved(string path, Request request)
    {
        var ((_, commit, _), content) = files.Single(pair =>
            path.TrimStart('/').EndsWith($"{pair.Key.Repo}/{pair.Key.Commit}/{pair.Key.File}", StringComparison.Ordinal)
        );
        return Ranged(content, request).With("ETag", $"\"{GitHash(content)}\"").With("X-Repo-Commit", commit);
    }

    private Reply Api(string path)
    {
        if (path.EndsWith("/refs", StringComparison.Ordinal)) return Refs(path["api/models/".Length..^"/refs".Length]);
        var (repo, _, question) =
            path["api/models/".Length..].Split("/revision/") is [var named, var asked] ? (named, "revision", asked)
            : path["api/models/".Length..].Split("/tree/") is [var listed, var of] ? (listed, "tree", of)
            : ("", "", "");
        if (!commits.TryGetValue((repo, question), out var commit))
            return Error(404, commits.Keys.Any(key => key.Repo == repo) ? "RevisionNotFound" : "RepoNotFound");
        object answer = path.Contains("/revision/", StringComparison.Ordinal)
            ? new { id = repo, sha = commit }
            : files
                .Where(pair => pair.Key.Repo == repo && pair.Key.Commit == commit)
                .Select(pair =>
                    (object)(
                        large.Contains(Sha256(pair.Value))
                            ? new
                            {
                                type = "file",
                                oid = GitHash([0]),
                                size = pair.Value.Length,
                                path = pair.Key.File,
                                lfs = new { oid = Sha256(pair.Value), size = pair.Value.Length },
                            }
                            : new
                            {
                                type = "file",
                                oid = GitHash(pair.Value),
                                size = pair.Value.Length,
                                path = pair.Key.File,
                            }
                    )
                )
                .Prepend(
                    new
                    {
                        type = "directory",
                        oid = Commit,
                        size = 0,
                        path = "onnx",
                    }
                )
                .ToArray();
        return new Reply(200, JsonSerializer.SerializeToUtf8Bytes(answer)).With(
            "Content-Type", "application/json; charset=utf-8");
    }

    /// <summary>Names that begin with v are tags.</summary>
    private Reply Refs(string repo)
    {
        if (commits.Keys.All(key => key.Repo != repo)) return Error(404, "RepoNotFound");
        object[] Named(string kind) =>
        [
            .. commits
                .Where(pair => pair.Key.Repo == repo && pair.Key.Revision != pair.Value)
                .Where(pair => (kind == "tags") == pair.Key.Revision.StartsWith('v'))
                .Select(pair => new
                {
                    name = pair.Key.Revision,
                    @ref = $"refs/{(kind == "tags" ? "tags" : "heads")}/{pair.Key.Revision}",
                    targetCommit = pair.Value,
                }),
        ];
        var answer = new { branches = Named("branches"), tags = Named("tags"), converts = Array.Empty<object>() };
        return new Reply(200, JsonSerializer.SerializeToUtf8Bytes(answer)).With(
            "Content-Type", "application/json; charset=utf-8");
    }

    private Reply Content(Request request) =>
        Ranged(files.Values.First(content => request.Path.Contains(Sha256(content), StringComparison.Ordinal)), request)
            .With("Content-Type", "application/octet-stream");

    /// <summary>A file or the rest of it, as asked.</summary>
    public static Reply Ranged(byte[] content, Request request) => request.From == 0 ? new Reply(200, content)
        : request.From >= content.Length ? new Reply(416)
        : new Reply(206, content[request.From..]).With(
            "Content-Range", $"bytes {request.From}-{content.Length - 1}/{content.Length}");

    public static Reply Error(int status, string code) =>
        new Reply(status, "no"u8.ToArray()).With("X-Error-Code", code);
}
