using System.Collections.Generic;
using System.Linq;

namespace Workbench.Core.Tokenizers.PostProcessors;

/// <summary><c>Sequence</c>: one after another.</summary>
internal sealed class ProcessorSequence(IReadOnlyList<PostProcessor> processors) : PostProcessor
{
    /// <inheritdoc/>
    public override List<EncodedText> Process(List<EncodedText> parts, bool addsSpecials) =>
        processors.Aggregate(parts, (all, processor) => processor.Process(all, addsSpecials));

    /// <inheritdoc/>
    public override int Added(bool isPair) => processors.Sum(processor => processor.Added(isPair));
}
