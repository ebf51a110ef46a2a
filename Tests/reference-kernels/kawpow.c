/* KawPow (ProgPoW 0.9.4 with Ravencoin's constants), a plain translation: what the benchmark compares the product with.
 *
 *   cc -O3 -shared -fPIC kawpow.c -o libkawpow-reference.so
 *
 * Twice: item after item, as the specification reads (`reference_kawpow_hash_plain`), and with the four items of one
 * 2048-bit dataset word side by side, as the field's implementation has them (`reference_kawpow_hash`). Nothing else is
 * arranged for speed. The caller allocates with malloc. Words are little-endian; an x86-64 or arm64 is assumed.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 16, REGS = 32, ROUNDS = 64, CACHE_ACCESSES = 11, MATH_OPERATIONS = 18, L1_WORDS = 4096, PARENTS = 512 };

static const uint32_t FNV_PRIME = 0x01000193, FNV_BASIS = 0x811c9dc5;

static uint32_t fnv1(uint32_t u, uint32_t v) { return (u * FNV_PRIME) ^ v; }
static uint32_t fnv1a(uint32_t u, uint32_t v) { return (u ^ v) * FNV_PRIME; }
static uint32_t rotl32(uint32_t x, uint32_t n) { return x << (n & 31) | x >> (-n & 31); }
static uint32_t rotr32(uint32_t x, uint32_t n) { return x >> (n & 31) | x << (-n & 31); }
static uint32_t clz32(uint32_t x) { return x ? (uint32_t)__builtin_clz(x) : 32; }
static uint64_t rotl64(uint64_t x, unsigned n) { return x << n | x >> (64 - n); }

/* Keccak, lanes in locals as every serious C implementation has them. */
static const uint64_t ROUND_CONSTANTS[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

#define KECCAK(NAME, WORD, ROT, ROUND_COUNT)                                                                           \
    static void NAME(WORD *s)                                                                                          \
    {                                                                                                                  \
        WORD a0 = s[0], a1 = s[1], a2 = s[2], a3 = s[3], a4 = s[4], a5 = s[5], a6 = s[6], a7 = s[7], a8 = s[8];        \
        WORD a9 = s[9], a10 = s[10], a11 = s[11], a12 = s[12], a13 = s[13], a14 = s[14], a15 = s[15], a16 = s[16];     \
        WORD a17 = s[17], a18 = s[18], a19 = s[19], a20 = s[20], a21 = s[21], a22 = s[22], a23 = s[23], a24 = s[24];   \
        for (int round = 0; round < ROUND_COUNT; ++round) {                                                            \
            WORD c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20, c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21, c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;       \
            WORD c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23, c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;                                       \
            WORD d0 = c4 ^ ROT(c1, 1), d1 = c0 ^ ROT(c2, 1), d2 = c1 ^ ROT(c3, 1), d3 = c2 ^ ROT(c4, 1);               \
            WORD d4 = c3 ^ ROT(c0, 1);                                                                                 \
            WORD b0, b1, b2, b3, b4;                                                                                   \
            b0 = a0 ^ d0, b1 = ROT(a6 ^ d1, 44), b2 = ROT(a12 ^ d2, 43), b3 = ROT(a18 ^ d3, 21);                       \
            b4 = ROT(a24 ^ d4, 14);                                                                                    \
            WORD e0 = b0 ^ (~b1 & b2) ^ (WORD)ROUND_CONSTANTS[round], e1 = b1 ^ (~b2 & b3), e2 = b2 ^ (~b3 & b4);      \
            WORD e3 = b3 ^ (~b4 & b0), e4 = b4 ^ (~b0 & b1);                                                           \
            b0 = ROT(a3 ^ d3, 28), b1 = ROT(a9 ^ d4, 20), b2 = ROT(a10 ^ d0, 3), b3 = ROT(a16 ^ d1, 45);               \
            b4 = ROT(a22 ^ d2, 61);                                                                                    \
            WORD e5 = b0 ^ (~b1 & b2), e6 = b1 ^ (~b2 & b3), e7 = b2 ^ (~b3 & b4), e8 = b3 ^ (~b4 & b0);               \
            WORD e9 = b4 ^ (~b0 & b1);                                                                                 \
            b0 = ROT(a1 ^ d1, 1), b1 = ROT(a7 ^ d2, 6), b2 = ROT(a13 ^ d3, 25), b3 = ROT(a19 ^ d4, 8);                 \
            b4 = ROT(a20 ^ d0, 18);                                                                                    \
            WORD e10 = b0 ^ (~b1 & b2), e11 = b1 ^ (~b2 & b3), e12 = b2 ^ (~b3 & b4), e13 = b3 ^ (~b4 & b0);           \
            WORD e14 = b4 ^ (~b0 & b1);                                                                                \
            b0 = ROT(a4 ^ d4, 27), b1 = ROT(a5 ^ d0, 36), b2 = ROT(a11 ^ d1, 10), b3 = ROT(a17 ^ d2, 15);              \
            b4 = ROT(a23 ^ d3, 56);                                                                                    \
            WORD e15 = b0 ^ (~b1 & b2), e16 = b1 ^ (~b2 & b3), e17 = b2 ^ (~b3 & b4), e18 = b3 ^ (~b4 & b0);           \
            WORD e19 = b4 ^ (~b0 & b1);                                                                                \
            b0 = ROT(a2 ^ d2, 62), b1 = ROT(a8 ^ d3, 55), b2 = ROT(a14 ^ d4, 39), b3 = ROT(a15 ^ d0, 41);              \
            b4 = ROT(a21 ^ d1, 2);                                                                                     \
            a20 = b0 ^ (~b1 & b2), a21 = b1 ^ (~b2 & b3), a22 = b2 ^ (~b3 & b4), a23 = b3 ^ (~b4 & b0);                \
            a24 = b4 ^ (~b0 & b1);                                                                                     \
            a0 = e0, a1 = e1, a2 = e2, a3 = e3, a4 = e4, a5 = e5, a6 = e6, a7 = e7, a8 = e8, a9 = e9;                  \
            a10 = e10, a11 = e11, a12 = e12, a13 = e13, a14 = e14, a15 = e15, a16 = e16, a17 = e17, a18 = e18;         \
            a19 = e19;                                                                                                 \
        }                                                                                                              \
        s[0] = a0, s[1] = a1, s[2] = a2, s[3] = a3, s[4] = a4, s[5] = a5, s[6] = a6, s[7] = a7, s[8] = a8;             \
        s[9] = a9, s[10] = a10, s[11] = a11, s[12] = a12, s[13] = a13, s[14] = a14, s[15] = a15, s[16] = a16;          \
        s[17] = a17, s[18] = a18, s[19] = a19, s[20] = a20, s[21] = a21, s[22] = a22, s[23] = a23, s[24] = a24;        \
    }

#define ROT32(x, n) ((n) % 32 == 0 ? (x) : ((x) << ((n) % 32) | (x) >> ((32 - (n) % 32) % 32)))
KECCAK(keccak_f1600, uint64_t, rotl64, 24)
KECCAK(keccak_f800, uint32_t, ROT32, 22)

/* Keccak-256 or Keccak-512 with the padding from before FIPS 202; at most one block of input. */
static void keccak(uint8_t *digest, size_t digest_size, const uint8_t *data, size_t size)
{
    uint64_t state[25] = {0};
    size_t rate = 200 - 2 * digest_size;
    uint8_t *bytes = (uint8_t *)state;
    memcpy(bytes, data, size);
    bytes[size] ^= 0x01;
    bytes[rate - 1] ^= 0x80;
    keccak_f1600(state);
    memcpy(digest, state, digest_size);
}

static uint32_t largest_prime(uint32_t bound)
{
    for (uint32_t n = bound;; --n) {
        int prime = n % 2 == 1;
        for (uint32_t d = 3; prime && (uint64_t)d * d <= n; d += 2)
            prime = n % d != 0;
        if (prime)
            return n;
    }
}

static uint32_t cache_items(uint32_t epoch) { return largest_prime((1u << 18) + epoch * (1u << 11)); }
static uint32_t dataset_items(uint32_t epoch) { return largest_prime((1u << 23) + epoch * (1u << 16)); }

size_t reference_kawpow_cache_items(uint32_t epoch) { return cache_items(epoch); }

typedef union {
    uint64_t words64[8];
    uint32_t words[16];
    uint8_t bytes[64];
} item_t;

void reference_kawpow_light_cache(uint32_t epoch, void *memory)
{
    item_t *cache = memory;
    uint32_t count = cache_items(epoch);
    uint8_t seed[32] = {0};
    for (uint32_t i = 0; i < epoch; ++i)
        keccak(seed, 32, seed, 32);
    keccak(cache[0].bytes, 64, seed, 32);
    for (uint32_t i = 1; i < count; ++i)
        keccak(cache[i].bytes, 64, cache[i - 1].bytes, 64);
    for (int round = 0; round < 3; ++round)
        for (uint32_t i = 0; i < count; ++i) {
            const item_t *v = &cache[cache[i].words[0] % count], *w = &cache[(count + i - 1) % count];
            item_t x;
            for (int j = 0; j < 8; ++j)
                x.words64[j] = v->words64[j] ^ w->words64[j];
            keccak(cache[i].bytes, 64, x.bytes, 64);
        }
}

typedef struct {
    uint32_t seed;
    item_t mix;
} item_state;

static void start(item_state *state, const item_t *cache, uint32_t count, uint32_t index)
{
    state->seed = index;
    state->mix = cache[index % count];
    state->mix.words[0] ^= index;
    keccak(state->mix.bytes, 64, state->mix.bytes, 64);
}

static void update(item_state *state, const item_t *cache, uint32_t count, uint32_t round)
{
    uint32_t t = fnv1(state->seed ^ round, state->mix.words[round % 16]);
    const item_t *parent = &cache[t % count];
    for (int i = 0; i < 16; ++i)
        state->mix.words[i] = fnv1(state->mix.words[i], parent->words[i]);
}

/* 256 bytes: the dataset items 4 * index to 4 * index + 3. */
static void dataset_word(const item_t *cache, uint32_t count, uint32_t index, item_t out[4])
{
    item_state s[4];
    for (uint32_t i = 0; i < 4; ++i)
        start(&s[i], cache, count, 4 * index + i);
    for (uint32_t round = 0; round < PARENTS; ++round) {
        update(&s[0], cache, count, round);
        update(&s[1], cache, count, round);
        update(&s[2], cache, count, round);
        update(&s[3], cache, count, round);
    }
    for (int i = 0; i < 4; ++i)
        keccak(out[i].bytes, 64, s[i].mix.bytes, 64);
}

/* The same, one item after the other. */
static void dataset_word_plain(const item_t *cache, uint32_t count, uint32_t index, item_t out[4])
{
    for (uint32_t i = 0; i < 4; ++i) {
        item_state s;
        start(&s, cache, count, 4 * index + i);
        for (uint32_t round = 0; round < PARENTS; ++round)
            update(&s, cache, count, round);
        keccak(out[i].bytes, 64, s.mix.bytes, 64);
    }
}

typedef void (*dataset_function)(const item_t *, uint32_t, uint32_t, item_t[4]);

void reference_kawpow_l1(uint32_t epoch, const void *cache, void *l1)
{
    uint32_t count = cache_items(epoch);
    for (uint32_t i = 0; i < L1_WORDS * 4 / 256; ++i)
        dataset_word(cache, count, i, (item_t *)l1 + 4 * i);
}

typedef struct {
    uint32_t z, w, jsr, jcong;
} kiss99;

static uint32_t kiss(kiss99 *k)
{
    k->z = 36969 * (k->z & 0xffff) + (k->z >> 16);
    k->w = 18000 * (k->w & 0xffff) + (k->w >> 16);
    k->jcong = 69069 * k->jcong + 1234567;
    k->jsr ^= k->jsr << 17;
    k->jsr ^= k->jsr >> 13;
    k->jsr ^= k->jsr << 5;
    return (((k->z << 16) + k->w) ^ k->jcong) + k->jsr;
}

typedef struct {
    kiss99 rng;
    uint32_t dst_count, src_count, dst[REGS], src[REGS];
} program;

static program make_program(uint32_t period)
{
    program p = {.dst_count = 0, .src_count = 0};
    p.rng.z = fnv1a(FNV_BASIS, period);
    p.rng.w = fnv1a(p.rng.z, 0);
    p.rng.jsr = fnv1a(p.rng.w, period);
    p.rng.jcong = fnv1a(p.rng.jsr, 0);
    for (uint32_t i = 0; i < REGS; ++i)
        p.dst[i] = p.src[i] = i;
    for (uint32_t i = REGS; i > 1; --i) {
        uint32_t j = kiss(&p.rng) % i, x = p.dst[i - 1];
        p.dst[i - 1] = p.dst[j], p.dst[j] = x;
        j = kiss(&p.rng) % i, x = p.src[i - 1];
        p.src[i - 1] = p.src[j], p.src[j] = x;
    }
    return p;
}

static uint32_t random_math(uint32_t a, uint32_t b, uint32_t selector)
{
    switch (selector % 11) {
    case 1: return a * b;
    case 2: return (uint32_t)((uint64_t)a * b >> 32);
    case 3: return a < b ? a : b;
    case 4: return rotl32(a, b);
    case 5: return rotr32(a, b);
    case 6: return a & b;
    case 7: return a | b;
    case 8: return a ^ b;
    case 9: return clz32(a) + clz32(b);
    case 10: return (uint32_t)(__builtin_popcount(a) + __builtin_popcount(b));
    default: return a + b;
    }
}

static void random_merge(uint32_t *a, uint32_t b, uint32_t selector)
{
    uint32_t n = (selector >> 16) % 31 + 1;
    switch (selector % 4) {
    case 0: *a = *a * 33 + b; break;
    case 1: *a = (*a ^ b) * 33; break;
    case 2: *a = rotl32(*a, n) ^ b; break;
    default: *a = rotr32(*a, n) ^ b; break;
    }
}

static void progpow_round(uint32_t words, const item_t *cache, uint32_t count, const uint32_t *l1, uint32_t r,
                          uint32_t mix[LANES][REGS], program p, dataset_function dataset)
{
    union {
        item_t items[4];
        uint32_t words[64];
    } data;
    dataset(cache, count, mix[r % LANES][0] % words, data.items);
    for (int i = 0; i < MATH_OPERATIONS; ++i) {
        if (i < CACHE_ACCESSES) {
            uint32_t src = p.src[p.src_count++ % REGS], dst = p.dst[p.dst_count++ % REGS], selector = kiss(&p.rng);
            for (int l = 0; l < LANES; ++l)
                random_merge(&mix[l][dst], l1[mix[l][src] % L1_WORDS], selector);
        }
        uint32_t random = kiss(&p.rng) % (REGS * (REGS - 1)), src1 = random % REGS, src2 = random / REGS;
        if (src2 >= src1)
            ++src2;
        uint32_t operation = kiss(&p.rng), dst = p.dst[p.dst_count++ % REGS], selector = kiss(&p.rng);
        for (int l = 0; l < LANES; ++l)
            random_merge(&mix[l][dst], random_math(mix[l][src1], mix[l][src2], operation), selector);
    }
    uint32_t dsts[4], selectors[4];
    for (int i = 0; i < 4; ++i) {
        dsts[i] = i == 0 ? 0 : p.dst[p.dst_count++ % REGS];
        selectors[i] = kiss(&p.rng);
    }
    for (uint32_t l = 0; l < LANES; ++l)
        for (uint32_t i = 0; i < 4; ++i)
            random_merge(&mix[l][dsts[i]], data.words[(l ^ r) % LANES * 4 + i], selectors[i]);
}

/* Sic: the first letter is small. */
static const uint32_t RAVENCOIN[15] = {'r', 'A', 'V', 'E', 'N', 'C', 'O', 'I', 'N', 'K', 'A', 'W', 'P', 'O', 'W'};

static void absorb(uint32_t state[25], const uint8_t header[32], uint64_t nonce)
{
    memcpy(state, header, 32);
    state[8] = (uint32_t)nonce;
    state[9] = (uint32_t)(nonce >> 32);
    memcpy(state + 10, RAVENCOIN, 60);
    keccak_f800(state);
}

static void finish(uint32_t state[25], const uint8_t mix[32], uint8_t final_hash[32])
{
    memcpy(state + 8, mix, 32);
    memcpy(state + 16, RAVENCOIN, 36);
    keccak_f800(state);
    memcpy(final_hash, state, 32);
}

void reference_kawpow_final(const uint8_t header[32], uint64_t nonce, const uint8_t mix[32], uint8_t final_hash[32])
{
    uint32_t state[25];
    absorb(state, header, nonce);
    finish(state, mix, final_hash);
}

static void kawpow(uint32_t epoch, const void *cache, const void *l1, uint32_t height, const uint8_t header[32],
                   uint64_t nonce, uint8_t mix_hash[32], uint8_t final_hash[32], dataset_function dataset)
{
    uint32_t count = cache_items(epoch), words = dataset_items(epoch) / 2;
    uint32_t state[25], mix[LANES][REGS], digest[8];
    absorb(state, header, nonce);
    uint32_t z = fnv1a(FNV_BASIS, state[0]), w = fnv1a(z, state[1]);
    for (uint32_t l = 0; l < LANES; ++l) {
        kiss99 rng = {z, w, fnv1a(w, l), 0};
        rng.jcong = fnv1a(rng.jsr, l);
        for (int i = 0; i < REGS; ++i)
            mix[l][i] = kiss(&rng);
    }
    program p = make_program(height / 3);
    for (uint32_t r = 0; r < ROUNDS; ++r)
        progpow_round(words, cache, count, l1, r, mix, p, dataset);
    for (int i = 0; i < 8; ++i)
        digest[i] = FNV_BASIS;
    for (int l = 0; l < LANES; ++l) {
        uint32_t lane = FNV_BASIS;
        for (int i = 0; i < REGS; ++i)
            lane = fnv1a(lane, mix[l][i]);
        digest[l % 8] = fnv1a(digest[l % 8], lane);
    }
    memcpy(mix_hash, digest, 32);
    finish(state, mix_hash, final_hash);
}

void reference_kawpow_hash(uint32_t epoch, const void *cache, const void *l1, uint32_t height, const uint8_t header[32],
                           uint64_t nonce, uint8_t mix_hash[32], uint8_t final_hash[32])
{
    kawpow(epoch, cache, l1, height, header, nonce, mix_hash, final_hash, dataset_word);
}

void reference_kawpow_hash_plain(uint32_t epoch, const void *cache, const void *l1, uint32_t height,
                                 const uint8_t header[32], uint64_t nonce, uint8_t mix_hash[32],
                                 uint8_t final_hash[32])
{
    kawpow(epoch, cache, l1, height, header, nonce, mix_hash, final_hash, dataset_word_plain);
}
