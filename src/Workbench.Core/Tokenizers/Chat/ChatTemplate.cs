using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Workbench.Core.Tokenizers.Chat;

/// <summary>
/// How a model that was taught to converse wants messages written: its template (<c>chat_template</c>), in the part of
/// Jinja's language that such templates use. What is not known of that language is refused by name.
/// </summary>
/// <remarks>Names are those that the Python library gives: <c>messages</c>, <c>add_generation_prompt</c>,
/// <c>bos_token</c> and its like, <c>raise_exception</c>; there are no tools and no documents.</remarks>
public sealed class ChatTemplate
{
    private const int MostSteps = 1_000_000;

    private readonly IReadOnlyList<TemplateNode> body;
    private readonly IReadOnlyDictionary<string, string> tokens;

    /// <param name="source">The template.</param>
    /// <param name="tokens">Special tokens by role (<c>bos_token</c>).</param>
    /// <exception cref="ChatTemplateException">The template is wrong, or uses what is not read.</exception>
    public ChatTemplate(string source, IReadOnlyDictionary<string, string> tokens)
    {
        (Source, this.tokens) = (source, tokens);
        body = TemplateParser.Parse(source);
    }

    /// <summary>The template as it is written.</summary>
    public string Source { get; }

    /// <summary>The messages as the model wants them.</summary>
    /// <param name="messages">Who speaks (<c>system</c>, <c>user</c>, <c>assistant</c>) and what.</param>
    /// <param name="opensAnswer">Whether the beginning of the model's answer is put behind them.</param>
    /// <exception cref="ChatTemplateException">The template refuses these messages, or uses what is not
    /// read.</exception>
    public string Format(IEnumerable<(string Role, string Content)> messages, bool opensAnswer = true)
    {
        var names = new Dictionary<string, object?>
        {
            ["messages"] = messages.Select(message => (object?)new Dictionary<string, object?>
            {
                ["role"] = message.Role,
                ["content"] = message.Content,
            }).ToList(),
            ["add_generation_prompt"] = opensAnswer,
            ["tools"] = null,
            ["documents"] = null,
        };
        foreach (var (role, token) in tokens) names[role] = token;
        var run = new Run(Source, names);
        run.Write(body);
        return run.Text.ToString();
    }

    /// <summary>What a name stands for that nobody gave a value.</summary>
    private sealed class Undefined
    {
        public static readonly Undefined Value = new();
    }

    private sealed class Run(string source, Dictionary<string, object?> names)
    {
        private int steps;

        public StringBuilder Text { get; } = new();

        public void Write(IReadOnlyList<TemplateNode> nodes)
        {
            foreach (var node in nodes)
            {
                Step();
                switch (node)
                {
                    case TemplateNode.Text text:
                        Text.Append(text.Value);
                        break;
                    case TemplateNode.Output output:
                        Text.Append(Shown(Value(output.Value)));
                        break;
                    case TemplateNode.Set { Field: null } set:
                        names[set.Name] = Value(set.Value);
                        break;
                    case TemplateNode.Set set:
                        if (Name(set.Name) is not Dictionary<string, object?> space) throw Unread($"set {set.Name}.");
                        space[set.Field!] = Value(set.Value);
                        break;
                    case TemplateNode.If branches:
                        var taken = branches.Branches
                            .FirstOrDefault(branch => branch.Condition is null || Holds(Value(branch.Condition)));
                        if (taken.Body is not null) Write(taken.Body);
                        break;
                    case TemplateNode.For loop:
                        Loop(loop);
                        break;
                }
            }
        }

        /// <summary>Names that a loop sets are forgotten behind it, as in Jinja.</summary>
        private void Loop(TemplateNode.For loop)
        {
            if (Value(loop.Items) is not List<object?> items) throw Unread("for over what is no list");
            var outside = names;
            for (var i = 0; i < items.Count; i++)
            {
                Step();
                names = new Dictionary<string, object?>(outside)
                {
                    [loop.Name] = items[i],
                    ["loop"] = new Dictionary<string, object?>
                    {
                        ["index"] = (long)i + 1,
                        ["index0"] = (long)i,
                        ["first"] = i == 0,
                        ["last"] = i == items.Count - 1,
                        ["length"] = (long)items.Count,
                        ["revindex"] = (long)(items.Count - i),
                        ["revindex0"] = (long)(items.Count - i - 1),
                        ["previtem"] = i > 0 ? items[i - 1] : Undefined.Value,
                        ["nextitem"] = i + 1 < items.Count ? items[i + 1] : Undefined.Value,
                    },
                };
                Write(loop.Body);
            }
            names = outside;
        }

        private object? Value(Expression expression)
        {
            Step();
            switch (expression)
            {
                case Expression.Constant constant:
                    return constant.Value;
                case Expression.Variable variable:
                    return Name(variable.Name);
                case Expression.Items items:
                    return items.Values.Select(Value).ToList();
                case Expression.Member member:
                    return Member(Value(member.Owner), Value(member.Key));
                case Expression.Slice slice:
                    return Slice(slice);
                case Expression.Unary { Operator: "not" } not:
                    return !Holds(Value(not.Value));
                case Expression.Unary minus:
                    return -Number(Value(minus.Value));
                case Expression.Choice choice:
                    return Holds(Value(choice.Condition)) ? Value(choice.Then)
                        : choice.Otherwise is null ? Undefined.Value
                        : Value(choice.Otherwise);
                case Expression.Test test:
                    return Test(Value(test.Value), test.Name) != test.IsNegative;
                case Expression.Binary binary:
                    return Binary(binary);
                default:
                    return Call((Expression.Call)expression);
            }
        }

        private object? Binary(Expression.Binary binary)
        {
            var left = Value(binary.Left);
            if (binary.Operator == "and") return Holds(left) ? Value(binary.Right) : left;
            if (binary.Operator == "or") return Holds(left) ? left : Value(binary.Right);
            var right = Value(binary.Right);
            switch (binary.Operator)
            {
                case "==":
                    return AreEqual(left, right);
                case "!=":
                    return !AreEqual(left, right);
                case "~":
                    return Shown(left) + Shown(right);
                case "+" when left is string text && right is string more:
                    return text + more;
                case "+" when left is List<object?> list && right is List<object?> others:
                    return list.Concat(others).ToList();
                case "in":
                    return right switch
                    {
                        string text when left is string part => text.Contains(part, StringComparison.Ordinal),
                        List<object?> list => list.Exists(item => AreEqual(item, left)),
                        Dictionary<string, object?> map => left is string key && map.ContainsKey(key),
                        _ => throw Unread("in of what holds nothing"),
                    };
            }
            var (a, b) = (Number(left), Number(right));
            return binary.Operator switch
            {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                // As in Python, the remainder has the sign of the divisor.
                "%" => b == 0 ? throw Unread("a remainder of a division by 0") : (a % b + b) % b,
                "<" => a < b,
                ">" => a > b,
                "<=" => a <= b,
                _ => a >= b,
            };
        }

        private object? Call(Expression.Call call)
        {
            var arguments = call.Arguments.Select(Value).ToArray();
            if (call.Owner is null)
                switch (call.Name)
                {
                    case "raise_exception":
                        throw new ChatTemplateException(
                            "The chat template refuses these messages: "
                                + $"{Excerpt.Of(Shown(arguments.FirstOrDefault()))}.",
                            source);
                    case "namespace" when arguments.Length == 0:
                        return call.Named.ToDictionary(entry => entry.Key, entry => Value(entry.Value));
                    default:
                        throw Unread($"{Excerpt.Of(call.Name, 40)}()");
                }
            var owner = Value(call.Owner);
            if (call.Named.Count > 0) throw Unread($"{Excerpt.Of(call.Name, 40)} with settings by name");
            return (call.Name, owner, arguments) switch
            {
                ("|trim" or "strip", string text, []) => text.Trim(),
                ("lstrip", string text, []) => text.TrimStart(),
                ("rstrip", string text, []) => text.TrimEnd(),
                ("|upper" or "upper", string text, []) => text.ToUpperInvariant(),
                ("|lower" or "lower", string text, []) => text.ToLowerInvariant(),
                ("|capitalize", string text, []) => text.Length == 0 ? text
                    : text[..1].ToUpperInvariant() + text[1..].ToLowerInvariant(),
                ("|length" or "|count", string text, []) => (long)text.EnumerateRunes().Count(),
                ("|length" or "|count", List<object?> list, []) => (long)list.Count,
                ("|string", _, []) => Shown(owner),
                ("|list", List<object?> list, []) => list,
                ("|first", List<object?> { Count: > 0 } list, []) => list[0],
                ("|last", List<object?> { Count: > 0 } list, []) => list[^1],
                ("|default" or "|d", Undefined, [var otherwise]) => otherwise,
                ("|default" or "|d", _, [_]) => owner,
                ("startswith", string text, [string part]) => text.StartsWith(part, StringComparison.Ordinal),
                ("endswith", string text, [string part]) => text.EndsWith(part, StringComparison.Ordinal),
                ("split", string text, [string { Length: > 0 } part]) => text.Split(part).Cast<object?>().ToList(),
                ("|replace" or "replace", string text, [string { Length: > 0 } part, string other]) =>
                    text.Replace(part, other, StringComparison.Ordinal),
                ("get", Dictionary<string, object?> map, [string key]) => map.GetValueOrDefault(key),
                _ => throw Unread($"{Excerpt.Of(call.Name, 40)} of such a value"),
            };
        }

        private object? Member(object? owner, object? key) => (owner, key) switch
        {
            (Dictionary<string, object?> map, string name) => map.TryGetValue(name, out var value) ? value
                : Undefined.Value,
            (List<object?> list, long index) => Math.Abs(index) <= list.Count && index < list.Count
                ? list[(int)(index < 0 ? index + list.Count : index)]
                : Undefined.Value,
            (Undefined, _) => throw Unread("a part of a value that is not there"),
            (string text, long index) => Math.Abs(index) <= text.Length && index < text.Length
                ? text[(int)(index < 0 ? index + text.Length : index)].ToString()
                : Undefined.Value,
            (string or List<object?>, _) => Undefined.Value,
            _ => throw Unread("a part of such a value"),
        };

        private object Slice(Expression.Slice slice)
        {
            var owner = Value(slice.Owner);
            var count = owner is string text ? text.Length : owner is List<object?> list ? list.Count
                : throw Unread("a slice of such a value");
            var from = Bound(slice.From, 0);
            var to = Math.Max(from, Bound(slice.To, count));
            return owner is string whole ? whole[from..to] : ((List<object?>)owner).GetRange(from, to - from);

            int Bound(Expression? bound, int otherwise)
            {
                if (bound is null) return otherwise;
                var value = Number(Value(bound));
                return (int)Math.Clamp(value < 0 ? value + count : value, 0, count);
            }
        }

        private bool Test(object? value, string name) => name switch
        {
            "defined" => value is not Undefined,
            "undefined" => value is Undefined,
            "none" => value is null,
            "string" => value is string,
            "mapping" => value is Dictionary<string, object?>,
            "iterable" or "sequence" => value is string or IEnumerable,
            "number" => value is long,
            "boolean" => value is bool,
            "true" => value is true,
            "false" => value is false,
            _ => throw Unread($"the test \"{Excerpt.Of(name, 40)}\""),
        };

        private object? Name(string name) => names.TryGetValue(name, out var value) ? value : Undefined.Value;

        private static bool Holds(object? value) => value switch
        {
            null or Undefined => false,
            bool truth => truth,
            long number => number != 0,
            string text => text.Length > 0,
            ICollection all => all.Count > 0,
            _ => true,
        };

        private static bool AreEqual(object? left, object? right) => Equals(left, right);

        private long Number(object? value) => value switch
        {
            long number => number,
            bool truth => truth ? 1 : 0,
            _ => throw Unread("arithmetic with what is no whole number"),
        };

        private string Shown(object? value) => value switch
        {
            string text => text,
            Undefined => "",
            null => "None",
            bool truth => truth ? "True" : "False",
            long number => number.ToString(CultureInfo.InvariantCulture),
            _ => throw Unread("a list or a mapping written out"),
        };

        private void Step()
        {
            if (++steps > MostSteps)
                throw new ChatTemplateException($"The chat template takes more than {MostSteps} steps.", source);
        }

        private ChatTemplateException Unread(string what) =>
            new($"The chat template uses {what}, which is not read.", source);
    }
}
