namespace Workbench.Gpu;

/// <summary>A matrix on the device, its rows one behind the other without gaps.</summary>
/// <param name="Buffer">At least as large; whose it is, the owner of the matrix knows.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Columns">Number of columns.</param>
internal sealed record GpuMatrix(DeviceBuffer Buffer, int Rows, int Columns)
{
    public int Elements => Rows * Columns;
}
