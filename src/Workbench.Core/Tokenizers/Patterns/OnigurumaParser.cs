using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>
/// Reads a pattern in Oniguruma's syntax (its default, Ruby's: <c>^</c> and <c>$</c> are at every line, \h is a
/// hexadecimal digit, classes nest and intersect). What it cannot read it refuses by name.
/// </summary>
internal sealed class OnigurumaParser
{
    // Unicode's CaseFolding.txt, status F: what folds to several letters, and how those begin.
    private static readonly (int First, int Last)[] FoldToSeveral = (
        "DF 130 149 1F0 390 3B0 587 1E96-1E9A 1E9E 1F50 1F52 1F54 1F56 1F80-1FAF 1FB2-1FB4 1FB6-1FB7 1FBC 1FC2-1FC4 "
        + "1FC6-1FC7 1FCC 1FD2-1FD3 1FD6-1FD7 1FE2-1FE4 1FE6-1FE7 1FF2-1FF4 1FF6-1FF7 1FFC FB00-FB06 FB13-FB17")
        .Split(' ').Select(range => TableText.Range(range)).ToArray();

    private const string Several =
        "ss ff fi fl st \u02BCn \u0565\u0582 \u0574\u0576 \u0574\u0565 \u0574\u056B \u0574\u056D \u057E\u0576 ";

    private const int DeepestGroup = 100, HighestCount = 1000;

    private readonly string pattern;
    private int at;
    private int depth;
    private bool ignoresCase;

    /// <summary>The letter that stands directly before this place, and where it ends.</summary>
    private (int CodePoint, int End) last = (-1, -1);

    private OnigurumaParser(string pattern) => this.pattern = pattern;

    /// <summary>The parts of a pattern.</summary>
    /// <exception cref="FormatException">It is wrong, or uses what is not read.</exception>
    public static PatternNode Parse(string pattern)
    {
        var parser = new OnigurumaParser(pattern);
        var node = parser.Choice();
        return parser.IsAtEnd ? node : throw parser.Wrong("has a ) too many");
    }

    private bool IsAtEnd => at >= pattern.Length;

    private PatternNode Choice()
    {
        if (++depth > DeepestGroup) throw Wrong($"has groups more than {DeepestGroup} deep");
        var outside = ignoresCase;
        var parts = new List<PatternNode> { Sequence() };
        while (Eat('|')) parts.Add(Sequence());
        ignoresCase = outside;
        depth--;
        return parts.Count == 1 ? parts[0] : new PatternNode.Choice(parts);
    }

    private PatternNode Sequence()
    {
        var parts = new List<PatternNode>();
        while (!IsAtEnd && pattern[at] is not ('|' or ')'))
        {
            if (Atom() is { } part) parts.Add(Repeated(part));
        }
        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    private PatternNode Repeated(PatternNode part)
    {
        while (!IsAtEnd)
        {
            int least, most;
            var before = at;
            var isInterval = false;
            if (Eat('*')) (least, most) = (0, int.MaxValue);
            else if (Eat('+')) (least, most) = (1, int.MaxValue);
            else if (Eat('?')) (least, most) = (0, 1);
            else if (pattern[at] == '{' && TryInterval(out least, out most)) isInterval = true;
            else return part;
            if (part is PatternNode.At or PatternNode.Look)
                throw Wrong($"repeats a place, which is not read ({Excerpt.Of(pattern[before..at], 20)})");
            var kind = Eat('?') ? RepeatKind.Lazy
                : !isInterval && Eat('+') ? RepeatKind.Possessive
                : RepeatKind.Greedy;
            part = new PatternNode.Repeat(part, least, most, kind);
        }
        return part;
    }

    /// <summary>{n}, {n,}, {,m} or {n,m}; anything else in braces stands for itself.</summary>
    private bool TryInterval(out int least, out int most)
    {
        (least, most) = (0, int.MaxValue);
        var end = pattern.IndexOf('}', at);
        if (end < 0) return false;
        var parts = pattern[(at + 1)..end].Split(',');
        var isNumber = parts.Length <= 2 && parts.Any(part => part.Length > 0)
            && parts.All(part => part.All(char.IsAsciiDigit)) && (parts.Length == 2 || parts[0].Length > 0);
        if (!isNumber) return false;
        if (parts[0].Length > 0) least = Count(parts[0]);
        if (parts.Length == 1) most = least;
        else if (parts[1].Length > 0) most = Count(parts[1]);
        if (most < least) throw Wrong("has a count whose end is below its beginning");
        at = end + 1;
        return true;

        int Count(string digits) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count <= HighestCount
                ? count
                : throw Wrong($"counts to {Excerpt.Of(digits, 20)}; {HighestCount} is the most that is read");
    }

    private PatternNode? Atom()
    {
        var c = pattern[at];
        switch (c)
        {
            case '(':
                at++;
                return Group();
            case '[':
                at++;
                return new PatternNode.One(Class());
            case '.':
                at++;
                return new PatternNode.One(new CharacterSet(codePoint => codePoint != '\n'));
            case '^':
                at++;
                return new PatternNode.At(PatternPlace.LineStart);
            case '$':
                at++;
                return new PatternNode.At(PatternPlace.LineEnd);
            case '*' or '+' or '?':
                throw Wrong($"repeats nothing ({c})");
            case '\\':
                return Escape();
            default:
                var begun = at;
                return Literal(NextRune(), begun);
        }
    }

    private PatternNode? Group()
    {
        if (!Eat('?')) return Close(Choice());
        if (Eat(':')) return Close(Choice());
        if (Eat('=')) return Close(new PatternNode.Look(Choice(), false, false));
        if (Eat('!')) return Close(new PatternNode.Look(Choice(), false, true));
        if (Eat('>')) return Close(new PatternNode.Atomic(Choice()));
        if (Eat('#'))
        {
            var end = pattern.IndexOf(')', at);
            if (end < 0) throw Wrong("has a comment without an end");
            at = end + 1;
            return null;
        }
        if (Eat('<'))
        {
            if (Eat('=')) return Close(new PatternNode.Look(Choice(), true, false));
            if (Eat('!')) return Close(new PatternNode.Look(Choice(), true, true));
            var end = pattern.IndexOf('>', at);
            if (end < 0) throw Wrong("has a group whose name does not end");
            at = end + 1;
            return Close(Choice());
        }
        var before = at;
        var isOn = true;
        for (var outside = ignoresCase; !IsAtEnd; at++)
        {
            switch (pattern[at])
            {
                case '-':
                    isOn = false;
                    break;
                case 'i':
                    ignoresCase = isOn;
                    break;
                case ':':
                    at++;
                    var inside = Choice();
                    ignoresCase = outside;
                    return Close(inside);
                case ')':
                    // Holds to the end of the group around it.
                    at++;
                    var rest = Choice();
                    return rest;
                default:
                    throw Wrong($"has the option (?{Excerpt.Of(pattern[before..(at + 1)], 20)}, which is not read");
            }
        }
        throw Wrong("has a group without an end");
    }

    private PatternNode Close(PatternNode inside) => Eat(')') ? inside : throw Wrong("has a group without an end");

    private PatternNode Escape()
    {
        if (at + 1 >= pattern.Length) throw Wrong("ends in a \\");
        var c = pattern[at + 1];
        switch (c)
        {
            case 'A':
                return Place(PatternPlace.TextStart);
            case 'z':
                return Place(PatternPlace.TextEnd);
            case 'Z':
                return Place(PatternPlace.LastLineEnd);
            case 'b':
                return Place(PatternPlace.WordEdge);
            case 'B':
                return Place(PatternPlace.NoWordEdge);
            case 'R':
                at += 2;
                return new PatternNode.Atomic(new PatternNode.Choice([
                    new PatternNode.Sequence([Of('\r'), Of('\n')]),
                    new PatternNode.One(new CharacterSet(x => x is >= 10 and <= 13 or 0x85 or 0x2028 or 0x2029)),
                ]));
        }
        if (TryEscapedClass() is { } set) return new PatternNode.One(new CharacterSet(set));
        var begun = at;
        return Literal(EscapedCharacter(), begun);

        PatternNode Place(PatternPlace place)
        {
            at += 2;
            return new PatternNode.At(place);
        }

        static PatternNode Of(int codePoint) => new PatternNode.One(new CharacterSet(x => x == codePoint));
    }

    private PatternNode Literal(int codePoint, int begun)
    {
        if (ignoresCase && last.End == begun && FoldsTogether(last.CodePoint, codePoint))
            throw Wrong("ignores the case of letters of which one character may take the place, which is not read");
        last = (codePoint, at);
        return new PatternNode.One(new CharacterSet(One(codePoint)));
    }

    /// <summary>Whether two letters, or more that begin with them, are what another folds to when case is ignored: ß is
    /// ss, ﬁ is fi. Of marks all are taken to be.</summary>
    private static bool FoldsTogether(int first, int second) =>
        Several.Contains($"{Lower(first)}{Lower(second)} ", StringComparison.Ordinal)
        || second is (>= 0x300 and < 0x370) or 0x2BE or 0x3B9 or 0x399;

    private static string Lower(int codePoint) => Rune.ToLowerInvariant(new Rune(codePoint)).ToString();

    /// <summary>A character, or all that are it but for case.</summary>
    private Func<int, bool> One(int codePoint)
    {
        if (!ignoresCase) return x => x == codePoint;
        if (Array.Exists(FoldToSeveral, range => codePoint >= range.First && codePoint <= range.Last))
            throw Wrong(
                $"ignores the case of \"{new Rune(codePoint)}\", which stands for several letters then; that is not "
                    + "read");
        if (codePoint is not (> 0x7F))
        {
            var lower = codePoint is >= 'A' and <= 'Z' ? codePoint | 0x20 : codePoint;
            var upper = lower is >= 'a' and <= 'z' ? lower & ~0x20 : lower;
            // The long s and the Kelvin sign are the letters outside ASCII that fold to one in it.
            var other = lower switch { 's' => 0x17F, 'k' => 0x212A, _ => lower };
            return x => x == lower || x == upper || x == other;
        }
        var folded = Fold(codePoint);
        return x => Fold(x) == folded;

        static int Fold(int c) => !Rune.IsValid(c) ? c
            : Rune.ToLowerInvariant(Rune.ToUpperInvariant(new Rune(c))).Value;
    }

    /// <summary>\d, \p{L} and the like; null when what follows is a character.</summary>
    private Func<int, bool>? TryEscapedClass()
    {
        var c = pattern[at + 1];
        if (c is 'p' or 'P')
        {
            var close = at + 2 < pattern.Length && pattern[at + 2] == '{' ? pattern.IndexOf('}', at) : -1;
            if (close < 0) throw Wrong($"has \\{c} without a property in braces");
            var name = pattern[(at + 3)..close];
            at = close + 1;
            var isNegative = c == 'P';
            if (name.StartsWith('^')) (name, isNegative) = (name[1..], !isNegative);
            var property = CharacterProperty.Find(name)
                ?? throw Wrong($"asks for the property \"{Excerpt.Of(name, 40)}\", which is not known");
            return isNegative ? Not(property) : property;
        }
        Func<int, bool>? set = char.ToLowerInvariant(c) switch
        {
            'd' => CharacterProperty.Find("Nd"),
            'w' => CharacterProperty.Find("Word"),
            's' => CharacterProperty.Find("Space"),
            'h' => CharacterProperty.Find("XDigit"),
            _ => null,
        };
        if (set is null) return null;
        at += 2;
        return char.IsUpper(c) ? Not(set) : set;
    }

    private int EscapedCharacter()
    {
        at++;
        var c = NextRune();
        switch (c)
        {
            case 't': return '\t';
            case 'n': return '\n';
            case 'r': return '\r';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return 0x1B;
            case '0': return 0;
            case 'x' when at < pattern.Length && pattern[at] == '{':
                var close = pattern.IndexOf('}', at);
                var digits = close < 0 ? "" : pattern[(at + 1)..close];
                at = close + 1;
                return Number(digits);
            case 'x': return Hexadecimal(2);
            case 'u': return Hexadecimal(4);
        }
        if (c < 0x80 && char.IsAsciiLetterOrDigit((char)c)) throw Wrong($"has \\{(char)c}, which is not read");
        return c;

        int Hexadecimal(int count)
        {
            var end = at;
            while (end < pattern.Length && end < at + count && char.IsAsciiHexDigit(pattern[end])) end++;
            var digits = pattern[at..end];
            at = end;
            return Number(digits);
        }

        int Number(string digits) =>
            int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
                && Rune.IsValid(number)
                ? number
                : throw Wrong($"has a code point written \"{Excerpt.Of(digits, 20)}\"");
    }

    /// <summary>A class, its [ behind us.</summary>
    private CharacterSet Class() => new(ClassMembers());

    private Func<int, bool> ClassMembers()
    {
        if (++depth > DeepestGroup) throw Wrong($"has classes more than {DeepestGroup} deep");
        var isNegative = Eat('^');
        Func<int, bool>? intersection = null;
        var members = new List<Func<int, bool>>();
        for (var isFirst = true; ; isFirst = false)
        {
            if (IsAtEnd) throw Wrong("has a class without an end");
            if (!isFirst && Eat(']')) break;
            if (pattern.AsSpan(at).StartsWith("&&"))
            {
                at += 2;
                Intersect();
                continue;
            }
            if (pattern.AsSpan(at).StartsWith("[:"))
            {
                members.Add(Posix());
                continue;
            }
            if (Eat('['))
            {
                members.Add(ClassMembers());
                continue;
            }
            if (pattern[at] == '\\' && at + 1 < pattern.Length && TryEscapedClass() is { } set)
            {
                members.Add(set);
                continue;
            }
            var first = ClassCharacter();
            if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']')
            {
                at++;
                if (pattern[at] == '[') throw Wrong("has a range that ends in a class");
                var last = ClassCharacter();
                if (last < first) throw Wrong("has a range whose end is below its beginning");
                members.Add(Range(first, last));
            }
            else members.Add(One(first));
        }
        depth--;
        Intersect();
        return isNegative ? Not(intersection!) : intersection!;

        void Intersect()
        {
            var union = members.ToArray();
            members.Clear();
            Func<int, bool> any = x =>
            {
                foreach (var member in union)
                    if (member(x)) return true;
                return false;
            };
            intersection = intersection is { } before ? x => before(x) && any(x) : any;
        }
    }

    private Func<int, bool> Range(int first, int last)
    {
        if (!ignoresCase) return x => x >= first && x <= last;
        if (last > 0x7F) throw Wrong("has a range of letters beyond ASCII where case is ignored, which is not read");
        var members = Enumerable.Range(first, last - first + 1).Select(One).ToArray();
        return x => members.Any(member => member(x));
    }

    private int ClassCharacter()
    {
        if (pattern[at] != '\\') return NextRune();
        if (at + 1 < pattern.Length && pattern[at + 1] == 'b')
        {
            at += 2;
            return '\b';
        }
        return EscapedCharacter();
    }

    private Func<int, bool> Posix()
    {
        var end = pattern.IndexOf(":]", at, StringComparison.Ordinal);
        if (end < 0) throw Wrong("has a class without an end");
        var name = pattern[(at + 2)..end];
        at = end + 2;
        var isNegative = name.StartsWith('^');
        var property = CharacterProperty.Find(isNegative ? name[1..] : name)
            ?? throw Wrong($"asks for the class [:{Excerpt.Of(name, 40)}:], which is not known");
        return isNegative ? Not(property) : property;
    }

    private int NextRune()
    {
        if (IsAtEnd) throw Wrong("ends too early");
        Rune.DecodeFromUtf16(pattern.AsSpan(at), out var rune, out var width);
        at += width;
        return rune.Value;
    }

    private bool Eat(char c)
    {
        if (IsAtEnd || pattern[at] != c) return false;
        at++;
        return true;
    }

    private static Func<int, bool> Not(Func<int, bool> set) => x => !set(x);

    private FormatException Wrong(string what) => new($"the pattern \"{Excerpt.Of(pattern, 80)}\" {what}.");
}
