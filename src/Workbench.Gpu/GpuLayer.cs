namespace Workbench.Gpu;

/// <summary>An affine layer on the device, one row of weights for each output.</summary>
internal sealed record GpuLayer(
    DeviceBuffer Weights, WeightKind Kind, int Inputs, int Outputs, DeviceBuffer? Bias);
