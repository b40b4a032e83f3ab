namespace Workbench.Core.Tokenizers.Models;

/// <summary>A token and the UTF-16 units of its piece that it covers: from Start up to, not including, End.</summary>
internal readonly record struct PieceToken(int Id, int Start, int End);
