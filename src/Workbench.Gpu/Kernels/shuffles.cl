// Shuffles of parts of a matrix, and their rows prepared for products: both have the processor's bits.
// Behind portable.h.

#if defined(cl_khr_fp64)
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif

#define WORDS 256u // of 64 bits, that the processor draws at a time: a word refused takes the next behind them
#define NOWHERE 0xffffffffu

// A word of a stream: Philox4x32-10 gives two for each counter.
INLINE ulong word_of(ulong seed, ulong stream, ulong place)
{
    uint x0 = (uint)(place >> 1), x1 = (uint)(place >> 33), x2 = (uint)stream, x3 = (uint)(stream >> 32);
    uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
    for (uint round = 0; round < 10u; round++) {
        const ulong p0 = 0xD2511F53ul * x0, p1 = 0xCD9E8D57ul * x2;
        x0 = (uint)(p1 >> 32) ^ x1 ^ k0;
        x1 = (uint)p1;
        x2 = (uint)(p0 >> 32) ^ x3 ^ k1;
        x3 = (uint)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (place & 1ul) ? (ulong)x3 << 32 | x2 : (ulong)x1 << 32 | x0;
}

// The partners of two values where n are to be placed: the digits of floor(word n (n - 1) / 2^64). Whether the word may
// be used: as many are for each pair of partners.
INLINE int find_partners(ulong word, uint n, uint partners[2])
{
    ulong low = (word & 0xfffffffful) * n;
    ulong high = (word >> 32) * n + (low >> 32);
    partners[0] = (uint)(high >> 32);
    low &= 0xfffffffful;
    const ulong rest = (high & 0xfffffffful) * (n - 1u) + (low * (n - 1u) >> 32);
    partners[1] = (uint)(rest >> 32);
    const ulong left = rest << 32 | ((low * (n - 1u)) & 0xfffffffful), ways = (ulong)n * (n - 1u);
    return left >= ways || left >= (0ul - ways) % ways;
}

// A group shuffles one part: column of groups, the part; row of groups, the seed. Fisher and Yates are a chain, in
// which a value may be moved by many swaps; but where 256 swaps in a row take their values from is known from their
// partners alone. So the items look each other's partners up, and then all move at once. (OpenCL has a shuffle of its own.)
KERNEL permute(
    __global const float* source, uint length, __global const uint* seeds, uint stream_low, uint stream_high,
    __global float* out)
{
    __local uint partners[ITEMS];
    __local uint links[ITEMS]; // the swap before this one which put something where this one's value goes
    __local uint refused[1];
    const uint item = ITEM;
    const ulong seed = (ulong)seeds[2u * GROUP_Y + 1u] << 32 | seeds[2u * GROUP_Y];
    const ulong stream = ((ulong)stream_high << 32 | stream_low) + GROUP_X;
    source += (size_t)GROUP_X * length;
    out += ((size_t)GROUP_Y * GROUPS_X + GROUP_X) * length;
    for (uint i = item; i < length; i += ITEMS) out[i] = source[i];

    ulong place = 0, next = 0; // of the words; next comes behind those that were drawn together
    uint drawn = 0;
    for (uint n = length; n > 1u;) {
        if (drawn == 0) {
            drawn = n / 2u < WORDS ? n / 2u : WORDS;
            place = next;
            next = place + drawn;
        }
        const uint words = drawn < ITEMS / 2u ? drawn : ITEMS / 2u, swaps = 2u * words;
        if (item == 0) refused[0] = 0;
        BARRIER_ALL();
        uint two[2];
        if (item < words) {
            if (!find_partners(word_of(seed, stream, place + item), n - 2u * item, two)) add_local(refused, 1u);
            partners[2u * item] = two[0];
            partners[2u * item + 1u] = two[1];
        }
        BARRIER();
        // Seldom, and then all items find the same, so that each knows the next word.
        for (uint i = 0; refused[0] != 0 && i < words; i++) {
            ulong word = word_of(seed, stream, place + i);
            while (!find_partners(word, n - 2u * i, two)) word = word_of(seed, stream, next++);
            if (item == 0) {
                partners[2u * i] = two[0];
                partners[2u * i + 1u] = two[1];
            }
        }
        BARRIER();
        const uint top = n - 1u, target = top - item, partner = item < swaps ? partners[item] : NOWHERE;
        uint before = NOWHERE, link = NOWHERE;
        int is_last = 1;
        for (uint other = 0; other < swaps; other++) {
            const uint theirs = partners[other];
            if (other < item && theirs == partner) before = other;
            if (other < item && theirs == target) link = other;
            if (other > item && theirs == partner) is_last = 0;
        }
        links[item] = link;
        BARRIER();
        float coming = 0.0f, going = 0.0f;
        if (item < swaps) {
            uint from = partner;
            if (before != NOWHERE) {
                while (links[before] != NOWHERE) before = links[before];
                from = top - before;
            }
            coming = out[from];
            uint mover = item;
            while (links[mover] != NOWHERE) mover = links[mover];
            going = out[top - mover];
        }
        BARRIER_ALL();
        if (item < swaps) {
            out[target] = coming;
            if (is_last && partner + swaps <= top) out[partner] = going; // else it is a later one's target
        }
        place += words;
        drawn -= words;
        n -= swaps;
    }
}

// For each row the sum of x - mean or of its square, in double over eight lanes, element k in lane k mod 8, which are
// added in one order. Element k of row r lies at r row_step + k step; row of groups, the shuffle.
KERNEL survey(
    __global const float* values, uint rows, uint depth, uint row_step, uint step, uint squared,
    __global const double* means, __global double* sums)
{
    const uint row = GROUP_X * ITEMS + ITEM;
    if (row < rows) {
        values += (size_t)GROUP_Y * rows * depth + (size_t)row * row_step;
        const double mean = means[(size_t)GROUP_Y * rows + row];
        double lanes[8] = { 0, 0, 0, 0, 0, 0, 0, 0 };
        for (uint k = 0; k < depth; k += 8u) {
            UNROLL for (uint lane = 0; lane < 8u; lane++) {
                if (k + lane < depth) {
                    const double x = (double)values[(size_t)(k + lane) * step] - mean;
                    lanes[lane] += squared ? x * x : x;
                }
            }
        }
        sums[(size_t)GROUP_Y * rows + row] =
            ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
    }
}

#define SIDE 32u

// (x - mean) scale, rounded to single once, in rows of out_stride floats. A group takes 32 rows by 32 elements, which
// it reads along the way they lie and writes along the rows.
KERNEL prepare(
    __global const float* values, uint rows, uint depth, uint row_step, uint step, __global const double* means,
    __global const double* scales, __global float* out, uint out_stride)
{
    __local float square[SIDE * (SIDE + 1u)];
    const uint across = (depth + SIDE - 1u) / SIDE;
    const uint first_row = GROUP_X / across * SIDE, first = GROUP_X % across * SIDE, item = ITEM;
    values += (size_t)GROUP_Y * rows * depth;
    out += (size_t)GROUP_Y * rows * out_stride;
    for (uint i = item; i < SIDE * SIDE; i += ITEMS) {
        const uint r = step == 1u ? i / SIDE : i % SIDE, c = step == 1u ? i % SIDE : i / SIDE;
        const uint row = first_row + r, k = first + c;
        if (row < rows && k < depth) {
            const size_t at = (size_t)GROUP_Y * rows + row;
            const double x = (double)values[(size_t)row * row_step + (size_t)k * step] - means[at];
            square[r * (SIDE + 1u) + c] = (float)(x * scales[at]);
        }
    }
    BARRIER();
    for (uint i = item; i < SIDE * SIDE; i += ITEMS) {
        const uint row = first_row + i / SIDE, k = first + i % SIDE;
        if (row < rows && k < depth) out[(size_t)row * out_stride + k] = square[i / SIDE * (SIDE + 1u) + i % SIDE];
    }
}
