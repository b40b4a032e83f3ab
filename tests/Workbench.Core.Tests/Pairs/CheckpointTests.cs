using System;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Workbench.Core.Pairs;
using Workbench.Core.Pairs.Folds;
using Workbench.Core.Tensors;
using Xunit;

namespace Workbench.Core.Tests.Pairs;

public sealed class CheckpointTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-").FullName;

    private string Path => System.IO.Path.Combine(folder, "scan.checkpoint");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_scan_that_was_killed_resumes_with_the_bits_of_an_uninterrupted_one()
    {
        using (var child = ChildProcess.Start([], "scan", Path))
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
            while (!IsUnderWay() && !child.HasExited) await Task.Delay(20, limit.Token);
            Assert.False(child.HasExited, "The scan ended before it could be killed.");
            child.Kill();
            await child.WaitForExitAsync(limit.Token);
        }
        var saved = ScanState.ReadHeader(Path);
        Assert.InRange(saved.Pairs, 1, new PairSpace(1000, 1000, true, 1).Pairs - 1);

        using var rows = Rows();
        var scan = new PairScan(rows);
        var (resumed, whole) = (Folds(scan.Space, hangs: false), Folds(scan.Space, hangs: false));
        var meter = new TotalOnly();
        scan.Run(
            resumed, new ScanOptions { Checkpoint = new Checkpoint(Path, TimeSpan.FromMinutes(1)), Progress = meter });
        scan.Run(whole);
        Assert.Equal(scan.Space.Pairs - saved.Pairs, meter.Total);
        Assert.Equal(Samples.States(whole), Samples.States(resumed));
        Assert.True(ScanState.ReadHeader(Path).IsComplete);
    }

    [Fact]
    public void Cancelling_saves_what_was_finished()
    {
        using var rows = Rows();
        using var source = new CancellationTokenSource();
        var scan = new PairScan(rows);
        var options = new ScanOptions
        {
            Threads = 2,
            Checkpoint = new Checkpoint(Path, TimeSpan.FromHours(1)),
            Cancellation = source.Token,
            Progress = new TotalOnly { OnReport = source.Cancel },
        };
        Assert.Throws<OperationCanceledException>(() => scan.Run(Folds(scan.Space, hangs: false), options));
        Assert.InRange(ScanState.ReadHeader(Path).Pairs, 1, scan.Space.Pairs - 1);
    }

    [Fact]
    public void A_checkpoint_of_another_scan_is_refused_by_what_differs()
    {
        using var rows = Rows();
        var scan = new PairScan(rows);
        var checkpoint = new Checkpoint(Path, TimeSpan.FromMinutes(1));
        scan.Run([new ExtremaFold()], new ScanOptions { Checkpoint = checkpoint });
        var error = Assert.Throws<ArgumentException>(() =>
            scan.Run([new MomentsFold(scan.Space)], new ScanOptions { Checkpoint = checkpoint })
        );
        Assert.Contains("extrema", error.Message);
        Assert.Contains("moments", error.Message);
    }

    /// <summary>Runs in a child process until it is killed.</summary>
    public static int RunHangingScan(string checkpoint)
    {
        using var rows = Rows();
        var scan = new PairScan(rows);
        scan.Run(
            Folds(scan.Space, hangs: true),
            new ScanOptions { Threads = 2, Checkpoint = new Checkpoint(checkpoint, TimeSpan.Zero) });
        return 0;
    }

    private bool IsUnderWay() =>
        File.Exists(Path) && ScanState.ReadHeader(Path).RowBlocks.Sum(range => range.End - range.First) >= 3;

    private static PreparedRows Rows() => Samples.Prepare(Samples.Gaussian(1000, 12, 9), Measure.Cosine);

    private static PairFold[] Folds(PairSpace space, bool hangs) => [.. Samples.EveryFold(space), new Hanging(hangs)];

    private sealed class TotalOnly : IProgress<ScanProgress>
    {
        public long Total { get; private set; }

        public Action? OnReport { get; init; }

        public void Report(ScanProgress value)
        {
            Total = value.Total;
            OnReport?.Invoke();
        }
    }

    /// <summary>Stops a scan after five row blocks, or does nothing, under the same settings.</summary>
    private sealed class Hanging(bool hangs) : PairFold
    {
        public override string Settings => "hanging";

        public override PairFold Fork() => new Hanging(hangs);

        public override void Add(in ScoreTile tile)
        {
            if (hangs && tile.FirstRow >= 5 * PairSpace.RowBlock) Thread.Sleep(Timeout.Infinite);
        }

        public override void Merge(PairFold other) { }

        public override void Write(BinaryWriter writer) { }

        public override void Read(BinaryReader reader) { }
    }
}
