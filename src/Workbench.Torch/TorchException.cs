using System;

namespace Workbench.Torch;

/// <summary>The ways in which torch can be of no use.</summary>
public enum TorchProblem
{
    /// <summary>Torch has no native half for this processor and system.</summary>
    Architecture,
    /// <summary>Its native half is newer than the C++ library of this system.</summary>
    OldStandardLibrary,
    /// <summary>Its native half is in none of the places where it is looked for.</summary>
    NoNativeLibrary,
    /// <summary>Its native half is there and does not load; the message has the loader's reason.</summary>
    LoaderError,
    /// <summary>Torch sees no such device.</summary>
    NoDevice,
    /// <summary>The device's memory cannot hold what is needed.</summary>
    OutOfMemory,
    /// <summary>Torch reports another error; the message has it.</summary>
    DeviceError,
}

/// <summary>Torch cannot be used, or not for this. The data is still where it came from: the work can go on with
/// another engine.</summary>
public sealed class TorchException : Exception
{
    /// <summary>Describes the problem.</summary>
    /// <param name="problem">Which.</param>
    /// <param name="message">What happened, and the cure.</param>
    public TorchException(TorchProblem problem, string message) : base(message) => Problem = problem;

    /// <summary>What kind of problem it is.</summary>
    public TorchProblem Problem { get; }
}
