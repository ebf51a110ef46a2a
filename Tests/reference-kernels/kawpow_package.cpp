// A plain C entry to the C++ library of PyPI's `kawpow` 0.9.4.4, for `zion bench hash --kawpow-package`. Compiled
// together with the package's own sources by Tests/tools/fetch-kawpow-reference.sh; not a part of the product.

#include <kawpow/kawpow.h>
#include <kawpow/progpow.hpp>

#include <cstring>

namespace {
kawpow_hash256 hash256(const uint8_t *bytes) {
  kawpow_hash256 hash;
  std::memcpy(hash.bytes, bytes, 32);
  return hash;
}
}  // namespace

extern "C" {

// The final hash of a claimed mix: what the package's `light_verify` calls.
void package_kawpow_final(const uint8_t header[32], uint64_t nonce, const uint8_t mix[32], uint8_t final_hash[32]) {
  const kawpow_hash256 h = hash256(header), m = hash256(mix), final = light_verify_2(&h, &m, nonce);
  std::memcpy(final_hash, final.bytes, 32);
}

// `epoch` times Keccak-256.
void package_kawpow_seed(uint32_t epoch, uint8_t seed[32]) {
  const kawpow_hash256 hash = kawpow_calculate_epoch_seed(static_cast<int>(epoch));
  std::memcpy(seed, hash.bytes, 32);
}

kawpow_epoch_context *package_kawpow_create(uint32_t epoch) {
  return kawpow_create_epoch_context(static_cast<int>(epoch));
}

void package_kawpow_destroy(kawpow_epoch_context *context) { kawpow_destroy_epoch_context(context); }

// The whole hash from the light cache: `progpow::hash`, the package's version of KawPow with its height.
void package_kawpow_hash(
    const kawpow_epoch_context *context, uint32_t height, const uint8_t header[32], uint64_t nonce, uint8_t mix[32],
    uint8_t final_hash[32]) {
  const auto result = progpow::hash(*context, static_cast<int>(height), hash256(header), nonce);
  std::memcpy(mix, result.mix_hash.bytes, 32);
  std::memcpy(final_hash, result.final_hash.bytes, 32);
}
}
