using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary>Puts the tokens around one text or two that a model expects.</summary>
internal abstract class PostProcessor
{
    /// <summary>The texts with what is put around them.</summary>
    /// <param name="parts">One text or two; behind another processor its parts.</param>
    /// <param name="addsSpecials">False leaves the tokens out, but trims places and sets types.</param>
    public abstract List<EncodedText> Process(List<EncodedText> parts, bool addsSpecials);

    /// <summary>How many tokens are put around one text or two.</summary>
    public abstract int Added(bool isPair);

    /// <summary>Parts in a row, each numbered as a text of its own.</summary>
    protected static List<EncodedText> Numbered(List<EncodedText> parts)
    {
        for (var i = 0; i < parts.Count; i++) parts[i].SetSequence(i);
        return parts;
    }

    /// <summary>All parts as one.</summary>
    public static EncodedText Join(List<EncodedText> parts)
    {
        var all = new EncodedText();
        foreach (var part in parts) all.Append(part);
        return all;
    }
}
