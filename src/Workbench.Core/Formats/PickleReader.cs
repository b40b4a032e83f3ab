using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Numerics;
using System.Text;

namespace Workbench.Core.Formats;

/// <summary>
/// Runs the stack machine of a Python pickle over an allow-list: it builds values, and calls nothing but the
/// constructors of <see cref="PickleGlobals"/>. Protocols 2 to 5.
/// </summary>
/// <remarks>
/// Every length is held against the bytes that are left before anything is allocated, the memo is a dictionary (a list
/// would let one number ask for gigabytes), and values are shared, never copied; where one is gone through again, the
/// <see cref="PickleBudget"/> is charged. So time and memory grow with the pickle's length.
/// Opcodes: Python's Lib/pickletools.py.
/// </remarks>
internal ref struct PickleReader
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly string path;
    private readonly ReadOnlySpan<byte> data;
    private readonly PickleBudget budget;
    private readonly PickleGlobals globals;
    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<long, object?> memo = [];
    private int at;

    private PickleReader(string path, ReadOnlySpan<byte> data, PickleBudget budget, PickleGlobals globals)
    {
        this.path = path;
        this.data = data;
        this.budget = budget;
        this.globals = globals;
    }

    /// <summary>The value that a pickle describes; see <see cref="PickleDictionary"/> and the types beside
    /// it.</summary>
    /// <exception cref="WeightFileException">The pickle is malformed, asks for anything that is not on the list, or
    /// costs more than its budget.</exception>
    public static object? Read(string path, ReadOnlySpan<byte> data, PickleBudget budget, PickleGlobals globals)
    {
        var reader = new PickleReader(path, data, budget, globals);
        try
        {
            return reader.Run();
        }
        catch (DecoderFallbackException)
        {
            throw reader.Refuse("a text is not UTF-8");
        }
    }

    private object? Run()
    {
        while (true)
        {
            var code = Take(1)[0];
            switch (code)
            {
                case (byte)'.':
                    return Pop();
                case 0x80:
                    ReadProtocol();
                    break;
                case 0x95:
                    RequireFrame();
                    break;

                case (byte)'N':
                    Push(null);
                    break;
                case 0x88:
                    Push(true);
                    break;
                case 0x89:
                    Push(false);
                    break;
                case (byte)'K':
                    Push((long)Take(1)[0]);
                    break;
                case (byte)'M':
                    Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                    break;
                case (byte)'J':
                    Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                    break;
                case 0x8a:
                    Push(Integer(Take(Take(1)[0])));
                    break;
                case 0x8b:
                    Push(Integer(Take(BinaryPrimitives.ReadInt32LittleEndian(Take(4)))));
                    break;
                case (byte)'G':
                    Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8)));
                    break;

                case 0x8c:
                    Push(Utf8.GetString(Take(Take(1)[0])));
                    break;
                case (byte)'X':
                    Push(Utf8.GetString(Take(Length32())));
                    break;
                case 0x8d:
                    Push(Utf8.GetString(Take(Length64())));
                    break;
                case (byte)'U':
                    Push(Encoding.Latin1.GetString(Take(Take(1)[0])));
                    break;
                case (byte)'T':
                    Push(Encoding.Latin1.GetString(Take(Length32())));
                    break;
                case (byte)'C':
                    Push(Take(Take(1)[0]).ToArray());
                    break;
                case (byte)'B':
                    Push(Take(Length32()).ToArray());
                    break;
                case 0x8e or 0x96:
                    Push(Take(Length64()).ToArray());
                    break;

                case (byte)'(':
                    marks.Add(stack.Count);
                    break;
                case (byte)'0':
                    Pop();
                    break;
                case (byte)'1':
                    PopToMark();
                    break;
                case (byte)'2':
                    Push(Peek());
                    break;

                case (byte)')':
                    Push(Array.Empty<object?>());
                    break;
                case 0x85:
                    PushTuple(1);
                    break;
                case 0x86:
                    PushTuple(2);
                    break;
                case 0x87:
                    PushTuple(3);
                    break;
                case (byte)'t':
                    Push(PopToMark());
                    break;
                case (byte)']' or 0x8f:
                    PushContainer(new List<object?>());
                    break;
                case 0x91:
                    PushContainer(new List<object?>(PopToMark()));
                    break;
                case (byte)'}':
                    PushContainer(new PickleDictionary());
                    break;
                case (byte)'a':
                    Append([Pop()]);
                    break;
                case (byte)'e' or 0x90:
                    Append(PopToMark());
                    break;
                case (byte)'s':
                    SetItems(PopTwo());
                    break;
                case (byte)'u':
                    SetItems(PopToMark());
                    break;

                case (byte)'q':
                    memo[Take(1)[0]] = Peek();
                    break;
                case (byte)'r':
                    memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek();
                    break;
                case 0x94:
                    memo[memo.Count] = Peek();
                    break;
                case (byte)'h':
                    Recall(Take(1)[0]);
                    break;
                case (byte)'j':
                    Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
                    break;

                case (byte)'c':
                    Push(globals.Resolve(path, Line(), Line()));
                    break;
                case 0x93:
                    PushStackGlobal();
                    break;
                case (byte)'i':
                    throw Refuse(
                        $"makes an object of {globals.Resolve(path, Line(), Line()).Shown} in the manner of "
                            + "protocol 0"
                    );
                case (byte)'Q':
                    Push(globals.Storage(path, Pop()));
                    break;
                case (byte)'R':
                    Reduce();
                    break;
                case 0x81 when globals.HasObjects:
                    New();
                    break;
                case (byte)'b':
                    Build();
                    break;

                case (byte)'I'
                or (byte)'L'
                or (byte)'F'
                or (byte)'S'
                or (byte)'V'
                or (byte)'d'
                or (byte)'l'
                or (byte)'p'
                or (byte)'g':
                    throw new WeightFileException(
                        FileProblem.PickleProtocol,
                        path,
                        $"byte {at - 1} of the pickle is of protocol 0, which is not read; save with "
                            + "pickle_protocol=2."
                    );
                default:
                    throw Refuse($"opcode 0x{code:x2} is not one that a checkpoint needs");
            }
        }
    }

    private readonly WeightFileException Refuse(string reason, FileProblem problem = FileProblem.Malformed) =>
        new(problem, path, $"{reason} (byte {Math.Max(0, at - 1)} of the pickle's {data.Length}).");

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > data.Length - at)
            throw Refuse($"{length} bytes are needed where {data.Length - at} are left");
        at += length;
        return data.Slice(at - length, length);
    }

    private int Length32()
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
        return length <= data.Length - at
            ? (int)length
            : throw Refuse($"{length} bytes are needed where {data.Length - at} are left");
    }

    private int Length64()
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        return length <= (ulong)(data.Length - at)
            ? (int)length
            : throw Refuse($"{length} bytes are needed where {data.Length - at} are left");
    }

    private string Line()
    {
        var length = data[at..].IndexOf((byte)'\n');
        if (length < 0) throw Refuse("a name has no end");
        var line = Utf8.GetString(Take(length));
        at++;
        return line;
    }

    private void ReadProtocol()
    {
        var protocol = Take(1)[0];
        if (protocol > 5) throw Refuse($"protocol {protocol} does not exist; 2 to 5 are read");
    }

    private void RequireFrame()
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        if (length > (ulong)(data.Length - at))
            throw Refuse($"a frame of {length} bytes is announced where {data.Length - at} are left");
    }

    private static object Integer(ReadOnlySpan<byte> bytes)
    {
        var value = new BigInteger(bytes);
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    private readonly void Push(object? value) => stack.Add(value);

    private readonly void PushContainer(object value)
    {
        budget.Spend(globals.Container);
        Push(value);
    }

    /// <summary>The lowest position that may be popped: what lies below a mark belongs to somebody else.</summary>
    private readonly int Floor => marks.Count > 0 ? marks[^1] : 0;

    private readonly object? Peek() =>
        stack.Count > Floor ? stack[^1] : throw Refuse("the stack is empty where a value is needed");

    private readonly object? Pop()
    {
        var value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private readonly object?[] PopTwo()
    {
        var second = Pop();
        return [Pop(), second];
    }

    private readonly object?[] PopToMark()
    {
        if (marks.Count == 0) throw Refuse("there is no mark on the stack where one is needed");
        var start = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        var values = stack.GetRange(start, stack.Count - start).ToArray();
        stack.RemoveRange(start, stack.Count - start);
        return values;
    }

    private readonly void PushTuple(int length)
    {
        var values = new object?[length];
        for (var i = length - 1; i >= 0; i--) values[i] = Pop();
        Push(values);
    }

    private readonly void Append(object?[] values)
    {
        if (Peek() is not List<object?> list) throw Refuse("values are appended to what is no list");
        list.AddRange(values);
    }

    private readonly void SetItems(object?[] pairs)
    {
        if (Peek() is not PickleDictionary dictionary) throw Refuse("items are set in what is no dictionary");
        if (pairs.Length % 2 != 0) throw Refuse($"a dictionary is given {pairs.Length} keys and values, an odd number");
        for (var i = 0; i < pairs.Length; i += 2)
        {
            var key = PickleKey.From(pairs[i]) ?? throw Refuse("a dictionary's key is neither text nor a number");
            budget.Spend(key.Text.Length); // it is hashed
            dictionary[key] = pairs[i + 1];
        }
    }

    private readonly void Recall(long slot) =>
        Push(
            memo.TryGetValue(slot, out var value)
                ? value
                : throw Refuse($"memo slot {slot} is read before it is written")
        );

    private readonly void PushStackGlobal()
    {
        var names = PopTwo();
        if (names is not [string module, string name]) throw Refuse("a class is named by what is no text");
        budget.Spend((long)module.Length + name.Length);
        Push(globals.Resolve(path, module, name));
    }

    private readonly void Reduce()
    {
        var call = PopTwo();
        if (call is not [PickleGlobal global, object?[] arguments])
            throw Refuse("a call is not of a name with a tuple of arguments");
        budget.Spend(globals.Container);
        Push(globals.Call(path, global, arguments, budget));
    }

    private readonly void New()
    {
        var call = PopTwo();
        if (call is not [PickleGlobal type, object?[] arguments])
            throw Refuse("an object is not made of a class with a tuple of arguments");
        PushContainer(new PickleObject(type, arguments));
    }

    /// <summary>Sets an object's attributes. Those of a dictionary (a state_dict has <c>_metadata</c>: versions of its
    /// modules) are needed by no reader here.</summary>
    private readonly void Build()
    {
        var state = Pop();
        if (Peek() is PickleObject made) made.State = state;
        else if (Peek() is not PickleDictionary) throw Refuse("attributes are set on what is no dictionary");
    }
}
