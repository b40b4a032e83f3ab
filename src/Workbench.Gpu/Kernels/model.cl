// The parts of a forward pass, on matrices whose rows lie one behind the other without gaps. Sums are made of 256 or
// 32 parts, so that their errors stay small in single precision. Behind portable.h.

// How weights are stored: float32, its upper half (bfloat16), or half precision.
#define SINGLE 0u
#define UPPER_HALF 1u
#define HALF 2u

// Half precision to single: its exponent counts from another end. Denormal numbers come out right as well.
INLINE float of_half(uint half_bits)
{
    uint bits = (half_bits & 0x7fffu) << 13;
    if ((half_bits & 0x7c00u) == 0x7c00u) bits |= 0x7f800000u; // infinite, or no number
    return number_of(bits_of(number_of(bits) * 0x1p112f) | (half_bits & 0x8000u) << 16);
}

INLINE float widened(uint bits, uint kind) { return kind == UPPER_HALF ? number_of(bits << 16) : of_half(bits); }

INLINE float weight_at(__global const uint* weights, uint kind, size_t index)
{
    if (kind == SINGLE) return ((__global const float*)weights)[index];
    return widened(((__global const ushort*)weights)[index], kind);
}

// Four weights from a place that is a multiple of four.
INLINE float4 weights_at(__global const uint* weights, uint kind, size_t index)
{
    if (kind == SINGLE) return *(__global const float4*)((__global const float*)weights + index);
    const uint low = weights[index / 2u], high = weights[index / 2u + 1u];
    float4 four;
    four.x = widened(low & 0xffffu, kind);
    four.y = widened(low >> 16, kind);
    four.z = widened(high & 0xffffu, kind);
    four.w = widened(high >> 16, kind);
    return four;
}

// e^x within 9e-8 of it: 2^n · e^r, |r| <= ln(2)/2 (Moshier's polynomial, Cephes).
INLINE float power(float x)
{
    if (!(x > -104.0f)) return x != x ? x : 0.0f;
    if (x > 89.0f) x = 89.0f;
    const float n = FLOOR(FMA(x, 1.44269504f, 0.5f));
    const float r = FMA(n, -1.42860682e-6f, FMA(n, -0.693145752f, x));
    float p = 1.98756915e-4f;
    p = FMA(p, r, 1.39819995e-3f);
    p = FMA(p, r, 8.33345191e-3f);
    p = FMA(p, r, 4.16657959e-2f);
    p = FMA(p, r, 1.66666655e-1f);
    p = FMA(p, r, 5.00000012e-1f);
    p = FMA(p, r * r, r) + 1.0f;
    const int whole = (int)WHOLE(n), half_way = whole / 2; // 2^128 and 2^-150 are none, their factors are
    return p * number_of((uint)(half_way + 127) << 23) * number_of((uint)(whole - half_way + 127) << 23);
}

INLINE float sigmoid(float x) { return 1.0f / (1.0f + power(-x)); }

// The chance that a standard normal number is above x >= 0, within 4e-8: by erf near 0, and by the logarithm of erfc
// beyond (N. Juffa's polynomials).
INLINE float tail(float x)
{
    const float t = x * 0.707106781f, s = t * t;
    if (t > 0.927734375f) {
        float r = FMA(FMA(-1.72853470e-5f, t, 3.83197126e-4f), s, FMA(-3.88396438e-3f, t, 2.42546219e-2f));
        r = FMA(r, t, -1.06777877e-1f);
        r = FMA(r, t, -6.34846687e-1f);
        r = FMA(r, t, -1.28717512e-1f);
        return 0.5f * power(FMA(r, t, -t));
    }
    float p = -5.96761703e-4f;
    p = FMA(p, s, 4.99119423e-3f);
    p = FMA(p, s, -2.67681349e-2f);
    p = FMA(p, s, 1.12819925e-1f);
    p = FMA(p, s, -3.76125336e-1f);
    p = FMA(p, s, 1.28379166e-1f);
    return 0.5f - 0.5f * FMA(p, t, t);
}

// Within 1.3e-7 of its value however small that is (Moshier's polynomial, Cephes).
INLINE float tanh_of(float x)
{
    const float size = x < 0.0f ? -x : x;
    if (!(size < 0.625f)) {
        const float most = 1.0f - 2.0f / (power(2.0f * size) + 1.0f);
        return x < 0.0f ? -most : most;
    }
    const float z = x * x;
    float p = -5.70498873e-3f;
    p = FMA(p, z, 2.06390888e-2f);
    p = FMA(p, z, -5.37397156e-2f);
    p = FMA(p, z, 1.33314422e-1f);
    p = FMA(p, z, -3.33332819e-1f);
    return FMA(p * z, x, x);
}

// What is done to each element.
#define GELU_NEW 0u
#define GELU 1u
#define RELU 2u
#define SQUARED_RELU 3u
#define SILU 4u
#define QUICK_GELU 5u
#define SCALE 6u
#define CLIP 7u
#define CAP 8u

INLINE float active(float x, uint kind)
{
    if (kind == GELU_NEW) return x * sigmoid(1.59576912f * x * FMA(0.044715f * x, x, 1.0f));
    if (kind == GELU) return x > 0.0f ? x * (1.0f - tail(x)) : x * tail(-x);
    if (kind == SILU) return x * sigmoid(x);
    if (kind == QUICK_GELU) return x * sigmoid(1.702f * x);
    const float rest = x < 0.0f ? 0.0f : x;
    return kind == RELU ? rest : rest * rest;
}

// Each element active, times a number, within +- a number, or c tanh(x / c).
KERNEL each(__global float* x, uint count, uint kind, float number)
{
    const uint i = GROUP_X * ITEMS + ITEM;
    if (i >= count) return;
    const float value = x[i];
    if (kind == SCALE) x[i] = value * number;
    else if (kind == CLIP) x[i] = LEAST(MOST(value, -number), number);
    else if (kind == CAP) x[i] = number * tanh_of(value / number);
    else x[i] = active(value, kind);
}

KERNEL add(__global float* sum, __global const float* addend, uint count)
{
    const uint i = GROUP_X * ITEMS + ITEM;
    if (i < count) sum[i] += addend[i];
}

// active(gate) * up, from rows of both: all of the gate first, or by turns. With a limit that is not 0,
// (up + 1) * gate * sigmoid(alpha * gate) within it.
KERNEL gate(
    __global const float* x, uint count, uint width, uint by_turns, uint kind, float limit, float alpha,
    __global float* out)
{
    const uint i = GROUP_X * ITEMS + ITEM;
    if (i >= count) return;
    const uint row = i / width, column = i - row * width;
    x += 2u * (size_t)row * width;
    float g = by_turns ? x[2u * column] : x[column];
    float up = by_turns ? x[2u * column + 1u] : x[width + column];
    if (limit != 0.0f) {
        g = LEAST(g, limit);
        up = LEAST(MOST(up, -limit), limit);
        out[i] = (up + 1.0f) * g * sigmoid(alpha * g);
    } else {
        out[i] = active(g, kind) * up;
    }
}

// Rows of a matrix; and rows times their weights added to rows of a sum, none of them twice.
KERNEL pick(__global const float* x, uint width, __global const uint* rows, __global float* out)
{
    for (uint i = ITEM; i < width; i += ITEMS) out[(size_t)GROUP_X * width + i] = x[(size_t)rows[GROUP_X] * width + i];
}

KERNEL add_rows(
    __global float* sum, uint width, __global const uint* rows, __global const float* weights, __global const float* x)
{
    const float weight = weights[GROUP_X];
    sum += (size_t)rows[GROUP_X] * width;
    x += (size_t)GROUP_X * width;
    for (uint i = ITEM; i < width; i += ITEMS) sum[i] = FMA(weight, x[i], sum[i]);
}

// out[i, j] = x[i] . weights[j] + bias[j], for few rows: 32 items share a score, and weights pass by once a row.
KERNEL stream(
    __global const float* x, uint inputs, __global const uint* weights, uint kind, uint outputs,
    __global const float* bias, uint has_bias, __global float* out)
{
    __local float parts[ITEMS];
    const uint item = ITEM, lane = item & 31u, output = GROUP_X * (ITEMS / 32u) + (item >> 5);
    const size_t first = (size_t)output * inputs;
    float sum = 0.0f;
    x += (size_t)GROUP_Y * inputs;
    if (output < outputs) {
        if ((inputs & 3u) == 0) {
            for (uint k = 4u * lane; k < inputs; k += 128u) {
                const float4 a = *(__global const float4*)(x + k), b = weights_at(weights, kind, first + k);
                sum = FMA(a.x, b.x, sum);
                sum = FMA(a.y, b.y, sum);
                sum = FMA(a.z, b.z, sum);
                sum = FMA(a.w, b.w, sum);
            }
        } else {
            for (uint k = lane; k < inputs; k += 32u) sum = FMA(x[k], weight_at(weights, kind, first + k), sum);
        }
    }
    parts[item] = sum;
    for (uint reach = 16u; reach > 0; reach /= 2u) {
        BARRIER();
        if (lane < reach) parts[item] += parts[item + reach];
    }
    if (lane == 0 && output < outputs)
        out[(size_t)GROUP_Y * outputs + output] = parts[item] + (has_bias ? bias[output] : 0.0f);
}

#define SIDE 64u
#define DEEP 16u
#define STEP (SIDE + 4u)

// The same for many rows: a group takes 64 x 64 scores, an item 4 x 4 of them.
KERNEL layer(
    __global const float* x, uint rows, uint inputs, __global const uint* weights, uint kind, uint outputs,
    __global const float* bias, uint has_bias, __global float* out)
{
    __local float a[DEEP * STEP] __attribute__((aligned(16)));
    __local float b[DEEP * STEP] __attribute__((aligned(16)));
    const uint item = ITEM, line = item >> 4, column = item & 15u;
    float sums[4][4];
    UNROLL for (uint r = 0; r < 4u; r++) {
        UNROLL for (uint c = 0; c < 4u; c++) sums[r][c] = 0.0f;
    }
    for (uint k = 0; k < inputs; k += DEEP) {
        const uint here = k + column;
        BARRIER();
        UNROLL for (uint r = 0; r < 4u; r++) {
            const uint place = line + 16u * r, i = GROUP_Y * SIDE + place, j = GROUP_X * SIDE + place;
            a[column * STEP + place] = i < rows && here < inputs ? x[(size_t)i * inputs + here] : 0.0f;
            b[column * STEP + place] =
                j < outputs && here < inputs ? weight_at(weights, kind, (size_t)j * inputs + here) : 0.0f;
        }
        BARRIER();
        for (uint s = 0; s < DEEP; s++) {
            const float4 p = *(__local const float4*)(a + s * STEP + 4u * line);
            const float4 q = *(__local const float4*)(b + s * STEP + 4u * column);
            const float left[4] = { p.x, p.y, p.z, p.w }, right[4] = { q.x, q.y, q.z, q.w };
            UNROLL for (uint r = 0; r < 4u; r++) {
                UNROLL for (uint c = 0; c < 4u; c++) sums[r][c] = FMA(left[r], right[c], sums[r][c]);
            }
        }
    }
    UNROLL for (uint r = 0; r < 4u; r++) {
        UNROLL for (uint c = 0; c < 4u; c++) {
            const uint i = GROUP_Y * SIDE + 4u * line + r, j = GROUP_X * SIDE + 4u * column + c;
            if (i < rows && j < outputs) out[(size_t)i * outputs + j] = sums[r][c] + (has_bias ? bias[j] : 0.0f);
        }
    }
}

// The sum of what each item of a group brings, for all of them.
INLINE float total(__local float* parts, float mine)
{
    const uint item = ITEM;
    BARRIER();
    parts[item] = mine;
    for (uint reach = ITEMS / 2u; reach > 0; reach /= 2u) {
        BARRIER();
        if (item < reach) parts[item] += parts[item + reach];
    }
    BARRIER();
    return parts[0];
}

INLINE float largest(__local float* parts, float mine)
{
    const uint item = ITEM;
    BARRIER();
    parts[item] = mine;
    for (uint reach = ITEMS / 2u; reach > 0; reach /= 2u) {
        BARRIER();
        if (item < reach) parts[item] = MOST(parts[item], parts[item + reach]);
    }
    BARRIER();
    return parts[0];
}

// Ranges of columns of each row normalised, to the same columns: (x - mean) / sqrt(variance + epsilon) * gain + bias,
// or without the mean. A range's gain begins gain_step behind that of the one before; a bias, which is of all of them,
// lies behind the gain.
KERNEL norm_rows(
    __global const float* x, __global float* out, uint stride, __global const uint* starts, uint first_start, uint width,
    __global const float* gain, uint gain_step, uint has_bias, float epsilon, uint centres)
{
    __local float parts[ITEMS];
    const size_t from = (size_t)GROUP_X * stride + starts[first_start + GROUP_Y];
    x += from;
    out += from;
    gain += (size_t)GROUP_Y * gain_step;
    float mean = 0.0f, squares = 0.0f;
    if (centres) {
        float sum = 0.0f;
        for (uint i = ITEM; i < width; i += ITEMS) sum += x[i];
        mean = total(parts, sum) / (float)width;
    }
    for (uint i = ITEM; i < width; i += ITEMS) squares = FMA(x[i] - mean, x[i] - mean, squares);
    const float factor = 1.0f / ROOT(total(parts, squares) / (float)width + epsilon);
    for (uint i = ITEM; i < width; i += ITEMS)
        out[i] = FMA((x[i] - mean) * factor, gain[i], has_bias ? gain[width + i] : 0.0f);
}

// Pairs of places of heads turned by their row's angles: i with i + pairs, or 2i with 2i + 1.
KERNEL turn(
    __global float* x, uint stride, __global const uint* starts, uint first_start, uint pairs, uint neighbours,
    __global const float* cosines, __global const float* sines)
{
    x += (size_t)GROUP_X * stride + starts[first_start + GROUP_Y];
    for (uint i = ITEM; i < pairs; i += ITEMS) {
        const uint first = neighbours ? 2u * i : i, second = neighbours ? 2u * i + 1u : pairs + i;
        const float cosine = cosines[(size_t)GROUP_X * pairs + i], sine = sines[(size_t)GROUP_X * pairs + i];
        const float a = x[first], b = x[second];
        x[first] = a * cosine - b * sine;
        x[second] = b * cosine + a * sine;
    }
}

// Ranges of columns of each row side by side in rows of another matrix, from one of its rows on.
KERNEL collect(
    __global const float* x, uint stride, __global const uint* starts, uint first_start, uint width,
    __global float* out, uint out_stride, uint first_row)
{
    x += (size_t)GROUP_X * stride + starts[first_start + GROUP_Y];
    out += (size_t)(first_row + GROUP_X) * out_stride + GROUP_Y * width;
    for (uint i = ITEM; i < width; i += ITEMS) out[i] = x[i];
}

#define INFINITE number_of(0x7f800000u)
#define BY_DISTANCE 1u
#define BY_KEY 2u

// A query's softmax over the scores of the keys that it sees, and the mix of their values; a group for each query and
// head. Patterns have a row for each query, of rows queries for each head.
//   starts      columns of each head's query, from 0 on, and of keys and values from key_start and value_start on
//   window      a query sees those nearer than this; 0 for all
//   bias        for each head 2 all - 1 numbers by distance, or all by key in two parts that add up; by kind, or none
//   makes       whether the pattern is to be made; else it is there, and nothing of it is left out
KERNEL attend(
    __global const float* queries, uint query_stride, __global const float* text, uint text_stride,
    __global const uint* starts, uint key_start, uint value_start, uint sharing, uint width,
    float scale, float cap, uint window, uint causal, __global const float* bias, uint bias_kind,
    __global const float* sinks, uint has_sinks, uint past, uint first_query, uint all, uint first_head,
    __global float* patterns, uint rows, uint makes, __global float* out, uint out_stride)
{
    __local float parts[ITEMS];
    const uint item = ITEM, head = first_head + GROUP_Y, row = first_query + GROUP_X, place = past + row;
    uint first = 0, end = all;
    patterns += ((size_t)head * rows + GROUP_X) * all;
    if (makes) {
        if (window != 0 && place >= window) first = place - window + 1u;
        if (causal) end = place + 1u;
        else if (window != 0 && place + window < all) end = place + window;
        __global const float* query = queries + (size_t)row * query_stride + starts[head];
        __global const float* keys = text + starts[key_start + head / sharing];
        float most = has_sinks ? sinks[head] : -INFINITE;
        for (uint j = item; j < all; j += ITEMS) {
            float score = 0.0f;
            if (j >= first && j < end) {
                __global const float* key = keys + (size_t)j * text_stride;
                for (uint k = 0; k < width; k++) score = FMA(query[k], key[k], score);
                score *= scale;
                if (cap != 0.0f) score = cap * tanh_of(score / cap);
                if (bias_kind == BY_DISTANCE) {
                    score += bias[(size_t)head * (2u * all - 1u) + (all - 1u) + j - place];
                } else if (bias_kind == BY_KEY) {
                    __global const float* two = bias + (size_t)head * 2u * all;
                    score += (two[j] - two[place]) + (two[all + j] - two[all + place]);
                }
                most = MOST(most, score);
            }
            patterns[j] = score;
        }
        most = largest(parts, most);
        float sum = has_sinks && item == 0 ? power(sinks[head] - most) : 0.0f;
        for (uint j = item; j < all; j += ITEMS) {
            const float share = j >= first && j < end ? power(patterns[j] - most) : 0.0f;
            patterns[j] = share;
            sum += share;
        }
        const float factor = 1.0f / total(parts, sum);
        for (uint j = item; j < all; j += ITEMS) patterns[j] *= factor;
    }
    BARRIER_ALL();
    __global const float* values = text + starts[value_start + head / sharing];
    out += (size_t)row * out_stride + (size_t)head * width;
    // Several items share an element where heads are narrower than a group.
    const uint teams = width < ITEMS ? ITEMS / width : 1u;
    for (uint base = 0; base < width; base += ITEMS) {
        const uint team = width < ITEMS ? item / width : 0u, i = width < ITEMS ? item - team * width : base + item;
        float sum = 0.0f;
        if (team < teams && i < width)
            for (uint j = first + team; j < end; j += teams)
                sum = FMA(patterns[j], values[(size_t)j * text_stride + i], sum);
        BARRIER();
        parts[item] = sum;
        BARRIER();
        if (team == 0 && i < width) {
            for (uint t = 1; t < teams; t++) sum += parts[item + t * width];
            out[i] = sum;
        }
    }
}
