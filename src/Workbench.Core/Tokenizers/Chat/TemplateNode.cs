using System.Collections.Generic;

namespace Workbench.Core.Tokenizers.Chat;

/// <summary>A part of a template.</summary>
internal abstract record TemplateNode
{
    /// <summary>Text that is written as it stands.</summary>
    public sealed record Text(string Value) : TemplateNode;

    /// <summary>A value that is written.</summary>
    public sealed record Output(Expression Value) : TemplateNode;

    /// <summary>The first branch whose condition holds; a null condition always does.</summary>
    public sealed record If(IReadOnlyList<(Expression? Condition, IReadOnlyList<TemplateNode> Body)> Branches)
        : TemplateNode;

    /// <summary>A body for each item of a list.</summary>
    public sealed record For(string Name, Expression Items, IReadOnlyList<TemplateNode> Body) : TemplateNode;

    /// <summary>Gives a name, or a field of a namespace, a value.</summary>
    public sealed record Set(string Name, string? Field, Expression Value) : TemplateNode;
}

/// <summary>What a template computes.</summary>
internal abstract record Expression
{
    public sealed record Constant(object? Value) : Expression;
    public sealed record Variable(string Name) : Expression;
    public sealed record Items(IReadOnlyList<Expression> Values) : Expression;
    public sealed record Member(Expression Owner, Expression Key) : Expression;
    public sealed record Slice(Expression Owner, Expression? From, Expression? To) : Expression;
    public sealed record Unary(string Operator, Expression Value) : Expression;
    public sealed record Binary(string Operator, Expression Left, Expression Right) : Expression;
    public sealed record Choice(Expression Condition, Expression Then, Expression? Otherwise) : Expression;
    public sealed record Test(Expression Value, string Name, bool IsNegative) : Expression;

    /// <summary>A function, a method of a value, or a filter.</summary>
    public sealed record Call(
        Expression? Owner, string Name, IReadOnlyList<Expression> Arguments,
        IReadOnlyDictionary<string, Expression> Named) : Expression;
}
