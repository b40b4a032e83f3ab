namespace Workbench.Gpu;

/// <summary>How weights are stored on the device, as the kernels number it.</summary>
internal enum WeightKind
{
    Single,
    UpperHalf,
    Half,
}
