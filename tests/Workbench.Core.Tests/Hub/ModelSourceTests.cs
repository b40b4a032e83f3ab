using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Workbench.Core.Hub;
using Xunit;

namespace Workbench.Core.Tests.Hub;

public sealed class ModelSourceTests : IDisposable
{
    private static readonly byte[] Content = [1, 2, 3];
    private readonly TemporaryFolder folder = new();
    private readonly FakeHub hub = new FakeHub()
        .Names("gpt2", "main", FakeHub.Commit)
        .Small("gpt2", FakeHub.Commit, "config.json", "{}"u8.ToArray())
        .Large("gpt2", FakeHub.Commit, "model.safetensors", Content)
        .Small("gpt2", FakeHub.Commit, "merges.txt", "a b"u8.ToArray());

    public void Dispose()
    {
        hub.Dispose();
        folder.Dispose();
    }

    private HubSettings Settings =>
        new()
        {
            CacheFolder = folder.At("cache"),
            ModelsFolder = folder.At("models"),
            Endpoint = hub.Address,
        };

    private Task<ModelSource> Find(
        string name,
        HubSettings? settings = null,
        IProgress<DownloadProgress>? progress = null
    ) => ModelSource.FindAsync(name, settings ?? Settings, progress: progress, retries: HubClientTests.QuickRetries);

    [Fact]
    public async Task The_folder_of_models_comes_first()
    {
        folder.Write("models/gpt2/model.safetensors", "");
        Assert.Equal(
            new ModelSource("gpt2", folder.At("models", "gpt2"), ModelOrigin.ModelsFolder), await Find("gpt2"));
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task What_ships_is_found_before_anything_else()
    {
        folder.Write("models/pocket-gpt2/model.safetensors", "");
        Assert.Equal(["pocket-bert", "pocket-gpt2", "pocket-word2vec"], PocketModels.Names);
        Assert.Equal(
            new ModelSource("pocket-gpt2", Path.Combine(PocketModels.Folder, "pocket-gpt2"), ModelOrigin.Pocket),
            await Find("pocket-gpt2"));
        Assert.Null(PocketModels.TryFind("gpt2"));
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task Among_pocket_models_only_the_cache_and_the_hub_are_not_asked_but_a_path_is_a_path()
    {
        await Find("gpt2"); // fills the cache
        var settings = Settings with { PocketOnly = true, ModelsFolder = null };
        var before = hub.Requests.Count;
        var error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2", settings));
        Assert.Contains("WORKBENCH_MODELS is \"pocket\"", error.Message);
        Assert.Contains("pocket-bert, pocket-gpt2, pocket-word2vec", error.Message);
        Assert.Null(ModelSource.FindLocal("gpt2", settings));
        Assert.NotNull(ModelSource.FindLocal("gpt2", Settings));
        Assert.Equal(before, hub.Requests.Count);
        Assert.Equal(ModelOrigin.Pocket, (await Find("pocket-bert", settings)).Origin);
        Assert.Equal(ModelOrigin.GivenPath, (await Find(folder.Write("own/weights.pt", ""), settings)).Origin);
    }

    [Fact]
    public void The_variable_set_to_pocket_names_no_folder()
    {
        var settings = HubSettings.From(name => name == "WORKBENCH_MODELS" ? "pocket" : null, folder.At());
        Assert.True(settings.PocketOnly);
        Assert.Null(settings.ModelsFolder);
    }

    [Fact]
    public async Task A_name_with_an_organisation_is_a_folder_in_a_folder()
    {
        folder.Write("models/acme/tiny/pytorch_model.bin", "");
        Assert.Equal(folder.At("models", "acme", "tiny"), (await Find("acme/tiny")).Path);
    }

    [Fact]
    public async Task A_folder_or_a_file_is_itself()
    {
        var file = folder.Write("own/weights.pt", "");
        Assert.Equal(new ModelSource(file, file, ModelOrigin.GivenPath), await Find(file));
        Assert.Equal(
            new ModelSource(folder.At("own"), folder.At("own"), ModelOrigin.GivenPath), await Find(folder.At("own")));
    }

    [Fact]
    public async Task The_cache_comes_before_the_hub_and_the_hub_fills_the_cache()
    {
        var reports = new List<DownloadProgress>();
        var downloaded = await Find("gpt2", progress: new Collector(reports));
        Assert.Equal((ModelOrigin.Hub, FakeHub.Commit), (downloaded.Origin, downloaded.Commit));
        Assert.Equal(
            ["config.json", "merges.txt", "model.safetensors"],
            reports.Where(report => report.Stage == DownloadStage.Announced).Select(report => report.File)
        );
        Assert.Equal(
            ["config.json", "merges.txt", "model.safetensors"],
            Directory.EnumerateFiles(downloaded.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        var before = hub.Requests.Count;
        Assert.Equal(downloaded with { Origin = ModelOrigin.Cache }, await Find("gpt2"));
        Assert.Equal(before, hub.Requests.Count);
    }

    [Fact]
    public async Task A_snapshot_that_lacks_its_weights_is_completed()
    {
        using (var client = HubClientTests.Client(hub.Address, folder.At("cache")))
            await client.DownloadFileAsync(new HubRepo("gpt2"), "config.json");
        Assert.Equal(ModelOrigin.Hub, (await Find("gpt2")).Origin);
    }

    [Fact]
    public async Task A_snapshot_that_lacks_a_shard_is_not_a_model()
    {
        var snapshot = $"cache/models--gpt2/snapshots/{FakeHub.Commit}/";
        folder.Write("cache/models--gpt2/refs/main", FakeHub.Commit);
        folder.Write(
            snapshot + "model.safetensors.index.json",
            "{\"weight_map\": {\"a\": \"m-1.safetensors\", \"b\": \"m-2.safetensors\"}}");
        folder.Write(snapshot + "m-1.safetensors", "");
        var error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2", Settings with { Offline = true }));
        Assert.Contains("lacks m-2.safetensors", error.Message);
        folder.Write(snapshot + "m-2.safetensors", "");
        Assert.Equal(ModelOrigin.Cache, (await Find("gpt2", Settings with { Offline = true })).Origin);
    }

    [Fact]
    public async Task A_repository_without_a_configuration_is_asked_about_it_once()
    {
        hub.Names("acme/bare", "main", FakeHub.Commit).Large("acme/bare", FakeHub.Commit, "model.safetensors", Content);
        Assert.Equal(ModelOrigin.Hub, (await Find("acme/bare")).Origin);
        Assert.Equal(ModelOrigin.Cache, (await Find("acme/bare")).Origin);
    }

    [Fact]
    public async Task Found_nowhere_the_message_lists_every_place_and_the_three_cures()
    {
        folder.Write("cache/models--openai-community--gpt2/refs/main", FakeHub.Commit);
        Directory.CreateDirectory(folder.At("cache", "models--openai-community--gpt2", "snapshots"));
        Directory.CreateDirectory(folder.At("models", "gpt2"));
        var error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2", Settings with { Offline = true }));
        Assert.Equal(HubProblem.ModelNotFound, error.Problem);
        var models = folder.At("models", "gpt2");
        Assert.Contains($"{models}: holds no file of weights", error.Message);
        Assert.Contains(Path.GetFullPath("gpt2") + ": not there", error.Message);
        Assert.Contains("no snapshot of main (the cache holds openai-community/gpt2)", error.Message);
        Assert.Contains("HF_HUB_OFFLINE is set", error.Message);
        Assert.Contains("1. set WORKBENCH_MODELS to a folder that holds gpt2/", error.Message);
        Assert.Contains("2. fill the cache", error.Message);
        Assert.Contains("3. unset HF_HUB_OFFLINE", error.Message);
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task A_refusal_by_the_hub_stands_in_the_message()
    {
        var error = await Assert.ThrowsAsync<HubException>(() =>
            Find("acme/absent", Settings with { ModelsFolder = null })
        );
        Assert.Equal(HubProblem.ModelNotFound, error.Problem);
        Assert.Contains("WORKBENCH_MODELS is not set", error.Message);
        Assert.Contains("no such repository", error.Message);
        Assert.Equal(HubProblem.RepositoryNotFound, Assert.IsType<HubException>(error.InnerException).Problem);
    }

    [Fact]
    public async Task What_is_no_name_of_the_hub_is_looked_for_on_disk_only()
    {
        var error = await Assert.ThrowsAsync<HubException>(() => Find("./no/such/folder"));
        Assert.Contains("no repository can have this name", error.Message);
        Assert.Empty(hub.Requests);
    }

    [Fact]
    public async Task What_is_on_this_machine_is_found_without_asking_the_hub()
    {
        Assert.Null(ModelSource.FindLocal("gpt2", Settings));
        Assert.Null(ModelSource.FindLocal("./none", Settings));
        Assert.Empty(hub.Requests);
        using (var client = HubClientTests.Client(hub.Address, folder.At("cache")))
            await client.DownloadFileAsync(new HubRepo("gpt2"), "model.safetensors");
        Assert.Equal(ModelOrigin.Cache, ModelSource.FindLocal("gpt2", Settings)!.Origin);
        folder.Write("models/gpt2/model.safetensors", "");
        Assert.Equal(ModelOrigin.ModelsFolder, ModelSource.FindLocal("gpt2", Settings)!.Origin);
    }

    [Theory]
    [InlineData("gtp2", "gpt2")]
    [InlineData("GPT2", "gpt2")]
    [InlineData("pocket-gtp2", "pocket-gpt2")]
    [InlineData("word2vec", "pocket-word2vec")]
    [InlineData("bert-base-unchased", "bert-base-uncased")]
    [InlineData("tiny-mdel", "tiny-model")]
    [InlineData("acme/lamp", "acme/lamb")]
    public async Task A_slip_of_the_keyboard_is_met_with_what_is_known(string name, string meant)
    {
        Directory.CreateDirectory(folder.At("models", "tiny-model"));
        folder.Write($"cache/models--acme--lamb/snapshots/{FakeHub.Commit}/f", "");
        var error = await Assert.ThrowsAsync<HubException>(() => Find(name, Settings with { Offline = true }));
        Assert.Matches($"Did you mean (\"[^\"]+\" or )*\"{meant}\"", error.Message);
    }

    [Fact]
    public async Task A_name_that_is_like_nothing_known_is_met_with_no_guess()
    {
        var error = await Assert.ThrowsAsync<HubException>(() => Find("acme/zzzzz", Settings with { Offline = true }));
        Assert.DoesNotContain("Did you mean", error.Message);
    }

    [Theory]
    [InlineData("gpt2", "gpt2", 0), InlineData("gtp2", "gpt2", 1), InlineData("", "abc", 3), InlineData("ca", "abc", 3)]
    [InlineData("kitten", "sitting", 3), InlineData("GPT", "gpt", 0), InlineData("abcd", "badc", 2)]
    public void Slips_are_counted(string a, string b, int count) =>
        Assert.Equal((count, count), (Spelling.Distance(a, b), Spelling.Distance(b, a)));

    [Theory]
    [InlineData("https://huggingface.co/openai-community/gpt2", "openai-community/gpt2", null)]
    [InlineData("https://huggingface.co/openai-community/gpt2/", "openai-community/gpt2", null)]
    [InlineData("https://huggingface.co/openai-community/gpt2/tree/main", "openai-community/gpt2", "main")]
    [InlineData("https://huggingface.co/a/b/blob/refs%2Fpr%2F1/config.json?x=1#L3", "a/b", "refs/pr/1")]
    [InlineData("http://www.huggingface.co/gpt2/tree/v1/onnx", "gpt2", "v1")]
    [InlineData("hf.co/gpt2", "gpt2", null)]
    [InlineData("huggingface.co/a/b/discussions/3", "a/b", null)]
    [InlineData("https://mirror.test/hf/a/b/resolve/v2/model.safetensors", "a/b", "v2")]
    public void The_address_of_a_page_is_the_name_it_holds(string address, string name, string? revision) =>
        Assert.Equal(new HubPage(name, revision), HubPage.Of(address, "https://mirror.test/hf"));

    [Theory]
    [InlineData("gpt2"), InlineData("openai-community/gpt2"), InlineData("/home/ada/gpt2")]
    [InlineData("https://huggingface.co"), InlineData("https://huggingface.co/")]
    [InlineData("https://example.test/a/b")]
    public void What_is_no_page_of_the_hub_stays_what_it_is(string text) =>
        Assert.Null(HubPage.Of(text, "https://huggingface.co"));

    [Fact]
    public async Task A_page_is_downloaded_at_the_revision_that_it_shows()
    {
        const string Other = "90f8747528c6452ac651e6c3979ea22273ee05ed";
        hub.Names("gpt2", "v2", Other).Large("gpt2", Other, "model.safetensors", [4, 5]);
        Assert.Equal(("gpt2", FakeHub.Commit), ((await Find($"{hub.Address}/gpt2")).Name, (await Find("gpt2")).Commit));
        Assert.Equal(Other, (await Find($"{hub.Address}/gpt2/tree/v2")).Commit);
        var error = await Assert.ThrowsAsync<HubException>(() => Find("https://huggingface.co/datasets/squad"));
        Assert.Contains("is not the page of a model", error.Message);
    }

    private const string Early = "90f8747528c6452ac651e6c3979ea22273ee05ed";

    private void HubHasSteps() => hub
        .Names("gpt2", "step10", Early)
        .Names("gpt2", "step2", "0123456789abcdef0123456789abcdef01234567")
        .Names("gpt2", "v1.0", FakeHub.Commit)
        .Large("gpt2", Early, "model.safetensors", [4, 5, 6, 7]);

    [Theory]
    [InlineData("gpt2@step10"), InlineData("gpt2@90f8747528c6452ac651e6c3979ea22273ee05ed")]
    public async Task A_branch_tag_or_commit_may_follow_the_name(string name)
    {
        HubHasSteps();
        var found = await Find(name);
        Assert.Equal((name, ModelOrigin.Hub, Early), (found.Name, found.Origin, found.Commit));
        Assert.Equal([4, 5, 6, 7], File.ReadAllBytes(Path.Combine(found.Path, "model.safetensors")));
        Assert.Equal(folder.At("cache", "models--gpt2", "snapshots", Early), found.Path);
        Assert.Equal(name.EndsWith("step10", StringComparison.Ordinal),
            File.Exists(folder.At("cache", "models--gpt2", "refs", "step10")));
        // From here on it is at hand without the hub, and is no other state of the same model.
        var before = hub.Requests.Count;
        Assert.Equal(found with { Origin = ModelOrigin.Cache }, await Find(name, Settings with { Offline = true }));
        Assert.Equal(found with { Origin = ModelOrigin.Cache }, ModelSource.FindLocal(name, Settings));
        Assert.Null(ModelSource.FindLocal("gpt2", Settings));
        Assert.Equal(before, hub.Requests.Count);
        Assert.Equal(FakeHub.Commit, (await Find("gpt2@v1.0")).Commit);
        Assert.Equal(FakeHub.Commit, (await Find("gpt2")).Commit);
    }

    [Fact]
    public async Task In_the_folder_of_models_a_revision_is_a_folder_of_its_own()
    {
        HubHasSteps();
        folder.Write("models/gpt2/model.safetensors", "");
        Assert.Equal(Early, (await Find("gpt2@step10")).Commit);
        folder.Write("models/gpt2@step10/model.safetensors", "");
        Assert.Equal(folder.At("models", "gpt2@step10"), (await Find("gpt2@step10")).Path);
        Assert.Equal(folder.At("models", "gpt2@step10"), (await Find($"{hub.Address}/gpt2/tree/step10")).Path);
        Assert.Equal(folder.At("models", "gpt2"), (await Find("gpt2")).Path);
        // A path with an @ in it is a path.
        var own = folder.Write("own/a@b.safetensors", "");
        Assert.Equal(own, (await Find(own)).Path);
    }

    [Fact]
    public async Task An_unknown_revision_is_met_with_those_there_are()
    {
        HubHasSteps();
        var error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2@step11"));
        Assert.Equal(HubProblem.ModelNotFound, error.Problem);
        Assert.Equal(HubProblem.RevisionNotFound, Assert.IsType<HubException>(error.InnerException).Problem);
        Assert.Contains("gpt2 at step11: the repository has no such revision", error.Message);
        Assert.EndsWith(
            "Did you mean step10 or step2? There are main, step2, step10, v1.0.",
            error.Message.Split("\nAny one")[0]);
        Assert.Contains("hf download gpt2 --revision step11", error.Message);
        for (var step = 100; step < 250; step++) hub.Names("gpt2", $"step{step}", Early);
        error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2@nothing-like-it"));
        Assert.Contains(
            "There are main, step2, step10, step100 … step247, step248, step249, v1.0 (154 in all)", error.Message);
        Assert.DoesNotContain("Did you mean step", error.Message);
        // A hub that does not tell them leaves the refusal as it is.
        hub.Intercept = request =>
            request.Path.EndsWith("/refs", StringComparison.Ordinal) ? FakeHub.Error(404, "NotHere") : null;
        error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2@step11"));
        Assert.Contains("no such revision", error.Message);
        Assert.DoesNotContain("There are", error.Message);
    }

    [Fact]
    public async Task Offline_an_unknown_revision_is_met_with_those_in_the_cache()
    {
        HubHasSteps();
        await Find("gpt2@step10");
        await Find("gpt2");
        var error = await Assert.ThrowsAsync<HubException>(() =>
            Find("gpt2@step12", Settings with { Offline = true }));
        Assert.Contains("no snapshot of step12, which is not there or names no commit. Did you mean step10?",
            error.Message);
        Assert.Contains("There are main, step10", error.Message);
    }

    [Fact]
    public async Task Revisions_are_listed_by_the_hub_and_offline_by_the_cache_in_natural_order()
    {
        HubHasSteps();
        Task<IReadOnlyList<HubRevision>> Revisions(string name, HubSettings? settings = null) =>
            ModelSource.RevisionsAsync(name, settings ?? Settings, HubClientTests.QuickRetries);
        var all = await Revisions("gpt2");
        Assert.Equal(["main", "step2", "step10", "v1.0"], all.Select(one => one.Name));
        Assert.Equal([false, false, false, true], all.Select(one => one.IsTag));
        Assert.Equal((Early, "step10 (90f8747)"), (all[2].Commit, all[2].ToString()));
        Assert.Equal(all, await Revisions($"{hub.Address}/gpt2"));
        Assert.Empty(await Revisions("gpt2", Settings with { Offline = true }));
        await Find("gpt2@step10");
        Assert.Equal(
            [new HubRevision("step10", Early, false)], await Revisions("gpt2", Settings with { Offline = true }));
        Assert.Equal(
            HubProblem.RepositoryNotFound,
            (await Assert.ThrowsAsync<HubException>(() => Revisions("acme/absent"))).Problem);
        Assert.Equal(
            HubProblem.BadName, (await Assert.ThrowsAsync<HubException>(() => Revisions("no name"))).Problem);
        foreach (var answer in new[] { "[]", "{\"branches\": [3]}", "{\"tags\": [{\"name\": \"a\"}]}" })
        {
            hub.Intercept = _ => new Reply(200, System.Text.Encoding.UTF8.GetBytes(answer));
            Assert.Equal(
                HubProblem.UnexpectedAnswer,
                (await Assert.ThrowsAsync<HubException>(() => Revisions("gpt2"))).Problem);
        }
    }

    [Theory]
    [InlineData("step2", "step10", -1), InlineData("step10", "step10", 0), InlineData("step02", "step2", -1)]
    [InlineData("a", "a1", -1), InlineData("b1", "a2", 1), InlineData("step2-a9", "step2-a10", -1)]
    [InlineData("step99999999999999999999", "step100000000000000000000", -1), InlineData("1", "a", -1)]
    public void Names_with_numbers_are_in_the_order_of_the_numbers(string a, string b, int order) =>
        Assert.Equal(
            (order, -order),
            (Math.Sign(NaturalOrder.Comparer.Compare(a, b)), Math.Sign(NaturalOrder.Comparer.Compare(b, a))));

    [Fact]
    public async Task A_link_into_blobs_that_are_gone_is_named()
    {
        folder.Write("cache/models--gpt2/refs/main", FakeHub.Commit);
        var snapshot = folder.Write($"cache/models--gpt2/snapshots/{FakeHub.Commit}/config.json", "{}");
        File.CreateSymbolicLink(
            Path.Combine(Path.GetDirectoryName(snapshot)!, "model.safetensors"), "../../blobs/abc");
        Directory.CreateDirectory(folder.At("models", "gpt2"));
        File.CreateSymbolicLink(folder.At("models", "gpt2", "model.safetensors"), "gone");
        var error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2", Settings with { Offline = true }));
        Assert.Contains("lacks model.safetensors (a link to ../../blobs/abc, which is not there)", error.Message);
        Assert.Contains("gpt2: model.safetensors is a link to gone, which is not there", error.Message);
    }

    [Fact]
    public async Task Snapshots_without_a_note_of_which_is_main_are_named()
    {
        folder.Write($"cache/models--gpt2/snapshots/{FakeHub.Commit}/model.safetensors", "");
        var error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2", Settings with { Offline = true }));
        Assert.Contains($"there is a snapshot {FakeHub.Commit}: write that into refs/main", error.Message);
        const string Other = "90f8747528c6452ac651e6c3979ea22273ee05ed";
        folder.Write("cache/models--gpt2/refs/main", Other);
        error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2", Settings with { Offline = true }));
        Assert.Contains($"refs/main names {Other}, which is not among its snapshots", error.Message);
    }

    [Fact]
    public async Task An_older_variable_for_the_cache_is_spoken_of()
    {
        var settings = HubSettings.From(name => name == "TRANSFORMERS_CACHE" ? "~/older" : null, folder.At()) with
        {
            Offline = true,
        };
        var error = await Assert.ThrowsAsync<HubException>(() => Find("gpt2", settings));
        Assert.Contains($"{folder.At()}/older: not looked in; TRANSFORMERS_CACHE names it", error.Message);
    }

    [Fact]
    public async Task Among_pocket_models_only_the_cures_are_others()
    {
        await Find("gpt2"); // fills the cache
        var error = await Assert.ThrowsAsync<HubException>(() =>
            Find("gpt2", Settings with { PocketOnly = true, ModelsFolder = null }));
        Assert.Contains("it is there, and WORKBENCH_MODELS hides it", error.Message);
        Assert.Contains("Did you mean \"pocket-gpt2\"?", error.Message);
        Assert.Contains("unset WORKBENCH_MODELS", error.Message);
        Assert.DoesNotContain("reachable", error.Message);
    }

    [WeightsFact("gpt2")]
    public async Task Real_weights_are_found_by_name() =>
        Assert.Equal(
            ModelOrigin.ModelsFolder,
            (await Find("gpt2", Settings with { ModelsFolder = Weights.Folder, Offline = true })).Origin);
}
