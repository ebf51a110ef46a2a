// What `zion bench hash` compares the kernels for sha256d, scrypt, SHA-3 and Cosmic Harmony with: OpenSSL, at its
// best, and BLAKE3 as its authors' portable C has it. Not a part of the product.
//
// cc -O3 -fPIC -shared cosmic_harmony.c -o cosmic_harmony.so -lcrypto

#define OPENSSL_SUPPRESS_DEPRECATED 1
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <string.h>

// ---- BLAKE3, scalar, little-endian ("BLAKE3: one function, fast everywhere", section 2)

static const uint32_t blake3_iv[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint8_t blake3_schedule[7][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1}, {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4}, {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13}};

enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

static inline uint32_t rotr32(uint32_t x, int n) { return x >> n | x << (32 - n); }

static inline void g(uint32_t *v, int a, int b, int c, int d, uint32_t x, uint32_t y) {
  v[a] = v[a] + v[b] + x;
  v[d] = rotr32(v[d] ^ v[a], 16);
  v[c] = v[c] + v[d];
  v[b] = rotr32(v[b] ^ v[c], 12);
  v[a] = v[a] + v[b] + y;
  v[d] = rotr32(v[d] ^ v[a], 8);
  v[c] = v[c] + v[d];
  v[b] = rotr32(v[b] ^ v[c], 7);
}

static inline void blake3_round(uint32_t *v, const uint32_t *m, int round) {
  const uint8_t *s = blake3_schedule[round];
  g(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
  g(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
  g(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
  g(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
  g(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
  g(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
  g(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
  g(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
}

static void blake3_compress(
    uint32_t cv[8], const uint8_t block[64], uint32_t count, uint64_t counter, uint32_t flags) {
  uint32_t m[16], v[16];
  memcpy(m, block, 64);
  memcpy(v, cv, 32);
  memcpy(v + 8, blake3_iv, 16);
  v[12] = (uint32_t)counter;
  v[13] = (uint32_t)(counter >> 32);
  v[14] = count;
  v[15] = flags;
  blake3_round(v, m, 0);
  blake3_round(v, m, 1);
  blake3_round(v, m, 2);
  blake3_round(v, m, 3);
  blake3_round(v, m, 4);
  blake3_round(v, m, 5);
  blake3_round(v, m, 6);
  for (int i = 0; i < 8; i++) cv[i] = v[i] ^ v[i + 8];
}

static void blake3_chunk(const uint8_t *input, size_t count, uint64_t counter, uint32_t end_flags, uint32_t cv[8]) {
  uint32_t flags = CHUNK_START;
  memcpy(cv, blake3_iv, 32);
  while (count > 64) {
    blake3_compress(cv, input, 64, counter, flags);
    input += 64;
    count -= 64;
    flags = 0;
  }
  uint8_t last[64] = {0};
  memcpy(last, input, count);
  blake3_compress(cv, last, (uint32_t)count, counter, flags | CHUNK_END | end_flags);
}

static void blake3_tree(const uint8_t *input, size_t count, uint64_t counter, uint32_t root, uint32_t cv[8]) {
  if (count <= 1024) {
    blake3_chunk(input, count, counter, root, cv);
    return;
  }
  size_t left = 1024;
  while (left * 2 < count) left *= 2;
  uint32_t children[16];
  blake3_tree(input, left, counter, 0, children);
  blake3_tree(input + left, count - left, counter + left / 1024, 0, children + 8);
  memcpy(cv, blake3_iv, 32);
  blake3_compress(cv, (const uint8_t *)children, 64, 0, PARENT | root);
}

void reference_blake3(const uint8_t *input, size_t count, uint8_t out[32]) {
  uint32_t cv[8];
  blake3_tree(input, count, 0, ROOT, cv);
  memcpy(out, cv, 32);
}

// ---- SHA-3: the algorithm fetched once, one context reused, which is what OpenSSL's manual advises for speed

typedef struct {
  EVP_MD *sha3_256, *sha3_512;
  EVP_MD_CTX *context;
} hashes;

static hashes *own(void) {
  static __thread hashes h;
  if (!h.context) {
    h.sha3_256 = EVP_MD_fetch(NULL, "SHA3-256", NULL);
    h.sha3_512 = EVP_MD_fetch(NULL, "SHA3-512", NULL);
    h.context = EVP_MD_CTX_new();
  }
  return &h;
}

static inline void digest(EVP_MD_CTX *context, EVP_MD *md, const uint8_t *input, size_t count, uint8_t *out) {
  EVP_DigestInit_ex2(context, md, NULL);
  EVP_DigestUpdate(context, input, count);
  EVP_DigestFinal_ex(context, out, NULL);
}

void reference_sha3_256(const uint8_t *input, size_t count, uint8_t out[32]) {
  hashes *h = own();
  digest(h->context, h->sha3_256, input, count, out);
}

void reference_sha3_512(const uint8_t *input, size_t count, uint8_t out[64]) {
  hashes *h = own();
  digest(h->context, h->sha3_512, input, count, out);
}

// ---- Cosmic Harmony (zion-cosmic-harmony.cpp of ZION 2.8, canonical mode)

static const uint64_t golden64 = 0x9e3779b97f4a7c15;
static const uint32_t golden32 = 0x9e3779b9;

static void mix_bytes(uint8_t state[32]) {
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 32; i++) {
      uint8_t x = state[i] ^ (uint8_t)(golden64 >> i);
      state[i] = (uint8_t)(x << 3 | x >> 5);
    }
    uint8_t first = state[0];
    memmove(state, state + 1, 31);
    state[31] = first;
  }
}

static void expand(const uint8_t input[32], uint8_t output[64]) {
  memcpy(output, input, 32);
  for (int i = 0; i < 32; i++) output[32 + i] = input[i] ^ (uint8_t)(golden64 >> (8 * (i % 8)));
  for (int wave = 0; wave < 3; wave++) {
    for (int i = 0; i < 64; i++) {
      uint8_t x = output[i];
      output[i] = (uint8_t)(x ^ (x << 1 | x >> 7)) ^ (uint8_t)(golden32 >> ((8 * wave + i) % 32));
    }
  }
}

static void matrix(const uint64_t input[8], uint64_t m[8]) {
  for (int i = 0; i < 8; i++) m[i] = golden64 * (uint64_t)(i + 1);
  for (int round = 0; round < 8; round++) {
    for (int i = 0; i < 8; i++) {
      uint64_t x = m[i] ^ input[round];
      m[i] = (x * golden64 ^ x >> 32) + golden64;
      if (i > 0) m[i] ^= m[i - 1];
    }
    uint64_t first = m[0];
    memmove(m, m + 1, 56);
    m[7] = first;
  }
}

void reference_cosmic_harmony(const uint8_t *input, size_t count, uint32_t nonce, uint8_t out[32]) {
  hashes *h = own();
  uint8_t message[count + 4];
  memcpy(message, input, count);
  memcpy(message + count, &nonce, 4);

  struct {
    uint8_t blake3[32], sha3_256[32];
    uint64_t sha3_512[8], matrix[8];
    uint32_t factor, nonce;
  } all;
  reference_blake3(message, count + 4, all.blake3);

  uint8_t mixed[32], expanded[64];
  memcpy(mixed, all.blake3, 32);
  mix_bytes(mixed);
  digest(h->context, h->sha3_256, mixed, 32, all.sha3_256);
  expand(all.sha3_256, expanded);
  digest(h->context, h->sha3_512, expanded, 64, (uint8_t *)all.sha3_512);
  matrix(all.sha3_512, all.matrix);

  uint64_t folded = 0;
  for (int i = 0; i < 8; i++) folded ^= all.matrix[i];
  all.factor = (uint32_t)(folded >> 32 ^ folded) * golden32 ^ nonce;
  all.nonce = nonce;
  reference_blake3((const uint8_t *)&all, 200, out);
}

// ---- OpenSSL alone

void reference_sha256d(const uint8_t *header80, uint8_t out[32]) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, header80, 80);
  SHA256_Final(out, &context);
  SHA256_Init(&context);
  SHA256_Update(&context, out, 32);
  SHA256_Final(out, &context);
}

// 1 when it worked.
int reference_scrypt(const uint8_t header[80], uint8_t out[32]) {
  return EVP_PBE_scrypt((const char *)header, 80, header, 80, 1024, 1, 1, 0, out, 32);
}
