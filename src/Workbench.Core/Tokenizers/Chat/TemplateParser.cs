using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Workbench.Core.Tokenizers.Chat;

/// <summary>Reads a template in Jinja's language as chat templates use it, with the white space rules that the Python
/// library sets (<c>trim_blocks</c>, <c>lstrip_blocks</c>).</summary>
internal sealed class TemplateParser
{
    private const int Deepest = 100;
    private static readonly string[] Signs =
        ["==", "!=", "<=", ">=", "//", "**", "(", ")", "[", "]", "{", "}", ".", ",", ":", "|", "+", "-", "*", "/", "%",
            "~", "<", ">", "="];

    private readonly string source;
    private readonly List<(char Kind, string Text)> pieces = [];
    private List<string> words = [];
    private int piece, word, depth;

    private TemplateParser(string source) => this.source = source;

    /// <summary>The parts of a template.</summary>
    /// <exception cref="ChatTemplateException">It is wrong, or uses what is not read.</exception>
    public static IReadOnlyList<TemplateNode> Parse(string source)
    {
        var parser = new TemplateParser(source);
        parser.CutPieces();
        var body = parser.Body(out var end);
        return end is null ? body : throw parser.Wrong($"It has {{% {end} %}} too many");
    }

    /// <summary>Cuts the template into text (t), values (v) and tags (b).</summary>
    private void CutPieces()
    {
        var text = source.Replace("\r\n", "\n").Replace('\r', '\n'); // as Jinja does first
        if (text.EndsWith('\n')) text = text[..^1];
        var at = 0;
        var trims = false;
        while (at <= text.Length)
        {
            var open = text.IndexOf('{', at);
            while (open >= 0 && (open + 1 >= text.Length || text[open + 1] is not ('{' or '%' or '#')))
                open = text.IndexOf('{', open + 1);
            var before = open < 0 ? text[at..] : text[at..open];
            if (trims) before = before.TrimStart();
            if (open < 0)
            {
                pieces.Add(('t', before));
                return;
            }
            var kind = text[open + 1];
            var close = kind == '{' ? "}}" : kind == '%' ? "%}" : "#}";
            var end = EndOf(text, open + 2, close, kind == '#');
            var inside = text[(open + 2)..end];
            if (inside.StartsWith('-')) before = before.TrimEnd();
            else if (kind != '{' && !inside.StartsWith('+'))
            {
                var line = before.LastIndexOf('\n') + 1;
                var begins = line > 0 || at == 0 || text[at - 1] == '\n';
                if (begins && string.IsNullOrWhiteSpace(before[line..])) before = before[..line];
            }
            pieces.Add(('t', before));
            trims = inside.EndsWith('-');
            at = end + 2;
            if (!trims && kind != '{' && !inside.EndsWith('+') && at < text.Length && text[at] == '\n') at++;
            if (kind != '#') pieces.Add((kind == '{' ? 'v' : 'b', inside.Trim('-', '+').Trim()));
        }
    }

    private int EndOf(string text, int from, string close, bool isComment)
    {
        var quote = '\0';
        for (var i = from; i + 1 < text.Length; i++)
        {
            if (quote != '\0')
            {
                if (text[i] == '\\') i++;
                else if (text[i] == quote) quote = '\0';
            }
            else if (!isComment && text[i] is '\'' or '"') quote = text[i];
            else if (string.CompareOrdinal(text, i, close, 0, 2) == 0) return i;
        }
        throw Wrong("It has a tag without an end");
    }

    private List<TemplateNode> Body(out string? end)
    {
        if (++depth > Deepest) throw Wrong($"It is more than {Deepest} blocks deep");
        var body = new List<TemplateNode>();
        for (end = null; piece < pieces.Count;)
        {
            var (kind, text) = pieces[piece++];
            if (kind == 't')
            {
                if (text.Length > 0) body.Add(new TemplateNode.Text(text));
                continue;
            }
            Words(text);
            if (kind == 'v')
            {
                body.Add(new TemplateNode.Output(Whole()));
                continue;
            }
            var tag = Next();
            switch (tag)
            {
                case "if":
                    body.Add(If());
                    break;
                case "for":
                    body.Add(For());
                    break;
                case "set":
                    var name = Next();
                    var field = Eat(".") ? Next() : null;
                    if (!Eat("=")) throw Unread("set without a value in its tag");
                    body.Add(new TemplateNode.Set(name, field, Whole()));
                    break;
                case "elif" or "else" or "endif" or "endfor":
                    end = tag;
                    depth--;
                    return body;
                default:
                    throw Unread($"{{% {Excerpt.Of(tag, 40)} %}}");
            }
        }
        depth--;
        return body;
    }

    private TemplateNode.If If()
    {
        var branches = new List<(Expression?, IReadOnlyList<TemplateNode>)>();
        Expression? condition = Whole();
        while (true)
        {
            var body = Body(out var end);
            branches.Add((condition, body));
            if (end == "endif") return new TemplateNode.If(branches);
            if (end is not ("elif" or "else") || condition is null) throw Wrong("It has an {% if %} without an end");
            condition = end == "elif" ? Whole() : null;
        }
    }

    private TemplateNode.For For()
    {
        var name = Next();
        if (!Eat("in")) throw Unread("for with several names");
        var items = Or();
        if (word < words.Count) throw Unread($"for with \"{Excerpt.Of(words[word], 20)}\"");
        var body = Body(out var end);
        return end == "endfor" ? new TemplateNode.For(name, items, body)
            : end == "else" ? throw Unread("for with else")
            : throw Wrong("It has a {% for %} without an end");
    }

    private void Words(string text)
    {
        words = [];
        word = 0;
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
                continue;
            }
            var begun = i;
            if (c is '\'' or '"')
            {
                var literal = new StringBuilder("'");
                for (i++; i < text.Length && text[i] != c; i++)
                    literal.Append(text[i] != '\\' || i + 1 >= text.Length ? text[i] : Escaped(text[++i]));
                if (i++ >= text.Length) throw Wrong("It has a text without an end");
                words.Add(literal.ToString());
            }
            else if (char.IsLetterOrDigit(c) || c == '_')
            {
                while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_')) i++;
                words.Add(text[begun..i]);
            }
            else
            {
                var sign = Array.Find(Signs, sign => string.CompareOrdinal(text, begun, sign, 0, sign.Length) == 0)
                    ?? throw Unread($"the sign {Excerpt.Of(c.ToString())}");
                words.Add(sign);
                i += sign.Length;
            }
        }

        char Escaped(char c) => c switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '\\' or '\'' or '"' => c,
            _ => throw Unread($"\\{c} in a text"),
        };
    }

    private Expression Whole()
    {
        var value = Choice();
        return word == words.Count ? value : throw Unread($"\"{Excerpt.Of(words[word], 20)}\" in an expression");
    }

    private Expression Choice()
    {
        if (++depth > Deepest) throw Wrong($"It is more than {Deepest} deep");
        var value = Or();
        if (Eat("if"))
        {
            var condition = Or();
            value = new Expression.Choice(condition, value, Eat("else") ? Choice() : null);
        }
        depth--;
        return value;
    }

    private Expression Or() => Left(And, "or");

    private Expression And() => Left(Not, "and");

    private Expression Not() => Eat("not") ? new Expression.Unary("not", Not()) : Comparison();

    private Expression Comparison()
    {
        var value = Left(Product, "+", "-", "~");
        while (word < words.Count)
        {
            if (Eat("is"))
            {
                var isNegative = Eat("not");
                value = new Expression.Test(value, Next(), isNegative);
            }
            else if (Peek("not") && word + 1 < words.Count && words[word + 1] == "in")
            {
                word += 2;
                value = new Expression.Unary("not", new Expression.Binary("in", value, Left(Product, "+", "-", "~")));
            }
            else if (words[word] is "==" or "!=" or "<" or ">" or "<=" or ">=" or "in")
                value = new Expression.Binary(words[word++], value, Left(Product, "+", "-", "~"));
            else break;
        }
        return value;
    }

    private Expression Product() => Left(Postfix, "*", "%");

    private Expression Left(Func<Expression> inner, params string[] operators)
    {
        var value = inner();
        while (word < words.Count && operators.Contains(words[word]))
            value = new Expression.Binary(words[word++], value, inner());
        return value;
    }

    private Expression Postfix()
    {
        if (Eat("-")) return new Expression.Unary("-", Postfix());
        var value = Primary();
        while (word < words.Count)
        {
            if (Eat("|"))
            {
                var name = Next();
                value = Peek("(") ? Arguments(value, $"|{name}")
                    : new Expression.Call(value, $"|{name}", [], new Dictionary<string, Expression>());
            }
            else if (Eat("."))
            {
                var name = Next();
                value = Peek("(") ? Arguments(value, name)
                    : new Expression.Member(value, new Expression.Constant(name));
            }
            else if (Eat("[")) value = Index(value);
            else break;
        }
        return value;
    }

    private Expression Index(Expression owner)
    {
        var from = Peek(":") ? null : Choice();
        if (Eat(":"))
        {
            var to = Peek("]") ? null : Choice();
            owner = new Expression.Slice(owner, from, to);
        }
        else owner = new Expression.Member(owner, from!);
        return Eat("]") ? owner : throw Unread("an index without an end");
    }

    private Expression.Call Arguments(Expression? owner, string name)
    {
        word++;
        var (values, named) = (new List<Expression>(), new Dictionary<string, Expression>());
        while (!Eat(")"))
        {
            if (word + 1 < words.Count && words[word + 1] == "=")
            {
                var key = Next();
                word++;
                named[key] = Choice();
            }
            else values.Add(Choice());
            if (!Eat(",") && !Peek(")")) throw Wrong("It has a call without an end");
        }
        return new Expression.Call(owner, name, values, named);
    }

    private Expression Primary()
    {
        var text = Next();
        if (text[0] == '\'') return new Expression.Constant(text[1..]);
        if (char.IsAsciiDigit(text[0]))
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new Expression.Constant(number)
                : throw Unread($"the number {Excerpt.Of(text, 20)}");
        switch (text)
        {
            case "true" or "True":
                return new Expression.Constant(true);
            case "false" or "False":
                return new Expression.Constant(false);
            case "none" or "None":
                return new Expression.Constant(null);
            case "(":
                var inside = Choice();
                return Eat(")") ? inside : throw Unread("several values in brackets");
            case "[":
                var values = new List<Expression>();
                while (!Eat("]"))
                {
                    values.Add(Choice());
                    if (!Eat(",") && !Peek("]")) throw Wrong("It has a list without an end");
                }
                return new Expression.Items(values);
        }
        if (!char.IsLetter(text[0]) && text[0] != '_') throw Unread($"\"{Excerpt.Of(text, 20)}\" in an expression");
        return Peek("(") ? Arguments(null, text) : new Expression.Variable(text);
    }

    private string Next() => word < words.Count ? words[word++] : throw Wrong("It has a tag that ends too early");

    private bool Peek(string text) => word < words.Count && words[word] == text;

    private bool Eat(string text)
    {
        if (!Peek(text)) return false;
        word++;
        return true;
    }

    private ChatTemplateException Unread(string what) =>
        new($"The chat template uses {what}, which is not read.", source);

    private ChatTemplateException Wrong(string what) => new($"The chat template is wrong. {what}.", source);
}
