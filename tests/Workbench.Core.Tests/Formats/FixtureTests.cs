using Workbench.Core.Formats;
using Xunit;

namespace Workbench.Core.Tests.Formats;

public sealed class FixtureTests
{
    public static TheoryData<string> Safetensors => Fixtures.In("safetensors", ".safetensors");

    [WeightsTheory(Fixtures.Folder), MemberData(nameof(Safetensors))]
    public void SafetensorsFilesAreReadOrRefusedAsTheOriginalLibraryDoes(string file) =>
        Fixtures.AssertAgrees(file, SafetensorsFile.Open, name => name);
}
