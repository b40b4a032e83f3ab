using System;

namespace Workbench.Gpu;

/// <summary>What a kernel is called with: memory, or a number of 32 bits.</summary>
internal readonly struct KernelArgument
{
    private KernelArgument(ulong bits, int size) => (Bits, Size) = (bits, size);

    public ulong Bits { get; }

    public int Size { get; }

    public static implicit operator KernelArgument(DeviceBuffer buffer) => new((ulong)buffer.Handle, sizeof(ulong));

    public static implicit operator KernelArgument(int number) => new((uint)number, sizeof(uint));

    public static implicit operator KernelArgument(float number) =>
        new(BitConverter.SingleToUInt32Bits(number), sizeof(float));

    public static implicit operator KernelArgument(bool truth) => new(truth ? 1u : 0u, sizeof(uint));
}
