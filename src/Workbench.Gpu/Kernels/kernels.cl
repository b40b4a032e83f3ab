// Products of rows, and what folds ask of them.
//
// A score is one chain of fused multiply-adds in the order of k from +0. Nothing is padded: the last slab of k is as
// long as it is, since a multiply-add of zeros would turn a chain that underflowed to -0 into +0.
// Behind portable.h.

// A work-group of 256 items takes a tile of 128 x 128 scores, an item 8 x 8 of them in registers. Slabs of 8 columns
// pass through local memory, stored with k as the row, in two buffers by turns: one barrier a slab.
#define TILE 128u
#define SLAB 8u
#define LINE (TILE + 4u) // 4 lines are 16 banks apart, so that the transposing stores of a warp do not meet
#define WORDS (4u * SLAB * LINE)
#define LOCAL_BINS 4096u // they take the place of the slabs
#define NOWHERE 0xffffffffu

// Row and column in the tile of an item's score (r, c): runs of four, 64 apart.
INLINE uint row_of(uint item, uint r) { return (r >> 2) * 64u + (item >> 4) * 4u + (r & 3u); }
INLINE uint column_of(uint item, uint c) { return (c >> 2) * 64u + (item & 15u) * 4u + (c & 3u); }

INLINE void put(__local float* to, float4 four)
{
    to[0] = four.x;
    to[LINE] = four.y;
    to[2u * LINE] = four.z;
    to[3u * LINE] = four.w;
}

// One k of an item's 64 chains.
INLINE void step(__local const float* a, __local const float* b, float sums[8][8])
{
    const float4 a0 = *(__local const float4*)a, a1 = *(__local const float4*)(a + 64);
    const float4 b0 = *(__local const float4*)b, b1 = *(__local const float4*)(b + 64);
    const float x[8] = { a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w };
    const float y[8] = { b0.x, b0.y, b0.z, b0.w, b1.x, b1.y, b1.z, b1.w };
    UNROLL for (uint r = 0; r < 8u; r++) {
        UNROLL for (uint c = 0; c < 8u; c++) sums[r][c] = FMA(x[r], y[c], sums[r][c]);
    }
}

// The 64 scores of an item. Rows are stride floats apart, a multiple of SLAB that is at least depth; those past the
// last are the last once more, for the caller to leave out. The next slab is fetched while this one is multiplied; a
// buffer holds one at least, which is fetched but not multiplied where depth is 0.
INLINE void products(
    __global const float* a, uint rows, __global const float* b, uint columns, uint depth, uint stride,
    uint tile_row, uint tile_column, __local float* slabs, float sums[8][8])
{
    const uint item = ITEM, line = item >> 1, quad = (item & 1u) * 4u;
    uint row = tile_row * TILE + line, column = tile_column * TILE + line;
    if (row >= rows) row = rows - 1u;
    if (column >= columns) column = columns - 1u;
    a += (size_t)row * stride + quad;
    b += (size_t)column * stride + quad;
    UNROLL for (uint r = 0; r < 8u; r++) {
        UNROLL for (uint c = 0; c < 8u; c++) sums[r][c] = 0.0f;
    }
    __local float* to = slabs + quad * LINE + line;
    __local const float* x = slabs + row_of(item, 0);
    __local const float* y = slabs + 2u * SLAB * LINE + column_of(item, 0);
    float4 next_a = *(__global const float4*)a, next_b = *(__global const float4*)b;
    uint buffer = 0;
    uint k = 0;
    do {
        put(to + buffer, next_a);
        put(to + 2u * SLAB * LINE + buffer, next_b);
        BARRIER();
        const uint left = depth - k;
        if (left > SLAB) {
            next_a = *(__global const float4*)(a + k + SLAB);
            next_b = *(__global const float4*)(b + k + SLAB);
        }
        if (left >= SLAB) {
            UNROLL for (uint s = 0; s < SLAB; s++) step(x + buffer + s * LINE, y + buffer + s * LINE, sums);
        } else {
            for (uint s = 0; s < left; s++) step(x + buffer + s * LINE, y + buffer + s * LINE, sums);
        }
        buffer = SLAB * LINE - buffer;
        k += SLAB;
    } while (k < depth);
}

// out[i, j] = a[i] . b[j], in rows of out_stride floats.
KERNEL multiply(
    __global const float* a, uint rows, __global const float* b, uint columns, uint depth, uint stride,
    __global float* out, uint out_stride)
{
    __local float slabs[WORDS] __attribute__((aligned(16)));
    float sums[8][8];
    const uint item = ITEM;
    products(a, rows, b, columns, depth, stride, GROUP_Y, GROUP_X, slabs, sums);
    UNROLL for (uint r = 0; r < 8u; r++) {
        UNROLL for (uint c = 0; c < 8u; c++) {
            const uint i = GROUP_Y * TILE + row_of(item, r), j = GROUP_X * TILE + column_of(item, c);
            if (i < rows && j < columns) out[(size_t)i * out_stride + j] = sums[r][c];
        }
    }
}

// A counter of 64 bits as two words, with the carry.
INLINE void count(__global uint* counter, ulong value)
{
    if (value == 0) return;
    const uint low = (uint)value;
    const uint carry = add_global(counter, low) > ~low ? 1u : 0u;
    const uint high = (uint)(value >> 32) + carry;
    if (high != 0) add_global(counter + 1, high);
}

// m * 2^up as a whole number, to nearest and ties to even; m has at most 48 bits.
INLINE ulong scaled(ulong m, int up)
{
    if (up >= 0) return m << up;
    const uint down = up < -60 ? 60u : (uint)-up;
    return (m + ((1ul << (down - 1u)) - 1ul) + ((m >> down) & 1ul)) >> down;
}

// Whether a score comes before another: smaller (or larger), then the earlier place.
INLINE int is_before(int largest, float x, uint place, float y, uint other)
{
    if (other == NOWHERE || place == NOWHERE) return place != NOWHERE;
    if (x != y) return largest ? x > y : x < y;
    return place < other;
}

#define VALID(r, c) ((valid >> ((r) * 8u + (c)) & 1ul) != 0)

// What a step of a plan asks of the scores; its words are the kind, the place of its counters, and:
#define HISTOGRAM 0u // bins, scale, offset, low, high (floats as bits), the first of the bins counted here
#define MOMENTS 1u // the power of two that a score is multiplied by, and that of its square
#define ABOVE 2u // the threshold
#define EXTREMES 3u // nothing
#define NOTHING 4u
// and, from the ninth on, whether it asks of two classes alone: 0 of all, 1 of a row of the one and a column of the
// other, 2 of both ways round; both classes; and where in the plan those of rows and those of columns begin.
#define CLASSES 8u
#define STEP_WORDS 16u

// An item's scores whose row and column are of the two classes that a step asks of.
INLINE ulong of_classes(
    __global const uint* plan, __global const uint* step, uint first_row, uint rows, uint first_column, uint columns)
{
    const uint both = step[CLASSES], one = step[CLASSES + 1u], other = step[CLASSES + 2u];
    __global const uint* row_classes = plan + step[CLASSES + 3u] + first_row;
    __global const uint* column_classes = plan + step[CLASSES + 4u] + first_column;
    uint ones = 0, others = 0;
    UNROLL for (uint c = 0; c < 8u; c++) {
        const uint j = GROUP_X * TILE + column_of(ITEM, c), label = j < columns ? column_classes[j] : NOWHERE;
        ones |= label == one ? 1u << c : 0u;
        others |= label == other ? 1u << c : 0u;
    }
    ulong among = 0;
    UNROLL for (uint r = 0; r < 8u; r++) {
        const uint i = GROUP_Y * TILE + row_of(ITEM, r), label = i < rows ? row_classes[i] : NOWHERE;
        uint these = label == one ? others : 0u;
        if (both == 2u && label == other) these |= ones;
        among |= (ulong)these << (r * 8u);
    }
    return among;
}

// Scores by the bin that they fall into; beside the bins those outside the range.
INLINE void put_bins(const float sums[8][8], ulong valid, __global const uint* step, __local uint* counts)
{
    const float scale = number_of(step[3]), offset = number_of(step[4]);
    const float low = number_of(step[5]), high = number_of(step[6]), last = (float)(step[2] - 1u);
    const uint first = step[7], many = step[2] - first < LOCAL_BINS ? step[2] - first : LOCAL_BINS;
    uint outside = 0;
    UNROLL for (uint r = 0; r < 8u; r++) {
        UNROLL for (uint c = 0; c < 8u; c++) {
            const float s = sums[r][c];
            float place = FLOOR(FMA(s, scale, offset));
            if (bits_of(FMA(s, scale, offset - place)) >> 31) place -= 1.0f; // it was lifted onto the whole number
            const uint bin = WHOLE(LEAST(MOST(place, 0.0f), last)) - first;
            if (VALID(r, c) && bin < many) add_local(counts + bin, 1u);
            if (VALID(r, c) && (s < low || s > high)) outside++;
        }
    }
    if (outside != 0 && first == 0) add_local(counts + LOCAL_BINS, outside);
}

// An item's sums of scores, of their absolute values and of their squares, each rounded to its unit before it is added.
// Each has at most 57 bits, so that 64 of them fit into a long.
INLINE void put_moments(const float sums[8][8], ulong valid, __global const uint* step, __local ulong* totals)
{
    const int shift = (int)step[2], square_shift = (int)step[3];
    ulong sum = 0, absolute = 0, square = 0;
    UNROLL for (uint r = 0; r < 8u; r++) {
        UNROLL for (uint c = 0; c < 8u; c++) {
            const uint bits = bits_of(sums[r][c]);
            uint exponent = bits >> 23 & 255u;
            ulong digits = bits & 0x7fffffu;
            if (exponent != 0) digits |= 0x800000ul;
            else exponent = 1u;
            if (!VALID(r, c)) digits = 0;
            const int power = (int)exponent - 150;
            const ulong term = scaled(digits, power + shift);
            sum += bits >> 31 ? 0ul - term : term;
            absolute += term;
            square += scaled(digits * digits, 2 * power + square_shift);
        }
    }
    totals[ITEM] = sum;
    totals[ITEMS + ITEM] = absolute;
    totals[2u * ITEMS + ITEM] = square;
}

INLINE void put_above(const float sums[8][8], ulong valid, __global const uint* step, __local uint* counts)
{
    const float threshold = number_of(step[2]);
    uint above = 0;
    UNROLL for (uint r = 0; r < 8u; r++) {
        UNROLL for (uint c = 0; c < 8u; c++) above += VALID(r, c) && sums[r][c] > threshold ? 1u : 0u;
    }
    if (above != 0) add_local(counts, above);
}

// An item's smallest (or largest) score, and where it is in the tile.
INLINE void put_extreme(
    const float sums[8][8], ulong valid, int largest, __local float* scores, __local uint* places)
{
    float most = 0.0f;
    uint where = NOWHERE;
    UNROLL for (uint r = 0; r < 8u; r++) {
        UNROLL for (uint c = 0; c < 8u; c++) {
            const uint place = row_of(ITEM, r) * TILE + column_of(ITEM, c);
            if (VALID(r, c) && is_before(largest, sums[r][c], place, most, where)) {
                most = sums[r][c];
                where = place;
            }
        }
    }
    scores[ITEM] = most;
    places[ITEM] = where;
}

// The first of some entries, to an entry.
INLINE void find_first(int largest, __local float* scores, __local uint* places, uint first, uint many, uint stride)
{
    for (uint n = 1; n < many; n++) {
        const uint other = first + n * stride;
        if (is_before(largest, scores[other], places[other], scores[first], places[first])) {
            scores[first] = scores[other];
            places[first] = places[other];
        }
    }
}

// What folds know of a rectangle of scores, whose rows and columns begin at first_row and first_column of the whole.
// Of a symmetric whole only the pairs above the diagonal count.
//   plan        the number of steps, at least 1, the steps, and the classes that they ask of
//   counters    words: 2 for each bin and 2 for scores outside; 4 for each of three sums; 2 for each threshold
//   extremes    for each tile the smallest score (bits, place in the tile) and the largest
//   out         the scores, in rows of out_stride floats; none where that is 0
KERNEL fold(
    __global const float* a, uint a_first, uint rows, uint first_row,
    __global const float* b, uint b_first, uint columns, uint first_column,
    uint depth, uint stride, uint symmetric,
    __global const uint* plan, __global uint* counters, __global uint* extremes, __global float* out, uint out_stride)
{
    __local float slabs[WORDS] __attribute__((aligned(16)));
    float sums[8][8];
    const uint item = ITEM, tile = GROUP_Y * GROUPS_X + GROUP_X;
    const uint top = GROUP_Y * TILE, left = GROUP_X * TILE;
    const int is_below = symmetric && first_row + top >= first_column + left + TILE - 1u; // the diagonal, all of it
    products(
        a + (size_t)a_first * stride, rows, b + (size_t)b_first * stride, columns, is_below ? 0 : depth, stride,
        GROUP_Y, GROUP_X, slabs, sums);

    ulong valid = ~0ul;
    if (top + TILE > rows || left + TILE > columns
        || (symmetric && first_row + top + TILE > first_column + left)) {
        valid = 0;
        UNROLL for (uint r = 0; r < 8u; r++) {
            UNROLL for (uint c = 0; c < 8u; c++) {
                const uint i = top + row_of(item, r), j = left + column_of(item, c);
                const int is_pair = !symmetric || first_row + i < first_column + j;
                if (i < rows && j < columns && is_pair) valid |= 1ul << (r * 8u + c);
            }
        }
    }

    if (out_stride != 0) {
        UNROLL for (uint r = 0; r < 8u; r++) {
            UNROLL for (uint c = 0; c < 8u; c++) {
                if (VALID(r, c))
                    out[(size_t)(top + row_of(item, r)) * out_stride + left + column_of(item, c)] = sums[r][c];
            }
        }
    }

    // All kinds of steps share their barriers: POCL compiles what follows a barrier once for each way that leads there.
    __local uint* counts = (__local uint*)slabs;
    __local ulong* totals = (__local ulong*)slabs;
    __local float* scores = slabs;
    __local uint* places = (__local uint*)(slabs + 2u * ITEMS);
    uint left_steps = plan[0];
    __global const uint* whole = plan;
    plan++;
    do {
        const uint kind = plan[0];
        ulong asked = valid;
        if (plan[CLASSES] != 0) asked &= of_classes(whole, plan, first_row, rows, first_column, columns);
        BARRIER();
        if (kind == HISTOGRAM || kind == ABOVE)
            for (uint n = item; n <= LOCAL_BINS; n += ITEMS) counts[n] = 0;
        BARRIER();
        if (kind == HISTOGRAM) put_bins(sums, asked, plan, counts);
        else if (kind == MOMENTS) put_moments(sums, asked, plan, totals);
        else if (kind == ABOVE) put_above(sums, asked, plan, counts);
        else if (kind == EXTREMES)
            for (uint end = 0; end < 2u; end++)
                put_extreme(sums, valid, (int)end, scores + end * ITEMS, places + end * ITEMS);
        BARRIER();
        // Every eighth entry takes the next seven in.
        if (kind == MOMENTS && item < 3u * ITEMS / 8u)
            for (uint n = 1; n < 8u; n++) totals[8u * item] += totals[8u * item + n];
        if (kind == EXTREMES && item < 2u * ITEMS / 8u)
            find_first(item >= ITEMS / 8u, scores, places, 8u * item, 8u, 1u);
        BARRIER();
        __global uint* to = counters + plan[1];
        if (kind == HISTOGRAM) {
            const uint first = plan[7], many = plan[2] - first < LOCAL_BINS ? plan[2] - first : LOCAL_BINS;
            for (uint n = item; n < many; n += ITEMS) count(to + 2u * (first + n), counts[n]);
            if (item == 0) count(to + 2u * plan[2], counts[LOCAL_BINS]);
        } else if (kind == MOMENTS && item < 12u) {
            // Of 64 items; the low 32 bits apart from what is above them, with its sign.
            ulong sum = 0;
            for (uint n = 0; n < 8u; n++) sum += totals[64u * item + 8u * n];
            count(to + 4u * (item / 4u), sum & 0xfffffffful);
            count(to + 4u * (item / 4u) + 2u, (ulong)((long)sum >> 32));
        } else if (kind == ABOVE && item == 0) {
            count(to, counts[0]);
        } else if (kind == EXTREMES && item < 2u) {
            find_first((int)item, scores, places, item * ITEMS, ITEMS / 8u, 8u);
            extremes[4u * tile + 2u * item] = bits_of(scores[item * ITEMS]);
            extremes[4u * tile + 2u * item + 1u] = places[item * ITEMS];
        }
        plan += STEP_WORDS;
    } while (--left_steps != 0);
}

// The k largest of each row of scores, best first, ties by smallest column: k rounds of a contest in which an item
// enters the best that it has left, and looks for its next only after it has won. A winner is two words, score and
// column.
KERNEL best(__global const float* scores, uint columns, uint stride, uint k, __global uint* winners)
{
    __local float values[ITEMS];
    __local uint places[ITEMS];
    const uint item = ITEM;
    scores += (size_t)GROUP_X * stride;
    winners += (size_t)GROUP_X * 2u * k;
    float mine = 0.0f, last = 0.0f;
    uint where = NOWHERE, last_where = NOWHERE;
    int must_look = 1;
    for (uint round = 0; round < k; round++) {
        if (must_look) {
            where = NOWHERE;
            for (uint j = item; j < columns; j += ITEMS) {
                const float s = scores[j];
                if ((last_where == NOWHERE || is_before(1, last, last_where, s, j))
                    && is_before(1, s, j, mine, where)) {
                    mine = s;
                    where = j;
                }
            }
        }
        values[item] = mine;
        places[item] = where;
        for (uint reach = ITEMS / 2u; reach > 0; reach /= 2u) {
            BARRIER();
            if (item < reach
                && is_before(1, values[item + reach], places[item + reach], values[item], places[item])) {
                values[item] = values[item + reach];
                places[item] = places[item + reach];
            }
        }
        BARRIER();
        must_look = places[0] == where && where != NOWHERE;
        if (must_look) {
            last = mine;
            last_where = where;
            winners[2u * round] = bits_of(mine);
            winners[2u * round + 1u] = where;
        }
        BARRIER();
    }
}
