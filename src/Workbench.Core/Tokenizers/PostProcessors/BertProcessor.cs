using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary><c>BertProcessing</c>: <c>[CLS] A [SEP]</c>, <c>[CLS] A [SEP] B [SEP]</c>, the second text of type
/// 1.</summary>
internal sealed class BertProcessor((string Text, int Id) first, (string Text, int Id) last) : PostProcessor
{
    /// <inheritdoc/>
    public override List<EncodedText> Process(List<EncodedText> parts, bool addsSpecials)
    {
        if (!addsSpecials) return parts;
        var all = new List<EncodedText>();
        for (var i = 0; i < parts.Count; i++)
        {
            var part = new EncodedText();
            if (i == 0) part.AddSpecial(first.Id, first.Text, 0);
            parts[i].SetType(i == 0 ? 0 : 1);
            parts[i].SetSequence(i);
            part.Append(parts[i]);
            part.AddSpecial(last.Id, last.Text, i == 0 ? 0 : 1);
            all.Add(part);
        }
        return all;
    }

    /// <inheritdoc/>
    public override int Added(bool isPair) => isPair ? 3 : 2;
}
