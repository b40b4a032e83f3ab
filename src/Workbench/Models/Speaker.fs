namespace Workbench

/// <summary>Who speaks in a conversation with a model.</summary>
/// <category index="4">Models</category>
type Speaker =
    /// Whoever says how the model is to behave: the role `system`.
    | Instructions
    /// The one who asks: the role `user`.
    | User
    /// The model: the role `assistant`.
    | Assistant
