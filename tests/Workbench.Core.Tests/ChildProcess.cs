using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Workbench.Core.Tests.Hub;

namespace Workbench.Core.Tests;

/// <summary>This assembly as a program, for tests that need a process of their own to kill.</summary>
internal static class ChildProcess
{
    /// <summary>Runs the job that the first argument names.</summary>
    public static async Task<int> Main(string[] arguments) => arguments switch
    {
        ["hub-download", var endpoint, var cacheFolder] => await HubKillTests.DownloadAsync(endpoint, cacheFolder),
        _ => 64, // wrong use, by the convention of sysexits.h
    };

    /// <summary>Starts a job; the caller waits for it or kills it, and disposes it.</summary>
    public static Process Start(params string[] arguments)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        return Process.Start(new ProcessStartInfo(dotnet, ["exec", typeof(ChildProcess).Assembly.Location, .. arguments]))!;
    }
}
