using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text;
using Workbench.Core.Tokenizers.Characters;

namespace Workbench.Core.Tokenizers.Patterns;

/// <summary>
/// A pattern of Oniguruma's, matched by backtracking over code points: leftmost, and of the choices at one place the
/// first that fits.
/// </summary>
/// <remarks>.NET's own expressions see UTF-16 units, so that \p{L} misses every letter beyond U+FFFF.</remarks>
internal sealed class OnigurumaPattern : TextPattern
{
    private const int LargestProgram = 20_000, LongestLookBehind = 255, MostChoices = 64;

    private enum Act : byte { One, Loop, LazyLoop, FixedLoop, Fork, Choose, Jump, Atomic, Look, At, End }

    /// <summary>One step of the program.</summary>
    /// <param name="Act">What it does.</param>
    private sealed record Step(Act Act)
    {
        public CharacterSet? Set { get; init; }
        public int Least { get; init; }
        public int Most { get; init; }

        /// <summary>Where to go on: first choice, and the other one.</summary>
        public int First { get; set; }
        public int Second { get; set; }

        /// <summary>For each ASCII character, for all others and for the end of the text the choices that may begin
        /// there, a bit each.</summary>
        public ulong[]? Choices { get; init; }
        public int[]? Starts { get; init; }
        public bool IsNegative { get; init; }
        public bool IsBehind { get; init; }
        public PatternPlace Place { get; init; }
    }

    private readonly string source;
    private readonly List<Step> building = [];
    private readonly Step[] steps;
    private readonly int start;
    private readonly Beginning beginning;

    /// <exception cref="FormatException">The pattern is wrong, or uses what is not read.</exception>
    public OnigurumaPattern(string pattern)
    {
        source = pattern;
        var node = OnigurumaParser.Parse(pattern);
        beginning = BeginningOf(node);
        start = Compile(node);
        Emit(new Step(Act.End));
        steps = building.ToArray();
    }

    /// <inheritdoc/>
    public override bool TryFind(ReadOnlySpan<char> text, int from, ref long budget, out int start, out int end)
    {
        var stack = new Stack();
        for (start = from; start <= text.Length;)
        {
            if (beginning.Allows(text, start) && Match(this.start, text, start, -1, ref stack, ref budget, out end))
                return true;
            if (--budget < 0) throw TooSlow(text.Length);
            start += start < text.Length && char.IsHighSurrogate(text[start]) && start + 1 < text.Length
                && char.IsLowSurrogate(text[start + 1]) ? 2 : 1;
        }
        end = start;
        return false;
    }

    private PatternBudgetException TooSlow(int length) => new(source, length);

    private struct Frame
    {
        /// <summary>The step to go on with or to take another choice of, and the place.</summary>
        public int Step, At;

        /// <summary>What the step may still give back; of no meaning when it is to go on with.</summary>
        public long Rest;
        public bool GoesOn;
    }

    private struct Stack
    {
        private Frame[]? frames;
        public int Count;

        public void Push(int step, int at, long rest, bool goesOn = false)
        {
            frames ??= new Frame[16];
            if (Count == frames.Length) Array.Resize(ref frames, 2 * Count);
            frames[Count++] = new Frame { Step = step, At = at, Rest = rest, GoesOn = goesOn };
        }

        public readonly ref Frame Top => ref frames![Count - 1];
    }

    /// <summary>Runs the program from a step at a place.</summary>
    /// <param name="step">The step.</param>
    /// <param name="text">The text.</param>
    /// <param name="at">The place.</param>
    /// <param name="mustEnd">Where a match has to end; −1 anywhere.</param>
    /// <param name="stack">Choices not yet tried; those of the caller stay below.</param>
    /// <param name="budget">The steps that are left.</param>
    /// <param name="end">Where the match ends.</param>
    private bool Match(
        int step, ReadOnlySpan<char> text, int at, int mustEnd, ref Stack stack, ref long budget, out int end)
    {
        var bottom = stack.Count;
        while (true)
        {
            if (--budget < 0) throw TooSlow(text.Length);
            var now = steps[step];
            switch (now.Act)
            {
                case Act.One:
                    if (at < text.Length && now.Set!.ContainsAt(text, at, out var width))
                    {
                        at += width;
                        step++;
                        continue;
                    }
                    break;
                case Act.Loop or Act.FixedLoop:
                    {
                        var count = 0;
                        int low = now.Least == 0 ? at : -1, begun = at;
                        while (count < now.Most && at < text.Length && now.Set!.ContainsAt(text, at, out width))
                        {
                            at += width;
                            if (++count == now.Least) low = at;
                        }
                        budget -= at - begun;
                        if (low < 0) break;
                        step++;
                        if (at > low && now.Act == Act.Loop) stack.Push(step - 1, at, low);
                        continue;
                    }
                case Act.LazyLoop:
                    {
                        var count = 0;
                        while (count < now.Least && at < text.Length && now.Set!.ContainsAt(text, at, out width))
                        {
                            at += width;
                            count++;
                        }
                        if (count < now.Least) break;
                        if (now.Most > count) stack.Push(step, at, now.Most - count);
                        step++;
                        continue;
                    }
                case Act.Fork:
                    stack.Push(now.Second, at, 0, goesOn: true);
                    step = now.First;
                    continue;
                case Act.Choose:
                    {
                        var choices = now.Choices![at == text.Length ? 129 : text[at] < 128 ? text[at] : 128];
                        if (choices == 0) break;
                        var first = BitOperations.TrailingZeroCount(choices);
                        choices &= choices - 1;
                        if (choices != 0) stack.Push(step, at, (long)choices);
                        step = now.Starts![first];
                        continue;
                    }
                case Act.Jump:
                    step = now.First;
                    continue;
                case Act.Atomic:
                    if (!Match(now.First, text, at, -1, ref stack, ref budget, out at)) break;
                    step = now.Second;
                    continue;
                case Act.Look:
                    if (Looks(now, text, at, ref stack, ref budget) == now.IsNegative) break;
                    step = now.Second;
                    continue;
                case Act.At:
                    if (!IsAt(now.Place, text, at)) break;
                    step++;
                    continue;
                default:
                    if (mustEnd >= 0 && at != mustEnd) break;
                    stack.Count = bottom;
                    end = at;
                    return true;
            }
            if (!Back(text, bottom, ref stack, ref budget, out step, out at))
            {
                end = at;
                return false;
            }
        }
    }

    /// <summary>Goes back to the last choice that is left.</summary>
    private bool Back(ReadOnlySpan<char> text, int bottom, ref Stack stack, ref long budget, out int step, out int at)
    {
        while (stack.Count > bottom)
        {
            if (--budget < 0) throw TooSlow(text.Length);
            ref var top = ref stack.Top;
            var now = steps[top.Step];
            if (top.GoesOn)
            {
                (step, at) = (top.Step, top.At);
                stack.Count--;
                return true;
            }
            switch (now.Act)
            {
                case Act.Loop:
                    top.At -= top.At > 1 && char.IsLowSurrogate(text[top.At - 1])
                        && char.IsHighSurrogate(text[top.At - 2]) ? 2 : 1;
                    (step, at) = (top.Step + 1, top.At);
                    if (top.At <= top.Rest) stack.Count--;
                    return true;
                case Act.LazyLoop:
                    if (top.At >= text.Length || !now.Set!.ContainsAt(text, top.At, out var width))
                    {
                        stack.Count--;
                        continue;
                    }
                    top.At += width;
                    (step, at) = (top.Step + 1, top.At);
                    if (--top.Rest == 0) stack.Count--;
                    return true;
                default:
                    var choices = (ulong)top.Rest;
                    (step, at) = (now.Starts![BitOperations.TrailingZeroCount(choices)], top.At);
                    choices &= choices - 1;
                    top.Rest = (long)choices;
                    if (choices == 0) stack.Count--;
                    return true;
            }
        }
        (step, at) = (0, 0);
        return false;
    }

    private bool Looks(Step look, ReadOnlySpan<char> text, int at, ref Stack stack, ref long budget)
    {
        if (!look.IsBehind) return Match(look.First, text, at, -1, ref stack, ref budget, out _);
        var from = at;
        for (var count = 0; count <= look.Most; count++)
        {
            if (count >= look.Least && Match(look.First, text, from, at, ref stack, ref budget, out _)) return true;
            if (from == 0) return false;
            from -= from > 1 && char.IsLowSurrogate(text[from - 1]) && char.IsHighSurrogate(text[from - 2]) ? 2 : 1;
        }
        return false;
    }

    private static bool IsAt(PatternPlace place, ReadOnlySpan<char> text, int at) => place switch
    {
        // Behind a line feed that ends the text no line begins.
        PatternPlace.LineStart => at == 0 || (text[at - 1] == '\n' && at < text.Length),
        PatternPlace.LineEnd => at == text.Length || text[at] == '\n',
        PatternPlace.TextStart => at == 0,
        PatternPlace.TextEnd => at == text.Length,
        PatternPlace.LastLineEnd => at == text.Length || (at == text.Length - 1 && text[at] == '\n'),
        PatternPlace.WordEdge => IsWordBefore(text, at) != IsWordAt(text, at),
        _ => IsWordBefore(text, at) == IsWordAt(text, at),
    };

    private static bool IsWordAt(ReadOnlySpan<char> text, int at)
    {
        if (at == text.Length) return false;
        Rune.DecodeFromUtf16(text[at..], out var rune, out _);
        return RustCharacters.IsOnigurumaWord(rune);
    }

    private static bool IsWordBefore(ReadOnlySpan<char> text, int at)
    {
        if (at == 0) return false;
        Rune.DecodeLastFromUtf16(text[..at], out var rune, out _);
        return RustCharacters.IsOnigurumaWord(rune);
    }

    private int Emit(Step step)
    {
        if (building.Count >= LargestProgram)
            throw new FormatException(
                $"the pattern \"{Excerpt.Of(source, 80)}\" has more than {LargestProgram} steps written out.");
        building.Add(step);
        return building.Count - 1;
    }

    /// <summary>Writes the steps of a part; what follows it is written behind.</summary>
    private int Compile(PatternNode node)
    {
        var begun = building.Count;
        switch (node)
        {
            case PatternNode.One one:
                Emit(new Step(Act.One) { Set = one.Set });
                break;
            case PatternNode.Sequence sequence:
                foreach (var part in sequence.Parts) Compile(part);
                break;
            case PatternNode.Choice choice:
                CompileChoice(choice.Parts);
                break;
            case PatternNode.Repeat repeat:
                CompileRepeat(repeat);
                break;
            case PatternNode.Atomic atomic:
                CompileInside(new Step(Act.Atomic), atomic.Part);
                break;
            case PatternNode.Look look:
                var (least, most) = look.IsBehind ? Lengths(look.Part) : (0, 0);
                if (most > LongestLookBehind)
                    throw new FormatException(
                        $"the pattern \"{Excerpt.Of(source, 80)}\" looks behind without a bound, which is not read.");
                CompileInside(
                    new Step(Act.Look)
                    {
                        IsBehind = look.IsBehind,
                        IsNegative = look.IsNegative,
                        Least = (int)least,
                        Most = (int)most,
                    },
                    look.Part);
                break;
            case PatternNode.At place:
                Emit(new Step(Act.At) { Place = place.Place });
                break;
        }
        return begun;
    }

    private void CompileInside(Step step, PatternNode inside)
    {
        Emit(step);
        step.First = Compile(inside);
        Emit(new Step(Act.End));
        step.Second = building.Count;
    }

    private void CompileChoice(IReadOnlyList<PatternNode> parts)
    {
        var jumps = new List<Step>();
        if (parts.Count <= MostChoices)
        {
            var choices = new ulong[130];
            var beginnings = parts.Select(BeginningOf).ToArray();
            for (var i = 0; i < parts.Count; i++)
                for (var c = 0; c < choices.Length; c++)
                    if (beginnings[i].Allows(c)) choices[c] |= 1UL << i;
            var starts = new int[parts.Count];
            Emit(new Step(Act.Choose) { Choices = choices, Starts = starts });
            for (var i = 0; i < parts.Count; i++)
            {
                starts[i] = Compile(parts[i]);
                if (i < parts.Count - 1) EmitJump();
            }
        }
        else
            for (var i = 0; i < parts.Count; i++)
            {
                var fork = i < parts.Count - 1 ? new Step(Act.Fork) { First = building.Count + 1 } : null;
                if (fork is not null) Emit(fork);
                Compile(parts[i]);
                EmitJump();
                if (fork is not null) fork.Second = building.Count;
            }
        foreach (var jump in jumps) jump.First = building.Count;

        void EmitJump()
        {
            var jump = new Step(Act.Jump);
            Emit(jump);
            jumps.Add(jump);
        }
    }

    private void CompileRepeat(PatternNode.Repeat repeat)
    {
        if (repeat.Part is PatternNode.One { Set: var set })
        {
            var act = repeat.Kind switch
            {
                RepeatKind.Greedy => Act.Loop,
                RepeatKind.Lazy => Act.LazyLoop,
                _ => Act.FixedLoop,
            };
            Emit(new Step(act) { Set = set, Least = repeat.Least, Most = repeat.Most });
            return;
        }
        if (repeat.Kind == RepeatKind.Possessive)
        {
            CompileInside(new Step(Act.Atomic), repeat with { Kind = RepeatKind.Greedy });
            return;
        }
        if (repeat.Most == int.MaxValue && Lengths(repeat.Part).Least == 0)
            throw new FormatException(
                $"the pattern \"{Excerpt.Of(source, 80)}\" repeats without end what may be empty, which is not read.");
        for (var i = 0; i < repeat.Least; i++) Compile(repeat.Part);
        var isGreedy = repeat.Kind == RepeatKind.Greedy;
        if (repeat.Most == int.MaxValue)
        {
            var fork = new Step(Act.Fork);
            var at = Emit(fork);
            Compile(repeat.Part);
            Emit(new Step(Act.Jump) { First = at });
            (fork.First, fork.Second) = isGreedy ? (at + 1, building.Count) : (building.Count, at + 1);
            return;
        }
        var forks = new List<Step>();
        for (var i = repeat.Least; i < repeat.Most; i++)
        {
            var fork = new Step(Act.Fork) { First = building.Count + 1, Second = building.Count + 1 };
            Emit(fork);
            forks.Add(fork);
            Compile(repeat.Part);
        }
        foreach (var fork in forks)
        {
            if (isGreedy) fork.Second = building.Count;
            else fork.First = building.Count;
        }
    }

    /// <summary>How many characters a part takes, at least and at most.</summary>
    private static (long Least, long Most) Lengths(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.One:
                return (1, 1);
            case PatternNode.Sequence sequence:
                var all = sequence.Parts.Select(Lengths).ToArray();
                return (all.Sum(part => part.Least), Math.Min(int.MaxValue, all.Sum(part => part.Most)));
            case PatternNode.Choice choice:
                return (choice.Parts.Min(part => Lengths(part).Least), choice.Parts.Max(part => Lengths(part).Most));
            case PatternNode.Repeat repeat:
                var (least, most) = Lengths(repeat.Part);
                return (
                    Math.Min(int.MaxValue, least * repeat.Least),
                    most == 0 ? 0 : Math.Min(int.MaxValue, most * repeat.Most));
            case PatternNode.Atomic atomic:
                return Lengths(atomic.Part);
            default:
                return (0, 0);
        }
    }

    /// <summary>The characters that a match can begin with: ASCII by a bit each, others always, and whether it can be
    /// empty.</summary>
    private readonly record struct Beginning(ulong Low, ulong High, bool MayBeEmpty)
    {
        /// <summary>For an ASCII character, 128 for all others, 129 for the end.</summary>
        public bool Allows(int c) => MayBeEmpty || c switch
        {
            < 64 => (Low >> c & 1) != 0,
            < 128 => (High >> (c - 64) & 1) != 0,
            _ => c == 128,
        };

        public bool Allows(ReadOnlySpan<char> text, int at) =>
            Allows(at == text.Length ? 129 : text[at] < 128 ? text[at] : 128);

        public Beginning Or(Beginning other) =>
            new(Low | other.Low, High | other.High, MayBeEmpty || other.MayBeEmpty);
    }

    private static Beginning BeginningOf(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.One one:
                return new Beginning(one.Set.Low, one.Set.High, false);
            case PatternNode.Choice choice:
                return choice.Parts.Select(BeginningOf).Aggregate((one, other) => one.Or(other));
            case PatternNode.Repeat repeat:
                var part = BeginningOf(repeat.Part);
                return part with { MayBeEmpty = part.MayBeEmpty || repeat.Least == 0 };
            case PatternNode.Atomic atomic:
                return BeginningOf(atomic.Part);
            case PatternNode.Sequence sequence:
                var begun = new Beginning(0, 0, true);
                foreach (var next in sequence.Parts)
                {
                    begun = begun.Or(BeginningOf(next)) with { MayBeEmpty = BeginningOf(next).MayBeEmpty };
                    if (!begun.MayBeEmpty) break;
                }
                return begun;
            default:
                return new Beginning(0, 0, true);
        }
    }
}
