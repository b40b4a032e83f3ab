using System.Collections.Generic;
using System.IO;
using Workbench.Core.Formats;
using Workbench.Core.Hub;
using Workbench.Core.Tokenizers.Chat;

namespace Workbench.Core.Tokenizers;

/// <summary>Finds the template by which a model wants messages written.</summary>
public static class ChatTemplateFile
{
    /// <summary>The template of a model's folder: <c>chat_template.jinja</c>, or <c>chat_template</c> in
    /// <c>tokenizer_config.json</c> (of several the one called <c>default</c>); null when there is none.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="WeightFileException">A file is damaged.</exception>
    /// <exception cref="ChatTemplateException">The template uses what is not read.</exception>
    public static ChatTemplate? Find(string folder)
    {
        var config = TokenizerConfig.Read(folder);
        var path = Path.Combine(folder, ModelFiles.ChatTemplate);
        var source = File.Exists(path) ? TokenizerFiles.ReadText(path) : config.ChatTemplate;
        return source is null ? null : new ChatTemplate(source, config.SpecialTokens());
    }

    /// <summary>The template in a GGUF file's keys (<c>tokenizer.chat_template</c>), with the special tokens that they
    /// name; null when there is none.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="ChatTemplateException">The template uses what is not read.</exception>
    public static ChatTemplate? In(GgufFile file) =>
        file.Values.GetValueOrDefault("tokenizer.chat_template") is string source
            ? new ChatTemplate(source, GgufTokenizer.SpecialTokens(file))
            : null;
}
