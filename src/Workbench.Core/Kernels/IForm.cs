using System.Runtime.Intrinsics;

namespace Workbench.Core.Kernels;

/// <summary>A function of one number, eight at a time.</summary>
internal interface IForm
{
    static abstract Vector256<float> Of(Vector256<float> x);
}
