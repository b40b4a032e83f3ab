using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary>One item of a template: a text (0 or 1), or tokens.</summary>
/// <param name="Sequence">Which text; −1 for tokens.</param>
/// <param name="TypeId">The type of what is put here.</param>
/// <param name="Tokens">The tokens.</param>
internal sealed record TemplateItem(int Sequence, int TypeId, IReadOnlyList<(string Text, int Id)> Tokens);

/// <summary><c>TemplateProcessing</c>: texts and tokens in a given order, each with its type.</summary>
internal sealed class TemplateProcessor(IReadOnlyList<TemplateItem> single, IReadOnlyList<TemplateItem> pair)
    : PostProcessor
{
    /// <inheritdoc/>
    public override List<EncodedText> Process(List<EncodedText> parts, bool addsSpecials)
    {
        var all = new List<EncodedText>();
        foreach (var item in parts.Count > 1 ? pair : single)
        {
            var part = new EncodedText();
            if (item.Sequence >= 0 && item.Sequence < parts.Count)
            {
                part.Append(parts[item.Sequence]);
                part.SetType(item.TypeId);
                part.SetSequence(item.Sequence);
            }
            else if (addsSpecials)
                foreach (var (text, id) in item.Tokens) part.AddSpecial(id, text, item.TypeId);
            all.Add(part);
        }
        return all;
    }

    /// <inheritdoc/>
    public override int Added(bool isPair) => (isPair ? pair : single).Sum(item => item.Tokens.Count);
}
