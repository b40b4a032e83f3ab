using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>The folders of the core as its sources show them: a folder is a namespace, and no two use each
/// other.</summary>
public partial class RoomsTests
{
    private static readonly string Core = Path.GetFullPath(Path.Combine(Here(), "..", "..", "src", "Workbench.Core"));

    [Fact]
    public void A_folder_is_a_namespace()
    {
        var misplaced = Sources()
            .Where(source => source.Folder.Length > 0 && source.Namespace != source.Folder)
            .Select(source => $"{source.Name} is in the folder {source.Folder} and the namespace {source.Namespace}");
        Assert.Empty(misplaced);
    }

    [Fact]
    public void No_two_folders_use_each_other_even_by_way_of_others()
    {
        var uses = Uses(Sources());
        Assert.True(uses.Count > 10, $"Only {uses.Count} folders were found below {Core}.");
        Assert.Contains("Tensors", uses["Kernels"]);
        Assert.Contains("Training.Optimisers", uses["Training"]);
        Assert.Contains("Pairs", uses["Pairs.Folds"]); // by names of the namespace around it, without a using
        Assert.Empty(Circles(uses));
    }

    [Fact]
    public void A_circle_of_folders_is_found()
    {
        var uses = new Dictionary<string, HashSet<string>>
        {
            ["A"] = ["B", "D"],
            ["B"] = ["C"],
            ["C"] = ["A"],
            ["D"] = [],
        };
        Assert.Equal(["A → B → C → A"], Circles(uses));
    }

    private static Source[] Sources() =>
        Directory.EnumerateFiles(Core, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(Core, path), Text: File.ReadAllText(path)))
            .Where(file => file.Path.Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
            .Select(file => new Source(file.Path, file.Text))
            .ToArray();

    /// <summary>For each folder the others that it uses: by a using, by a name with the folder before it
    /// (Kernels.Panels), or by a name of a namespace around its own.</summary>
    private static Dictionary<string, HashSet<string>> Uses(Source[] sources)
    {
        var folders = sources.Select(source => source.Namespace).Where(name => name.Length > 0).ToHashSet();
        var uses = folders.ToDictionary(folder => folder, _ => new HashSet<string>());
        var types = sources.ToLookup(source => source.Namespace, source => source.Types);
        foreach (var source in sources.Where(source => source.Namespace.Length > 0))
        {
            uses[source.Namespace].UnionWith(source.Usings.Concat(source.Qualifiers).Where(folders.Contains));
            foreach (var around in folders.Where(folder => source.Namespace.StartsWith(folder + ".")))
                if (types[around].Any(declared => declared.Overlaps(source.Words)))
                    uses[source.Namespace].Add(around);
            uses[source.Namespace].Remove(source.Namespace);
        }
        return uses;
    }

    private static List<string> Circles(Dictionary<string, HashSet<string>> uses)
    {
        var (circles, done, path) = (new List<string>(), new HashSet<string>(), new List<string>());
        foreach (var folder in uses.Keys.Order()) Visit(folder);
        return circles;

        void Visit(string folder)
        {
            var start = path.IndexOf(folder);
            if (start >= 0) circles.Add(string.Join(" → ", path.Skip(start).Append(folder)));
            if (start >= 0 || !done.Add(folder)) return;
            path.Add(folder);
            foreach (var next in uses[folder].Order()) Visit(next);
            path.RemoveAt(path.Count - 1);
        }
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex(@"///?.*|""(\\.|[^""\\\n])*""")]
    private static partial Regex CommentOrText { get; }

    [GeneratedRegex(@"^namespace Workbench\.Core\.?(?<name>[\w.]*);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine { get; }

    [GeneratedRegex(@"\bWorkbench\.Core\.(?<name>[\w.]+?)(?=;|\.[A-Z]\w*[^\w.;])")]
    private static partial Regex OtherNamespace { get; }

    [GeneratedRegex(@"(?<![\w.])(?<name>[A-Z]\w*)(?=\.[A-Z])")]
    private static partial Regex Qualifier { get; }

    [GeneratedRegex(@"^(?:public|internal) (?:[\w]+ )*?(?:class|struct|interface|enum|record) (?:struct )?(?<name>\w+)",
        RegexOptions.Multiline)]
    private static partial Regex TypeLine { get; }

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Word { get; }

    private sealed class Source
    {
        public Source(string path, string text)
        {
            var code = CommentOrText.Replace(text, "");
            Name = path;
            Folder = (Path.GetDirectoryName(path) ?? "").Replace(Path.DirectorySeparatorChar, '.');
            Namespace = NamespaceLine.Match(code).Groups["name"].Value;
            Usings = Names(OtherNamespace, code);
            Qualifiers = Names(Qualifier, code);
            Types = Names(TypeLine, code);
            Words = Word.Matches(code).Select(match => match.Value).ToHashSet();
        }

        public string Name { get; }

        public string Folder { get; }

        public string Namespace { get; }

        public HashSet<string> Usings { get; }

        public HashSet<string> Qualifiers { get; }

        public HashSet<string> Types { get; }

        public HashSet<string> Words { get; }

        private static HashSet<string> Names(Regex pattern, string code) =>
            pattern.Matches(code).Select(match => match.Groups["name"].Value).ToHashSet();
    }
}
