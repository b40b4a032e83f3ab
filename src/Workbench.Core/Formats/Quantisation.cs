using System;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Workbench.Core.Formats;

/// <summary>How a checkpoint's weights are stored as codes with scales, as <c>quantization_config</c> in config.json
/// says it.</summary>
/// <param name="Method">fp8 or mxfp4.</param>
/// <param name="BlockRows">Rows of a weight that share a scale; of fp8 only.</param>
/// <param name="BlockColumns">Columns that do.</param>
internal sealed record Quantisation(string Method, int BlockRows, int BlockColumns)
{
    /// <summary>float8 with one scale for each block of a weight.</summary>
    public const string Fp8 = "fp8";

    /// <summary>Four-bit floats with one power of two for each 32.</summary>
    public const string MxFp4 = "mxfp4";

    /// <summary>What the config.json beside a checkpoint says of its weights.</summary>
    /// <param name="path">The checkpoint's file.</param>
    /// <param name="why">What is wrong where there is nothing that can be obeyed; empty where it says
    /// nothing.</param>
    /// <returns>Null where there is nothing that can be obeyed.</returns>
    public static Quantisation? Beside(string path, out string why)
    {
        why = "";
        var config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "config.json");
        if (!File.Exists(config)) return null;
        try
        {
            using var document = JsonDocument.Parse(OrdinaryFile.ReadAllBytes(config));
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("quantization_config", out var settings)
                && settings.ValueKind != JsonValueKind.Null
                ? Parse(settings, out why)
                : null;
        }
        catch (Exception error) when (error is JsonException or IOException)
        {
            return null; // whoever needs the configuration says what is wrong with it
        }
    }

    /// <summary>Reads the settings.</summary>
    /// <param name="settings">The object.</param>
    /// <param name="why">What is not obeyed, where that is so.</param>
    /// <returns>Null where they are not obeyed.</returns>
    public static Quantisation? Parse(JsonElement settings, out string why)
    {
        why = "";
        if (settings.ValueKind != JsonValueKind.Object
            || !settings.TryGetProperty("quant_method", out var method) || method.ValueKind != JsonValueKind.String)
        {
            why = "which names no quant_method";
            return null;
        }
        var name = method.GetString()!;
        if (name is not (Fp8 or MxFp4))
        {
            why = $"of the method {Excerpt.Of(name, 40)}; {Fp8} and {MxFp4} are obeyed";
            return null;
        }
        var (rows, columns) = (0, 0);
        foreach (var setting in settings.EnumerateObject())
        {
            var value = setting.Value;
            var isObeyed = (name, setting.Name) switch
            {
                (_, "quant_method" or "modules_to_not_convert" or "dequantize") => true,
                (Fp8, "fmt") => value.ValueKind == JsonValueKind.String && value.GetString() == "e4m3",
                (Fp8, "activation_scheme") => value.ValueKind == JsonValueKind.String && value.GetString() == "dynamic",
                (Fp8, "weight_block_size") => IsBlock(value, out rows, out columns),
                _ => value.ValueKind == JsonValueKind.Null,
            };
            if (isObeyed) continue;
            why = $"whose {Excerpt.Of(setting.Name, 40)} {Excerpt.Of(value.GetRawText(), 60)} is not obeyed";
            return null;
        }
        if (name == Fp8 && rows == 0)
        {
            why = "which lacks weight_block_size";
            return null;
        }
        return new Quantisation(name, rows, columns);
    }

    private static bool IsBlock(JsonElement value, out int rows, out int columns)
    {
        (rows, columns) = (0, 0);
        return value.ValueKind == JsonValueKind.Array
            && value.GetArrayLength() == 2
            && value.EnumerateArray().All(size => size.ValueKind == JsonValueKind.Number)
            && value[0].TryGetInt32(out rows)
            && value[1].TryGetInt32(out columns)
            && rows > 0
            && columns > 0;
    }
}
