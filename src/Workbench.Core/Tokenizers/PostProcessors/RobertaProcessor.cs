using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary><c>RobertaProcessing</c>: <c>&lt;s&gt; A &lt;/s&gt;</c>, <c>&lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B
/// &lt;/s&gt;</c>, all of type 0.</summary>
internal sealed class RobertaProcessor(
    (string Text, int Id) first, (string Text, int Id) last, bool trims, bool addsPrefixSpace) : PostProcessor
{
    /// <inheritdoc/>
    public override List<EncodedText> Process(List<EncodedText> parts, bool addsSpecials)
    {
        foreach (var part in parts)
        {
            if (trims) ByteLevelProcessor.Trim(part, addsPrefixSpace);
            part.SetType(0);
        }
        if (!addsSpecials) return parts;
        var all = new List<EncodedText>();
        for (var i = 0; i < parts.Count; i++)
        {
            var part = new EncodedText();
            if (i == 0) part.AddSpecial(first.Id, first.Text, 0);
            else part.AddSpecial(last.Id, last.Text, 0);
            parts[i].SetSequence(i);
            part.Append(parts[i]);
            part.AddSpecial(last.Id, last.Text, 0);
            all.Add(part);
        }
        return all;
    }

    /// <inheritdoc/>
    public override int Added(bool isPair) => isPair ? 4 : 2;
}
