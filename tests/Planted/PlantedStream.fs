namespace Planted

/// What each stream of random numbers is for: none twice, and none of the library's own, so that what is planted by a
/// seed and what a test draws by the same seed have nothing in common.
type PlantedStream =
    | Positions = 11UL
    | PositionPair = 12UL
    | WordSpelling = 13UL
    | WordFamilies = 14UL
    | WordVectors = 15UL
    | WordVectorTurn = 16UL
    | WordEmbeddings = 17UL
    | WordEmbeddingTurn = 18UL
    | WordPieces = 19UL
    | WordOrder = 20UL
    | SpecialTokens = 26UL
    | Vocabulary = 21UL
    | CommonDirection = 22UL
    | PieceDirection = 23UL
    | UnusedDirection = 24UL
    | VocabularyNoise = 25UL
    | Gpt2Words = 41UL
    | JoinedFamilies = 42UL
    | Gpt2Basis = 43UL
    | Gpt2Noise = 44UL
    | OtherDirections = 45UL
    | OwnDirections = 46UL
    | FormDirections = 47UL
    | Gpt2WordVectors = 48UL
