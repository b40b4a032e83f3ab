using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Workbench.Core.Tests.Hub;

/// <summary>A request as it came over the wire; header names in lower case.</summary>
internal sealed record Request(string Method, string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>First byte asked for.</summary>
    public int From => Header("range") is { } range ? int.Parse(range["bytes=".Length..^1]) : 0;
}

/// <summary>What to answer, and how to misbehave while doing so. Status 0 closes the connection without a
/// word.</summary>
internal sealed record Reply(int Status, byte[]? Body = null)
{
    public List<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>What Content-Length says; by default the truth, negative for none.</summary>
    public long? Length { get; init; }

    /// <summary>Bytes of the body after which the connection is cut.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Where the connection is cut or the body ends, what to wait for before.</summary>
    public Task? HoldOpen { get; init; }

    /// <summary>How long to wait after each of the body's bytes.</summary>
    public TimeSpan? Pace { get; init; }

    public Reply With(string name, string value) => this with { Headers = [.. Headers, (name, value)] };
}

/// <summary>HTTP/1.1 at the level of bytes on 127.0.0.1, one request a connection, so that it can break every
/// promise.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(30);
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Func<Request, Reply> answer;

    /// <param name="answer">What to say to each request.</param>
    public LoopbackServer(Func<Request, Reply> answer)
    {
        this.answer = answer;
        listener.Start();
        // Not on the test's own synchronisation context, which has two threads that other tests keep busy for seconds.
        _ = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public string Address => $"http://127.0.0.1:{Port}";

    /// <summary>The same server under another host name.</summary>
    public string OtherAddress => $"http://localhost:{Port}";

    public ConcurrentQueue<Request> Requests { get; } = new();

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (!stop.IsCancellationRequested)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            var stream = client.GetStream();
            if (await ReadAsync(stream) is not { } request) return;
            Requests.Enqueue(request);
            var reply = answer(request);
            if (reply.Status == 0) return;
            var body = reply.Body ?? [];
            var head = new StringBuilder($"HTTP/1.1 {reply.Status} Said\r\nConnection: close\r\n");
            if ((reply.Length ?? body.Length) is >= 0 and var length) head.Append($"Content-Length: {length}\r\n");
            foreach (var (name, value) in reply.Headers) head.Append($"{name}: {value}\r\n");
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), stop.Token);
            if (request.Method == "HEAD") return;
            var sent = body.AsMemory(0, Math.Min(body.Length, reply.CutAfter ?? body.Length));
            for (var at = 0; reply.Pace is { } pace && at < sent.Length; at++)
            {
                await stream.WriteAsync(sent.Slice(at, 1), stop.Token);
                await Task.Delay(pace, stop.Token);
            }
            if (reply.Pace is null) await stream.WriteAsync(sent, stop.Token);
            await stream.FlushAsync(stop.Token);
            if (reply.HoldOpen is not null) await reply.HoldOpen.WaitAsync(LongestHold, stop.Token);
        }
        catch (Exception error)
            when (error
                    is IOException
                        or SocketException
                        or OperationCanceledException
                        or ObjectDisposedException
                        or TimeoutException
            )
        {
            // the other side went away, or the test is over
        }
    }

    private static async Task<Request?> ReadAsync(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var one = new byte[1];
        while (!(bytes.Count >= 4 && bytes[^4..].SequenceEqual("\r\n\r\n"u8.ToArray())))
        {
            if (bytes.Count > 65_536 || await stream.ReadAsync(one) == 0) return null;
            bytes.Add(one[0]);
        }
        var lines = Encoding.ASCII.GetString([.. bytes]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        return new Request(first[0], first[1], lines.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1]));
    }
}
