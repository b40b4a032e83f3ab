using Workbench.Core.Pairs;

namespace Workbench.Gpu;

/// <summary>Prepared rows that can lie on a device.</summary>
internal interface IDeviceRows : IPreparedRows
{
    /// <summary>How many rows can be lent at a time.</summary>
    int MostLent { get; }

    /// <summary>Rows on the device, until they are given back. Under the engine's gate.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">At most <see cref="MostLent"/>.</param>
    LentRows Lend(int first, int count);

    /// <summary>Whether an engine has prepared them.</summary>
    bool Belongs(GpuEngine other);
}
