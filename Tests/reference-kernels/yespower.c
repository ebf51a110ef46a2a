// yespower 0.5 and 1.0 with SSE2, the opponent of Sources/Hashing/Yespower*.swift in benchmarks and the origin of the
// golden values in YespowerTests.swift. Not part of the product.
//
//   cc -O3 -shared -fPIC -o libreference.so yespower.c -lcrypto
#define OPENSSL_SUPPRESS_DEPRECATED
#include <emmintrin.h>
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))

typedef struct {
  __m128i q[4];
} block;  // 64 bytes; as Salsa20 state its words lie along the diagonals

typedef struct {
  uint8_t *s0, *s1, *s2;
  size_t w;
} boxes;

// ---- PBKDF2 and HMAC ------------------------------------------------------------------------------------------------

typedef struct {
  SHA256_CTX inner, outer;
} hmac;

static void hmac_key(hmac *m, const uint8_t *key, size_t count) {
  uint8_t pad[64] = {0};
  if (count > 64) SHA256(key, count, pad);
  else if (count > 0) memcpy(pad, key, count);
  for (int i = 0; i < 64; i++) pad[i] ^= 0x36;
  SHA256_Init(&m->inner);
  SHA256_Update(&m->inner, pad, 64);
  for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
  SHA256_Init(&m->outer);
  SHA256_Update(&m->outer, pad, 64);
}

static void hmac_finish(const hmac *m, SHA256_CTX *inner, uint8_t out[32]) {
  SHA256_CTX outer = m->outer;
  SHA256_Final(out, inner);
  SHA256_Update(&outer, out, 32);
  SHA256_Final(out, &outer);
}

static void hmac_message(const hmac *m, const uint8_t *message, size_t count, uint8_t out[32]) {
  SHA256_CTX inner = m->inner;
  SHA256_Update(&inner, message, count);
  hmac_finish(m, &inner, out);
}

static void pbkdf2(const hmac *m, const uint8_t *salt, size_t salt_count, uint8_t *out, size_t out_count) {
  SHA256_CTX salted = m->inner;
  SHA256_Update(&salted, salt, salt_count);
  for (uint32_t i = 0; i < out_count / 32; i++) {
    uint32_t number = i + 1;
    uint8_t be[4] = {number >> 24, number >> 16, number >> 8, number};
    SHA256_CTX inner = salted;
    SHA256_Update(&inner, be, 4);
    hmac_finish(m, &inner, out + 32 * i);
  }
}

// ---- Salsa20 and pwxform --------------------------------------------------------------------------------------------

#define ARX(out, a, b, n)                                        \
  do {                                                           \
    __m128i t = _mm_add_epi32(a, b);                             \
    out = _mm_xor_si128(out, _mm_slli_epi32(t, n));              \
    out = _mm_xor_si128(out, _mm_srli_epi32(t, 32 - (n)));       \
  } while (0)

ALWAYS void salsa(block *x, int rounds) {
  __m128i a = x->q[0], b = x->q[1], c = x->q[2], d = x->q[3];
  for (int i = 0; i < rounds; i += 2) {
    ARX(b, a, d, 7);
    ARX(c, b, a, 9);
    ARX(d, c, b, 13);
    ARX(a, d, c, 18);
    b = _mm_shuffle_epi32(b, 0x93);
    c = _mm_shuffle_epi32(c, 0x4e);
    d = _mm_shuffle_epi32(d, 0x39);
    ARX(d, a, b, 7);
    ARX(c, d, a, 9);
    ARX(b, c, d, 13);
    ARX(a, b, c, 18);
    b = _mm_shuffle_epi32(b, 0x39);
    c = _mm_shuffle_epi32(c, 0x4e);
    d = _mm_shuffle_epi32(d, 0x93);
  }
  x->q[0] = _mm_add_epi32(x->q[0], a);
  x->q[1] = _mm_add_epi32(x->q[1], b);
  x->q[2] = _mm_add_epi32(x->q[2], c);
  x->q[3] = _mm_add_epi32(x->q[3], d);
}

#define LOOKUP(x, mask, s0, s1)                                                        \
  do {                                                                                 \
    uint64_t at = (uint64_t)_mm_cvtsi128_si64(x) & (mask);                             \
    x = _mm_mul_epu32(_mm_srli_epi64(x, 32), x);                                       \
    x = _mm_add_epi64(x, *(const __m128i *)((s0) + (uint32_t)at));                     \
    x = _mm_xor_si128(x, *(const __m128i *)((s1) + (at >> 32)));                       \
  } while (0)

#define MASK_0_5 0x00000ff000000ff0ULL
#define MASK_1_0 0x00007ff000007ff0ULL

ALWAYS void pwxform_0_5(block *x, const boxes *box) {
  const uint8_t *s0 = box->s0, *s1 = box->s1;
  __m128i a = x->q[0], b = x->q[1], c = x->q[2], d = x->q[3];
  for (int i = 0; i < 6; i++) {
    LOOKUP(a, MASK_0_5, s0, s1);
    LOOKUP(b, MASK_0_5, s0, s1);
    LOOKUP(c, MASK_0_5, s0, s1);
    LOOKUP(d, MASK_0_5, s0, s1);
  }
  x->q[0] = a, x->q[1] = b, x->q[2] = c, x->q[3] = d;
}

ALWAYS void pwxform_1_0(block *x, boxes *box) {
  uint8_t *s0 = box->s0, *s1 = box->s1, *s2 = box->s2;
  size_t w = box->w;
  __m128i a = x->q[0], b = x->q[1], c = x->q[2], d = x->q[3];
  for (int i = 0; i < 3; i++) {
    LOOKUP(a, MASK_1_0, s0, s1);
    *(__m128i *)(s0 + w) = a;
    LOOKUP(b, MASK_1_0, s0, s1);
    *(__m128i *)(s1 + w) = b;
    w += 16;
    LOOKUP(c, MASK_1_0, s0, s1);
    if (i == 0) *(__m128i *)(s0 + w) = c;
    LOOKUP(d, MASK_1_0, s0, s1);
    if (i == 0) {
      *(__m128i *)(s1 + w) = d;
      w += 16;
    }
  }
  x->q[0] = a, x->q[1] = b, x->q[2] = c, x->q[3] = d;
  box->s0 = s2, box->s1 = s0, box->s2 = s1;
  box->w = w & (((size_t)1 << 15) - 1);
}

// ---- Block mixing ---------------------------------------------------------------------------------------------------

ALWAYS void xor_into(block *x, const block *y) {
  for (int i = 0; i < 4; i++) x->q[i] = _mm_xor_si128(x->q[i], y->q[i]);
}

ALWAYS void pwxform(int version, block *x, boxes *box) {
  if (version == 5) {
    pwxform_0_5(x, box);
  } else {
    pwxform_1_0(x, box);
  }
}

// out <- mix(in), or mix(in ^ other); with `save` also other <- in ^ other. Gives the word that picks the next block.
ALWAYS uint32_t blockmix(
    int version, const block *in, block *other, int save, block *out, size_t count, boxes *shared) {
  boxes box = *shared;
  block x = in[count - 1];
  if (other) xor_into(&x, &other[count - 1]);
  for (size_t i = 0; i < count; i++) {
    if (count > 1) {
      block y = in[i];
      if (other) {
        xor_into(&y, &other[i]);
        if (save) other[i] = y;
      }
      xor_into(&x, &y);
    }
    pwxform(version, &x, &box);
    if (i + 1 < count) out[i] = x;
  }
  salsa(&x, version == 5 ? 8 : 2);
  out[count - 1] = x;
  *shared = box;
  return (uint32_t)_mm_cvtsi128_si32(x.q[0]);
}

ALWAYS uint32_t blockmix_salsa(int version, const block *in, const block *other, block *out) {
  block y0 = in[0], y1 = in[1];
  if (other) xor_into(&y0, &other[0]), xor_into(&y1, &other[1]);
  block x = y1;
  xor_into(&x, &y0);
  salsa(&x, version == 5 ? 8 : 2);
  out[0] = x;
  xor_into(&x, &y1);
  salsa(&x, version == 5 ? 8 : 2);
  out[1] = x;
  return (uint32_t)_mm_cvtsi128_si32(x.q[0]);
}

static void shuffle(const void *from, void *to, size_t count, int in) {
  for (size_t k = 0; k < count; k++) {
    uint32_t x[16], y[16];
    memcpy(x, (const uint8_t *)from + 64 * k, 64);
    for (int i = 0; i < 16; i++) y[in ? i : i * 5 % 16] = x[in ? i * 5 % 16 : i];
    memcpy((uint8_t *)to + 64 * k, y, 64);
  }
}

ALWAYS uint32_t wrap(uint32_t x, uint32_t i) {
  uint32_t n = (uint32_t)1 << (31 - __builtin_clz(i));
  return (x & (n - 1)) + (i - n);
}

// Fills the boxes: smix1 with r = 1 and Salsa20 in the place of pwxform.
ALWAYS void fill_boxes(int version, uint8_t *bytes, block *s, size_t pairs, block *x) {
  shuffle(bytes, s, 2, 1);
  uint32_t word = 0;
  for (uint32_t i = 0; i < pairs; i++) {
    block *out = i + 1 < pairs ? &s[2 * (i + 1)] : x;
    word = blockmix_salsa(version, &s[2 * i], i > 1 ? &s[2 * wrap(word, i)] : NULL, out);
  }
  shuffle(x, bytes, 2, 0);
}

ALWAYS void mix(int version, uint32_t N, size_t count, const uint8_t *bytes, block *v, block *x, boxes *box) {
  if (version == 5) {
    shuffle(bytes, v, count, 1);
  } else {
    shuffle(bytes, v, 2, 1);
    for (size_t k = 2; k < count; k += 2) blockmix(version, &v[k - 2], NULL, 0, &v[k], 2, box);
  }
  uint32_t word = 0;
  for (uint32_t i = 0; i < N; i++) {
    block *out = i + 1 < N ? &v[count * (i + 1)] : x;
    if (i > 1) {
      word = blockmix(version, &v[count * i], &v[count * wrap(word, i)], 0, out, count, box);
    } else {
      word = blockmix(version, &v[count * i], NULL, 0, out, count, box);
    }
  }
  uint32_t all = (N + 2) / 3, rw = all;
  all = (all + 1) & ~(uint32_t)1;
  rw = version == 5 ? rw & ~(uint32_t)1 : (rw + 1) & ~(uint32_t)1;
  uint32_t ro = all - rw;
  // The original writes V back unless its loop count is two.
  if (rw == 2) ro += 2, rw = 0;
  for (uint32_t i = 0; i < rw; i++) word = blockmix(version, x, &v[count * (word & (N - 1))], 1, x, count, box);
  for (uint32_t i = 0; i < ro; i++) word = blockmix(version, x, &v[count * (word & (N - 1))], 0, x, count, box);
}

// ---- The hash -------------------------------------------------------------------------------------------------------

static size_t box_bytes(int version) { return version == 5 ? 2 * 4096 : 3 * 32768; }

size_t reference_yespower_scratch(int version, uint32_t N, uint32_t r) {
  return (size_t)128 * r * ((size_t)N + 2) + box_bytes(version);
}

// `scratch` is aligned to 64 bytes.
void reference_yespower(
    int version, uint32_t N, uint32_t r, const uint8_t *pers, size_t pers_count, const uint8_t *input,
    size_t input_count, void *scratch, uint8_t out[32]) {
  const size_t count = 2 * (size_t)r, row = 64 * count, sbox = version == 5 ? 4096 : 32768;
  uint8_t *s = scratch;
  uint8_t *bytes = s + box_bytes(version);
  block *x = (block *)(bytes + row);
  block *v = (block *)(bytes + 2 * row);

  uint8_t digest[32];
  hmac key;
  SHA256(input, input_count, digest);
  hmac_key(&key, digest, 32);
  if (version == 5) {
    pbkdf2(&key, input, input_count, bytes, row);
  } else {
    pbkdf2(&key, pers, pers_count, bytes, 128);
  }
  memcpy(digest, bytes, 32);

  boxes box = {s, s + sbox, s + 2 * sbox, 0};
  if (version == 5) {
    fill_boxes(5, bytes, (block *)s, box_bytes(5) / 128, x);
    mix(5, N, count, bytes, v, x, &box);
  } else {
    fill_boxes(10, bytes, (block *)s, box_bytes(10) / 128, x);
    mix(10, N, count, bytes, v, x, &box);
  }
  shuffle(x, bytes, count, 0);

  if (version == 5) {
    hmac_key(&key, digest, 32);
    pbkdf2(&key, bytes, row, out, 32);
    if (pers_count > 0) {
      hmac_key(&key, out, 32);
      hmac_message(&key, pers, pers_count, digest);
      SHA256(digest, 32, out);
    }
  } else {
    hmac_key(&key, bytes + row - 64, 64);
    hmac_message(&key, digest, 32, out);
  }
}
