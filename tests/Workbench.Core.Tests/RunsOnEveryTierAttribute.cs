using System;

namespace Workbench.Core.Tests;

/// <summary>Marks a test class that <see cref="InstructionTierTests"/> runs again with vector instructions switched
/// off.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RunsOnEveryTierAttribute : Attribute;
