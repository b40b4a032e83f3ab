using System;

namespace Workbench.Core.Tokenizers.Chat;

/// <summary>A chat template that cannot be followed, or that refuses the messages.</summary>
/// <param name="what">What is the matter.</param>
/// <param name="template">The template, of which the message shows the beginning.</param>
public sealed class ChatTemplateException(string what, string template) : ArgumentException(
    $"{what} The template begins: {Excerpt.Of(template, 400)}")
{
    /// <summary>The whole template.</summary>
    public string Template { get; } = template;
}
