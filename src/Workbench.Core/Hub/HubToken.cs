using System.Linq;

namespace Workbench.Core.Hub;

/// <summary>An access token of the hub. It can be sent, and neither printed nor listed: its text is no public
/// member.</summary>
public sealed class HubToken
{
    /// <summary>Keeps a token; white space and line ends around it are dropped.</summary>
    /// <param name="value">As the hub issued it.</param>
    public HubToken(string value) => Value = value.Replace("\r", "").Replace("\n", "").Trim();

    /// <summary>The text itself, for the one header that carries it.</summary>
    internal string Value { get; }

    /// <summary>Whether the text can stand in a header at all: visible ASCII and nothing else.</summary>
    internal bool IsWellFormed => Value.Length > 0 && Value.All(letter => letter is > ' ' and <= '~');

    /// <summary>The word "hidden".</summary>
    public override string ToString() => "hidden";
}
