using System.Collections.Frozen;
using System.Linq;
using System.Text;
using Workbench.Core.Formats;

namespace Workbench.Core.Words;

/// <summary>The only names that a pickle of gensim's may use. Classes become objects that hold what the file sets on
/// them; of the functions, only those that make values are called, and these here.</summary>
internal sealed class GensimGlobals : PickleGlobals
{
    /// <summary>The only one; it holds nothing.</summary>
    public static readonly GensimGlobals Instance = new();

    /// <summary>Tables of words and vectors.</summary>
    public static readonly FrozenSet<string> Tables = new[]
    {
        "gensim.models.keyedvectors.KeyedVectors", "gensim.models.keyedvectors.Word2VecKeyedVectors",
        "gensim.models.keyedvectors.EuclideanKeyedVectors", "gensim.models.keyedvectors.FastTextKeyedVectors",
        "gensim.models.fasttext.FastTextKeyedVectors",
    }.ToFrozenSet();

    /// <summary>Training states, whose table is called wv.</summary>
    public static readonly FrozenSet<string> Models = new[]
    {
        "gensim.models.word2vec.Word2Vec", "gensim.models.fasttext.FastText", "gensim.models.doc2vec.Doc2Vec",
    }.ToFrozenSet();

    // What else stands in the files of versions 1 to 4: counts, trees, the state of a random number generator.
    private static readonly FrozenSet<string> Others = new[]
    {
        "gensim.models.keyedvectors.Vocab", "gensim.models.keyedvectors.CompatVocab", "gensim.models.word2vec.Vocab",
        "gensim.models.word2vec.Heapitem", "gensim.models.word2vec.Word2VecVocab",
        "gensim.models.word2vec.Word2VecTrainables", "gensim.models.fasttext.FastTextVocab",
        "gensim.models.fasttext.FastTextTrainables", "gensim.models.doc2vec.Doc2VecVocab",
        "gensim.models.doc2vec.Doc2VecTrainables", "gensim.models.doc2vec.Doctag",
        "gensim.models.keyedvectors.Doc2VecKeyedVectors", "gensim.utils.call_on_class_only",
        "numpy.ndarray", "numpy.dtype", "numpy.random.mtrand.RandomState", "numpy.random._mt19937.MT19937",
        "builtins.object", "__builtin__.object", "builtins.hash", "__builtin__.hash", "builtins.int", "__builtin__.int",
    }.ToFrozenSet();

    private static readonly FrozenSet<string> Functions = new[]
    {
        "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct", "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar", "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer",
        "numpy.dtype", "numpy.random.__RandomState_ctor", "numpy.random._pickle.__randomstate_ctor",
        "numpy.random._pickle.__bit_generator_ctor", "copyreg._reconstructor", "copy_reg._reconstructor",
    }.ToFrozenSet();

    private static readonly FrozenSet<string> Values = new[]
    {
        "collections.OrderedDict", "collections.defaultdict", "_codecs.encode", "builtins.set", "__builtin__.set",
        "builtins.frozenset", "__builtin__.frozenset", "builtins.bytearray", "__builtin__.bytearray",
    }.ToFrozenSet();

    /// <inheritdoc/>
    public override bool HasObjects => true;

    /// <summary>An entry of an old vocabulary makes an object and a dictionary of some 40 bytes.</summary>
    public override int Container => 100;

    /// <inheritdoc/>
    public override PickleGlobal Resolve(string path, string module, string name)
    {
        var global = new PickleGlobal(module, name);
        var full = global.FullName;
        if (
            Tables.Contains(full)
            || Models.Contains(full)
            || Others.Contains(full)
            || Functions.Contains(full)
            || Values.Contains(full)
        )
            return global;
        if (module == "gensim" || module.StartsWith("gensim.", System.StringComparison.Ordinal))
            throw new WeightFileException(
                FileProblem.UnsupportedObject,
                path,
                $"is gensim's {global.Shown}, which is not read: word vectors are, of Word2Vec, FastText, Doc2Vec and "
                    + "KeyedVectors. In Python, keep the table of words alone: model.wv.save(\"words.kv\")."
            );
        throw new WeightFileException(
            FileProblem.UnsafeGlobal,
            path,
            $"asks for {global.Shown}, which gensim's word vectors do not need and which could run code. Nothing was "
                + "run. Do not load this file elsewhere unless you know where it comes from."
        );
    }

    /// <inheritdoc/>
    public override object? Call(string path, PickleGlobal global, object?[] arguments, PickleBudget budget)
    {
        if (Functions.Contains(global.FullName))
        {
            // An object made the old way is named by the first argument.
            var type = global.Name == "_reconstructor" && arguments is [PickleGlobal made, ..] ? made : global;
            return new PickleObject(type, arguments);
        }
        return (global.FullName, arguments) switch
        {
            ("collections.OrderedDict", []) or ("collections.defaultdict", [] or [PickleGlobal]) =>
                new PickleDictionary(),
            ("_codecs.encode", [string text, "latin1"]) => Latin1(text, budget),
            ("builtins.bytearray" or "__builtin__.bytearray", [byte[] bytes]) => bytes,
            (_, [System.Collections.Generic.List<object?> items]) when global.Name is "set" or "frozenset" => items,
            _ => throw new WeightFileException(
                FileProblem.Malformed, path,
                $"calls {global.Shown} with {arguments.Length} arguments that do not fit it."),
        };
    }

    private static byte[] Latin1(string text, PickleBudget budget)
    {
        budget.Spend(text.Length);
        return Encoding.Latin1.GetBytes(text);
    }
}
