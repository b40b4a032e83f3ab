using System;
using System.Text.Json;

namespace Workbench.Core;

/// <summary>What is wrong with a JSON text, in our words: the library's own speak of tokens and depths.</summary>
internal static class JsonFault
{
    /// <summary>The end of a sentence about a text: "breaks off or is wrong at line 2, byte 7".</summary>
    /// <param name="error">What reading it threw.</param>
    public static string Of(Exception error) => error switch
    {
        JsonException { LineNumber: { } line, BytePositionInLine: { } at } =>
            $"it breaks off or is wrong at line {line + 1}, byte {at + 1}",
        JsonException => Excerpt.Of(error.Message.TrimEnd('.')), // ours: the library's all know their place
        _ => "a value is of another kind than such a file has, or a text is not Unicode",
    };
}
