using System;

namespace Workbench.Gpu;

/// <summary>The ways in which a card can be of no use.</summary>
public enum GpuProblem
{
    /// <summary>There is no driver library on this machine.</summary>
    NoDriver,
    /// <summary>There are drivers, but no device that they know.</summary>
    NoDevice,
    /// <summary>The driver is too old for the kernels, or cannot build them.</summary>
    UnsuitableDriver,
    /// <summary>The device is another program's alone for now.</summary>
    Busy,
    /// <summary>The device's memory cannot hold what is needed; the message says how much that is.</summary>
    OutOfMemory,
    /// <summary>The device has stopped answering, or broke off a kernel; what it held is lost.</summary>
    Lost,
    /// <summary>The device rounds otherwise than the processor: its results cannot be trusted.</summary>
    WrongArithmetic,
    /// <summary>The driver reports another error; the message has its name.</summary>
    DriverError,
}

/// <summary>A device cannot be used, or not any more. The data is still where it came from: the work can go on with
/// another engine.</summary>
public sealed class GpuException : Exception
{
    /// <summary>Describes the problem.</summary>
    /// <param name="problem">Which.</param>
    /// <param name="message">What happened on which device, and the cure.</param>
    public GpuException(GpuProblem problem, string message) : base(message) => Problem = problem;

    /// <summary>What kind of problem it is.</summary>
    public GpuProblem Problem { get; }
}
