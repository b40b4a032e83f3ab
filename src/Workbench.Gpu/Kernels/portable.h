// What OpenCL C 1.2 and PTX by clang (build-ptx.sh) name differently; it stands before every file of kernels.
// Only 32-bit atomics of the core are used, and no double precision.
#pragma OPENCL FP_CONTRACT OFF

#if defined(__NVPTX__)

typedef unsigned short ushort;
typedef unsigned int uint;
typedef unsigned long ulong;
typedef unsigned long size_t;
typedef float float4 __attribute__((ext_vector_type(4)));

#define ITEM ((uint)__nvvm_read_ptx_sreg_tid_x())
#define GROUP_X ((uint)__nvvm_read_ptx_sreg_ctaid_x())
#define GROUP_Y ((uint)__nvvm_read_ptx_sreg_ctaid_y())
#define GROUPS_X ((uint)__nvvm_read_ptx_sreg_nctaid_x())
#define BARRIER() __asm__ volatile("bar.sync 0;" ::: "memory")
#define BARRIER_ALL() BARRIER()
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#define FLOOR(x) __builtin_floorf(x)
#define ROOT(x) __builtin_sqrtf(x)
#define LEAST(a, b) __builtin_fminf(a, b)
#define MOST(a, b) __builtin_fmaxf(a, b)
#define WHOLE(x) ((uint)(int)(x))

static inline __attribute__((always_inline)) uint bits_of(float x)
{
    union { float number; uint bits; } both = { .number = x };
    return both.bits;
}

static inline __attribute__((always_inline)) float number_of(uint x)
{
    union { uint bits; float number; } both = { .bits = x };
    return both.number;
}

static inline __attribute__((always_inline)) void add_local(__local uint* word, uint value)
{
    __asm__ volatile("red.shared.add.u32 [%0], %1;" :: "l"(word), "r"(value) : "memory");
}

static inline __attribute__((always_inline)) uint add_global(__global uint* word, uint value)
{
    uint old;
    __asm__ volatile("atom.global.add.u32 %0, [%1], %2;" : "=r"(old) : "l"(word), "r"(value) : "memory");
    return old;
}

#define INLINE static inline __attribute__((always_inline))

#else

#define ITEM ((uint)get_local_id(0))
#define GROUP_X ((uint)get_group_id(0))
#define GROUP_Y ((uint)get_group_id(1))
#define GROUPS_X ((uint)get_num_groups(0))
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#define BARRIER_ALL() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#define FMA(a, b, c) fma(a, b, c)
#define FLOOR(x) floor(x)
#define ROOT(x) sqrt(x)
#define LEAST(a, b) fmin(a, b)
#define MOST(a, b) fmax(a, b)
#define WHOLE(x) ((uint)convert_int_rtz(x))
#define bits_of(x) as_uint(x)
#define number_of(x) as_float(x)
#define add_local(word, value) ((void)atomic_add((volatile __local uint*)(word), value))
#define add_global(word, value) atomic_add((volatile __global uint*)(word), value)
#define INLINE static inline

#endif

// Scores of an item stay in registers where loops over them are unrolled. A processor has no use for that, and its
// compiler takes minutes over it: there the loops stay loops.
#if defined(PROCESSOR)
#define UNROLL _Pragma("nounroll")
#else
#define UNROLL _Pragma("unroll")
#endif
#define KERNEL __attribute__((reqd_work_group_size(ITEMS, 1, 1))) __kernel void
#define ITEMS 256u // of every group
