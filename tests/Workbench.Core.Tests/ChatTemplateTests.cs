using System;
using System.Collections.Generic;
using System.IO;
using Workbench.Core.Tests.Formats;
using Workbench.Core.Tokenizers;
using Workbench.Core.Tokenizers.Chat;
using Xunit;

namespace Workbench.Core.Tests;

/// <summary>Chat templates as models ship them; what they should give was computed by Jinja 3.1.6 with the settings of
/// the Python library.</summary>
public sealed class ChatTemplateTests : IDisposable
{
    private static readonly Dictionary<string, string> Tokens = new()
    {
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
    };

    private static readonly (string, string)[] Long =
        [("system", "Be kind."), ("user", " Hi "), ("assistant", "Hello!"), ("user", "and\nmore é")];

    private readonly string folder = Directory.CreateTempSubdirectory("workbench-chat-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<string, bool, string> Published =>
        new()
        {
            {
                "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' "
                    + "%}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by "
                    + "Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' +"
                    + " message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt"
                    + " %}{{ '<|im_start|>assistant\n' }}{% endif %}",
                true,
                "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n<|im_sta"
                    + "rt|>assistant\nHello!<|im_end|>\n<|im_start|>user\nand\nmore é<|im_end|>\n<|im_sta"
                    + "rt|>assistant\n"
            },
            {
                "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['"
                    + "content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|i"
                    + "m_start|>assistant\n' }}{% endif %}",
                true,
                "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n<|im_sta"
                    + "rt|>assistant\nHello!<|im_end|>\n<|im_start|>user\nand\nmore é<|im_end|>\n<|im_sta"
                    + "rt|>assistant\n"
            },
            {
                "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content"
                    + " = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['con"
                    + "tent'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token"
                    + " + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ "
                    + "'<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
                true,
                "<s><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|><|start_header_"
                    + "id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_"
                    + "id|>\n\nHello!<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nand\nmore é<|e"
                    + "ot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
            },
            {
                "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System "
                    + "role not supported') }}{% endif %}{% for message in messages %}{% if (message['rol"
                    + "e'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles "
                    + "must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['ro"
                    + "le'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['ro"
                    + "le'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim +"
                    + " '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>m"
                    + "odel\n'}}{% endif %}",
                true,
                "ERR"
            },
            {
                "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System "
                    + "role not supported') }}{% endif %}{% for message in messages %}{% if (message['rol"
                    + "e'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles "
                    + "must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['ro"
                    + "le'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['ro"
                    + "le'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim +"
                    + " '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>m"
                    + "odel\n'}}{% endif %}",
                false,
                "ERR"
            },
            {
                "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != ("
                    + "loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user"
                    + "/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}{{ "
                    + "'[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistan"
                    + "t' %}{{ message['content'] + eos_token}}{% else %}{{ raise_exception('Only user an"
                    + "d assistant roles are supported!') }}{% endif %}{% endfor %}",
                true,
                "ERR"
            },
            {
                "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != ("
                    + "loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user"
                    + "/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}{{ "
                    + "'[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistan"
                    + "t' %}{{ message['content'] + eos_token}}{% else %}{{ raise_exception('Only user an"
                    + "d assistant roles are supported!') }}{% endif %}{% endfor %}",
                false,
                "ERR"
            },
            {
                "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n'"
                    + " + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}\n{{ '"
                    + "<|system|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'ass"
                    + "istant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}"
                    + "\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}"
                    + "\n{% endfor %}",
                true,
                "<|system|>\nBe kind.</s>\n<|user|>\n Hi </s>\n<|assistant|>\nHello!</s>\n<|user|>"
                    + "\nand\nmore é</s>\n<|assistant|>\n"
            },
            {
                "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% s"
                    + "et system_message = messages[0]['content'] %}{% else %}{% set loop_messages = mess"
                    + "ages %}{% set system_message = false %}{% endif %}{% for message in loop_messages "
                    + "%}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception"
                    + "('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif"
                    + " %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>"
                    + "\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% se"
                    + "t content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ b"
                    + "os_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == '"
                    + "assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
                true,
                "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\n Hi [/INST] Hello! </s><s>[INST] and\nmor"
                    + "e é [/INST]"
            },
            {
                "{%- if tools %}\n    {{- '<|im_start|>system\\n' }}\n    {%- for tool in tools %}"
                    + "\n        {{- tool | tojson }}\n    {%- endfor %}\n{%- else %}\n    {%- if message"
                    + "s[0]['role'] == 'system' %}\n        {{- '<|im_start|>system\\n' + messages[0]['co"
                    + "ntent'] + '<|im_end|>\\n' }}\n    {%- else %}\n        {{- '<|im_start|>system\\nY"
                    + "ou are Qwen.<|im_end|>\\n' }}\n    {%- endif %}\n{%- endif %}\n{%- for message in "
                    + "messages %}\n    {%- if (message.role == \"user\") or (message.role == \"system\" "
                    + "and not loop.first) or (message.role == \"assistant\" and not message.tool_calls) "
                    + "%}\n        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_en"
                    + "d|>' + '\\n' }}\n    {%- elif message.role == \"tool\" %}\n        {{- 'x' }}\n   "
                    + " {%- endif %}\n{%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '<|im_start"
                    + "|>assistant\\n' }}\n{%- endif %}\n",
                true,
                "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n<|im_sta"
                    + "rt|>assistant\nHello!<|im_end|>\n<|im_start|>user\nand\nmore é<|im_end|>\n<|im_sta"
                    + "rt|>assistant\n"
            },
            {
                "  {# note #}\n{% set ns = namespace(n=0, f='') %}\n  {% for m in messages %}\n {% "
                    + "set ns.n = ns.n + 1 %}{% if m.content is defined and 'a' in m.content %}{{ m.conte"
                    + "nt[0] }}{{ loop.index ~ '/' ~ loop.length }}{% else %}{{ m.get('role')|upper }}{% "
                    + "endif %}\n  {% endfor %}{{ ns.n }} {{ messages[-1].role if messages else '' }}{{ x"
                    + " is not defined }}{{ 'b' not in 'abc' }} {{- 1 + 2 * 3 }} end\n",
                true,
                "SYSTEMUSERASSISTANTa4/44 userTrueFalse7 end"
            },
        };

    [Theory, MemberData(nameof(Published))]
    public void A_template_writes_messages_as_jinja_does(string template, bool isLong, string want)
    {
        (string, string)[] twice = [("user", "a"), ("user", "b")];
        var read = new ChatTemplate(template, Tokens);
        if (want == "ERR")
            Assert.Contains(
                "refuses",
                Assert.Throws<ChatTemplateException>(() => read.Format(isLong ? Long : twice)).Message);
        else Assert.Equal(want, read.Format(isLong ? Long : twice));
    }

    [Theory]
    [InlineData("{% macro a() %}{% endmacro %}", "macro"), InlineData("{{ messages | tojson }}", "tojson")]
    [InlineData("{{ strftime_now('%d') }}", "strftime_now"), InlineData("{{ a.b.c }}", "not there")]
    [InlineData("{% if a %}", "without an end"), InlineData("{{ 'a }}", "without an end")]
    [InlineData("{% for a in messages %}{% for b in messages %}{% endfor %}", "without an end")]
    public void What_is_not_read_is_refused_by_name_with_the_template(string template, string says)
    {
        var error = Assert.Throws<ChatTemplateException>(() => new ChatTemplate(template, Tokens).Format(Long));
        Assert.Contains(says, error.Message);
        Assert.Equal(template, error.Template);
    }

    [Fact]
    public void A_template_that_goes_on_and_on_is_stopped()
    {
        var template = string.Concat(
            System.Linq.Enumerable.Repeat("{% for a in messages %}", 12)) + "a"
            + string.Concat(System.Linq.Enumerable.Repeat("{% endfor %}", 12));
        Assert.Contains("steps", Assert.Throws<ChatTemplateException>(
            () => new ChatTemplate(template, Tokens).Format(Long)).Message);
    }

    // By Jinja 3.1.6.
    [Theory]
    [InlineData("{% for m in messages %}\r\n{{ m['role'] }}\r\n{% endfor %}\r\n", "system\nuser\nassistant\nuser\n")]
    [InlineData("{% for m in messages +%}\n-{% endfor %}", "\n-\n-\n-\n-")]
    [InlineData("{% for m in messages %}{{ loop.revindex }},{{ loop.revindex0 == 0 }};{% endfor %}",
        "4,False;3,False;2,False;1,True;")]
    public void Lines_end_as_in_jinja_and_loops_count_backwards(string template, string wanted) =>
        Assert.Equal(wanted, new ChatTemplate(template, Tokens).Format(Long));

    [Fact]
    public void A_folders_template_is_found_in_its_own_file_and_in_the_settings()
    {
        Assert.Null(ChatTemplateFile.Find(folder));
        File.WriteAllText(
            Path.Combine(folder, "tokenizer_config.json"),
            """{"eos_token": "<e>", "chat_template": [{"name": "default", "template": "{{ eos_token }}"}]}""");
        Assert.Equal("<e>", ChatTemplateFile.Find(folder)!.Format([]));
        File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), "own{{ eos_token }}");
        Assert.Equal("own<e>", ChatTemplateFile.Find(folder)!.Format([]));
    }

    [Fact]
    public void A_template_in_a_gguf_file_is_found_with_the_tokens_that_its_keys_name()
    {
        var path = Path.Combine(folder, "a.gguf");
        File.WriteAllBytes(path, new GgufSample()
            .Key("tokenizer.ggml.tokens", "<|a|>", "<|b|>").Key("tokenizer.ggml.bos_token_id", 1)
            .Key("tokenizer.ggml.eos_token_id", 7)
            .Key("tokenizer.chat_template", "{{ bos_token }}{{ messages[0]['content'] }}{{ eos_token }}").Bytes());
        using var file = Workbench.Core.Formats.GgufFile.Open(path);
        Assert.Equal("<|b|>Hi", ChatTemplateFile.In(file)!.Format([("user", "Hi")]));
        File.WriteAllBytes(path, new GgufSample().Key("tokenizer.ggml.tokens", "<|a|>", "<|b|>").Bytes());
        using var none = Workbench.Core.Formats.GgufFile.Open(path);
        Assert.Null(ChatTemplateFile.In(none));
    }
}
