namespace Workbench.Core.Models;

/// <summary>One block: attention and an MLP, one after the other, each of which reads the stream and adds to
/// it.</summary>
/// <param name="Attention">The first half.</param>
/// <param name="Mlp">The second half.</param>
public sealed record BlockConfig(AttentionConfig Attention, MlpConfig Mlp);
