// SHA256_Init and its kin are marked deprecated in OpenSSL 3 but stay the fastest way to SHA-NI:
// 153 ns a header, against 207 ns through a fetched EVP_MD.
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include <openssl/evp.h>
#include <openssl/sha.h>

// Not OpenSSL's: the one hint to the processor that Swift has no word for. It asks for a line of memory and does not
// wait; a load that misses would hold up everything behind it (KawPow's dataset: 2.2 times the hashes).
static inline void zion_prefetch(const void *address) { __builtin_prefetch(address); }
