using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Workbench.Core.Formats;

namespace Workbench.Core.Tokenizers;

/// <summary>One object of <c>tokenizer.json</c>: a component with its settings. What is asked of it is noted, so that
/// what nobody asked for is refused by name and not skipped.</summary>
internal sealed class JsonPart
{
    private readonly JsonElement element;
    private readonly string path;
    private readonly HashSet<string> asked = [];

    /// <param name="element">The object.</param>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="path">Its file.</param>
    public JsonPart(JsonElement element, string name, string path)
    {
        (this.element, Name, this.path) = (element, name, path);
        if (element.ValueKind != JsonValueKind.Object)
            throw Wrong($"{name} should be an object, but is {Shown(element)}");
    }

    /// <summary>What it is, for messages.</summary>
    public string Name { get; }

    /// <summary>The name of its type; null when it has none.</summary>
    public string? Type => Text("type");

    /// <summary>An inner object, or null.</summary>
    public JsonPart? Part(string key) => Get(key) is { } value ? new JsonPart(value, $"{Name}: {key}", path) : null;

    /// <summary>The objects of a list; none when there is no list.</summary>
    public IEnumerable<JsonPart> Parts(string key) =>
        Items(key).Select((value, i) => new JsonPart(value, $"{Name}: {key}[{i}]", path));

    /// <summary>The objects of a list that must be there.</summary>
    public IEnumerable<JsonPart> NeededParts(string key) =>
        Get(key) is null ? throw Wrong($"{Name} lacks {key}") : Parts(key);

    /// <summary>The values of a list; none when there is no list.</summary>
    public IEnumerable<JsonElement> Items(string key) =>
        Get(key) is not { } value ? []
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray()
        : throw Wrong($"{Name}: {key} should be a list, but is {Shown(value)}");

    /// <summary>A text, or null.</summary>
    public string? Text(string key) =>
        Get(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Wrong($"{Name}: {key} should be a text, but is {Shown(value)}");

    /// <summary>A text that has to be there.</summary>
    public string NeededText(string key) => Text(key) ?? throw Wrong($"{Name} lacks {key}");

    /// <summary>True or false, or null.</summary>
    public bool? Flag(string key) =>
        Get(key) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Wrong($"{Name}: {key} should be true or false, but is {Shown(value)}");

    /// <summary>A whole number from 0, or null.</summary>
    public int? Number(string key) =>
        Get(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0
            ? (int)Math.Min(number, int.MaxValue)
            : throw Wrong($"{Name}: {key} should be a number, but is {Shown(value)}");

    /// <summary>Whatever value there is, or null.</summary>
    public JsonElement? Get(string key)
    {
        asked.Add(key);
        return element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>The key under which it stands in the object around it.</summary>
    public string Key { get; private init; } = "";

    /// <summary>All objects in it, by their keys.</summary>
    public IEnumerable<JsonPart> All() =>
        element.EnumerateObject()
            .Select(entry =>
                new JsonPart(entry.Value, $"{Name}: {Excerpt.Of(entry.Name, 60)}", path) { Key = entry.Name });

    /// <summary>Keys and values of an inner object.</summary>
    public IEnumerable<JsonProperty> Entries(string key) =>
        Get(key) is not { } value ? throw Wrong($"{Name} lacks {key}")
        : value.ValueKind == JsonValueKind.Object ? value.EnumerateObject()
        : throw Wrong($"{Name}: {key} should be an object, but is {Shown(value)}");

    /// <summary>Says that all is asked for.</summary>
    /// <exception cref="WeightFileException">Something else is there.</exception>
    public void End()
    {
        foreach (var property in element.EnumerateObject())
            if (property.Value.ValueKind != JsonValueKind.Null && !asked.Contains(property.Name))
                throw Unsupported(
                    $"{Name} with {Excerpt.Of(property.Name, 60)} = {Shown(property.Value)}", "one without it");
    }

    /// <summary>A type that is not read.</summary>
    public WeightFileException UnknownType(string wanted) =>
        Unsupported($"{Name} \"{Excerpt.Of(Type ?? "(no type)", 60)}\"", wanted);

    /// <summary>Something that is not read.</summary>
    public WeightFileException Unsupported(string found, string wanted) =>
        new(FileProblem.UnsupportedObject, path, $"asks for {found}, which is not read; {wanted} is.");

    /// <summary>Something that is wrong.</summary>
    public WeightFileException Wrong(string what) => new(FileProblem.Malformed, path, $"is wrong: {what}.");

    private static string Shown(JsonElement value) => Excerpt.Of(value.GetRawText(), 60);
}
