using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Decoders;

/// <summary>Turns the spellings of tokens into text, one step of several.</summary>
internal abstract class Decoder
{
    /// <summary>What the parts become; there may be fewer of them.</summary>
    public abstract List<string> Decode(List<string> parts);
}
