/* The plane split and the differences, compiled: byte for byte what planes.py and ordered.py do.
 *
 * Plain C without Python in it; compiled.py calls it. Nothing here allocates memory or keeps state,
 * every array is given with its length, and planes do not overlap anything else.
 * What the steps mean is written in docs/specs/encoded-piece.md.
 *
 * A machine that is not little-endian has no accelerator: compiled.py does not load one there.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif
#define EXPORT __attribute__((visibility("default")))

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;

/* Changes with the meaning of any function below; compiled.py refuses another one. */
EXPORT int emeritus_kernels_version(void) { return 1; }

#define TOP(T) ((T)((T)1 << (8 * sizeof(T) - 1)))
#define LEFT(T, x) ((T)(((x) << 1) | ((x) >> (8 * sizeof(T) - 1))))
#define RIGHT(T, x) ((T)(((x) >> 1) | ((x) << (8 * sizeof(T) - 1))))
/* All ones where the highest bit is set, else 0. */
#define SIGNS(T, x) ((T)(0 - ((x) >> (8 * sizeof(T) - 1))))
#define ORDERED(T, x) ((T)((x) ^ (SIGNS(T, x) | TOP(T))))

#define ZIGZAG(T, d) ((T)(((d) << 1) ^ SIGNS(T, d)))
#define UNZIGZAG(T, z) ((T)(((z) >> 1) ^ (T)(0 - ((z) & 1))))
#define MOVED(T, new, base) ZIGZAG(T, (T)(ORDERED(T, new) - ORDERED(T, base)))

static inline u16 put_back16(u16 z, u16 base) {
    u16 p = (u16)(ORDERED(u16, base) + UNZIGZAG(u16, z));
    return (u16)(p ^ ((u16)~SIGNS(u16, p) | TOP(u16)));
}

static inline u32 put_back32(u32 z, u32 base) {
    u32 p = ORDERED(u32, base) + UNZIGZAG(u32, z);
    return p ^ (~SIGNS(u32, p) | TOP(u32));
}

/* Elements of 2 bytes: turned is 0 for as they are, 1 for rotated, 2 for differences from base. */
EXPORT WIDE void emeritus_split2(const u16 *in, const u16 *base, size_t n, int turned, u8 *low,
                                 u8 *high) {
    if (turned == 2) {
        for (size_t i = 0; i < n; i++) {
            u16 x = MOVED(u16, in[i], base[i]);
            low[i] = (u8)x;
            high[i] = (u8)(x >> 8);
        }
    } else if (turned == 1) {
        for (size_t i = 0; i < n; i++) {
            u16 x = LEFT(u16, in[i]);
            low[i] = (u8)x;
            high[i] = (u8)(x >> 8);
        }
    } else {
        for (size_t i = 0; i < n; i++) {
            low[i] = (u8)in[i];
            high[i] = (u8)(in[i] >> 8);
        }
    }
}

EXPORT WIDE void emeritus_join2(const u8 *low, const u8 *high, const u16 *base, size_t n,
                                int turned, u16 *out) {
    if (turned == 2) {
        for (size_t i = 0; i < n; i++)
            out[i] = put_back16((u16)(low[i] | high[i] << 8), base[i]);
    } else if (turned == 1) {
        for (size_t i = 0; i < n; i++) {
            u16 x = (u16)(low[i] | high[i] << 8);
            out[i] = RIGHT(u16, x);
        }
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = (u16)(low[i] | high[i] << 8);
    }
}

/* Elements of 4 bytes; planes of the lowest byte first. */
EXPORT WIDE void emeritus_split4(const u32 *in, const u32 *base, size_t n, int turned, u8 *a, u8 *b,
                                 u8 *c, u8 *d) {
#define CUT4(x)                                                                                    \
    do {                                                                                           \
        a[i] = (u8)(x);                                                                            \
        b[i] = (u8)((x) >> 8);                                                                     \
        c[i] = (u8)((x) >> 16);                                                                    \
        d[i] = (u8)((x) >> 24);                                                                    \
    } while (0)
    if (turned == 2) {
        for (size_t i = 0; i < n; i++) {
            u32 x = MOVED(u32, in[i], base[i]);
            CUT4(x);
        }
    } else if (turned == 1) {
        for (size_t i = 0; i < n; i++) {
            u32 x = LEFT(u32, in[i]);
            CUT4(x);
        }
    } else {
        for (size_t i = 0; i < n; i++)
            CUT4(in[i]);
    }
}

#define WHOLE4 ((u32)a[i] | (u32)b[i] << 8 | (u32)c[i] << 16 | (u32)d[i] << 24)

EXPORT WIDE void emeritus_join4(const u8 *a, const u8 *b, const u8 *c, const u8 *d, const u32 *base,
                                size_t n, int turned, u32 *out) {
    if (turned == 2) {
        for (size_t i = 0; i < n; i++)
            out[i] = put_back32(WHOLE4, base[i]);
    } else if (turned == 1) {
        for (size_t i = 0; i < n; i++) {
            u32 x = WHOLE4;
            out[i] = RIGHT(u32, x);
        }
    } else {
        for (size_t i = 0; i < n; i++)
            out[i] = WHOLE4;
    }
}

/* How many elements have each key: the 8 bits below the highest. size is 2 or 4. */
EXPORT void emeritus_count_keys(const u8 *base, size_t n, int size, u32 *counts) {
    u32 apart[4][256];
    memset(apart, 0, sizeof apart);
    if (size == 2) {
        const u16 *b = (const u16 *)base;
        for (size_t i = 0; i < n; i++)
            apart[i & 3][(b[i] >> 7) & 255]++;
    } else {
        const u32 *b = (const u32 *)base;
        for (size_t i = 0; i < n; i++)
            apart[i & 3][(b[i] >> 23) & 255]++;
    }
    for (int key = 0; key < 256; key++)
        counts[key] = apart[0][key] + apart[1][key] + apart[2][key] + apart[3][key];
}

/* Differences, in the order of their keys; next[key] is where the first element of a key goes. */
EXPORT void emeritus_order2(const u16 *in, const u16 *base, size_t n, u32 *next, u8 *low,
                            u8 *high) {
    for (size_t i = 0; i < n; i++) {
        u32 at = next[(base[i] >> 7) & 255]++;
        u16 x = MOVED(u16, in[i], base[i]);
        low[at] = (u8)x;
        high[at] = (u8)(x >> 8);
    }
}

EXPORT void emeritus_place2(const u8 *low, const u8 *high, const u16 *base, size_t n, u32 *next,
                            u16 *out) {
    for (size_t i = 0; i < n; i++) {
        u32 at = next[(base[i] >> 7) & 255]++;
        out[i] = put_back16((u16)(low[at] | high[at] << 8), base[i]);
    }
}

EXPORT void emeritus_order4(const u32 *in, const u32 *base, size_t n, u32 *next, u8 *a, u8 *b,
                            u8 *c, u8 *d) {
    for (size_t j = 0; j < n; j++) {
        u32 i = next[(base[j] >> 23) & 255]++;
        u32 x = MOVED(u32, in[j], base[j]);
        CUT4(x);
    }
}

EXPORT void emeritus_place4(const u8 *a, const u8 *b, const u8 *c, const u8 *d, const u32 *base,
                            size_t n, u32 *next, u32 *out) {
    for (size_t j = 0; j < n; j++) {
        u32 i = next[(base[j] >> 23) & 255]++;
        out[j] = put_back32(WHOLE4, base[j]);
    }
}

/* One plane out of elements of any size, or back into them: width bytes at every stride. */
#define COPY(W)                                                                                    \
    case W:                                                                                        \
        for (size_t i = 0; i < n; i++)                                                             \
            memcpy(to + i * to_stride, from + i * from_stride, W);                                 \
        break

static void spread(const u8 *from, size_t from_stride, u8 *to, size_t to_stride, size_t n,
                   size_t width) {
    switch (width) {
        COPY(1);
        COPY(2);
        COPY(4);
        COPY(8);
        COPY(12);
        COPY(16);
        COPY(32);
        COPY(64);
        COPY(128);
    default:
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * to_stride, from + i * from_stride, width);
    }
}

EXPORT void emeritus_take(const u8 *elements, size_t size, size_t n, size_t width, u8 *plane) {
    spread(elements, size, plane, width, n, width);
}

EXPORT void emeritus_give(const u8 *plane, size_t size, size_t n, size_t width, u8 *elements) {
    spread(plane, width, elements, size, n, width);
}

EXPORT int emeritus_same(const u8 *one, const u8 *two, size_t n) { return memcmp(one, two, n) == 0; }
