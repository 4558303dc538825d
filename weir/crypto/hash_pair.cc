// SPDX-License-Identifier: Apache-2.0

// As in hash.cc (decision 0011); here also because the state of a hash must be at hand.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "weir/crypto/hash_pair.h"

#include <openssl/sha.h>

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir::crypto {
namespace {

#if defined(__x86_64__)

alignas(64) constexpr std::uint32_t kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

__m128i load(const void* at) { return _mm_loadu_si128(static_cast<const __m128i*>(at)); }
void store(void* at, __m128i words) { _mm_storeu_si128(static_cast<__m128i*>(at), words); }

// The registers hold ABEF and CDGH, as the instructions want them; m[r % 4] is the schedule's word group r.
__attribute__((target("sha,sse4.1"))) void compress_two(std::uint32_t* state_a, std::uint32_t* state_b,
                                                       const std::uint8_t* a, const std::uint8_t* b,
                                                       std::size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  std::uint32_t* const states[2] = {state_a, state_b};
  const std::uint8_t* in[2] = {a, b};
  __m128i abef[2];
  __m128i cdgh[2];
  for (int lane = 0; lane < 2; ++lane) {
    const __m128i cdab = _mm_shuffle_epi32(load(states[lane]), 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(load(states[lane] + 4), 0x1B);
    abef[lane] = _mm_alignr_epi8(cdab, efgh, 8);
    cdgh[lane] = _mm_blend_epi16(efgh, cdab, 0xF0);
  }
  for (; blocks > 0; --blocks) {
    const __m128i abef_before[2] = {abef[0], abef[1]};
    const __m128i cdgh_before[2] = {cdgh[0], cdgh[1]};
    __m128i m[2][4];
#pragma GCC unroll 16
    for (int r = 0; r < 16; ++r) {
      const __m128i round = _mm_load_si128(reinterpret_cast<const __m128i*>(kRounds + 4 * r));
#pragma GCC unroll 2
      for (int lane = 0; lane < 2; ++lane) {
        __m128i* const w = m[lane];
        if (r < 4) w[r] = _mm_shuffle_epi8(load(in[lane] + 16 * r), big_endian);
        const __m128i sum = _mm_add_epi32(w[r % 4], round);
        cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
        if (r >= 3 && r < 15) {
          const __m128i seven_back = _mm_alignr_epi8(w[r % 4], w[(r + 3) % 4], 4);
          w[(r + 1) % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(w[(r + 1) % 4], seven_back), w[r % 4]);
        }
        abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32(sum, 0x0E));
        if (r >= 1 && r < 13) w[(r + 3) % 4] = _mm_sha256msg1_epu32(w[(r + 3) % 4], w[r % 4]);
      }
    }
    for (int lane = 0; lane < 2; ++lane) {
      abef[lane] = _mm_add_epi32(abef[lane], abef_before[lane]);
      cdgh[lane] = _mm_add_epi32(cdgh[lane], cdgh_before[lane]);
      in[lane] += 64;
    }
  }
  for (int lane = 0; lane < 2; ++lane) {
    const __m128i feba = _mm_shuffle_epi32(abef[lane], 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(cdgh[lane], 0xB1);
    store(states[lane], _mm_blend_epi16(feba, dchg, 0xF0));
    store(states[lane] + 4, _mm_alignr_epi8(dchg, feba, 8));
  }
}

bool can_compress_two() {
  static const bool available = __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1");
  return available;
}

#else

bool can_compress_two() { return false; }
void compress_two(std::uint32_t*, std::uint32_t*, const std::uint8_t*, const std::uint8_t*, std::size_t) {}

#endif

constexpr std::size_t kBlockBytes = 64;

void start_sha256(SHA256_CTX& context, ByteView prefix, ByteView head) {
  SHA256_Init(&context);
  SHA256_Update(&context, prefix.data(), prefix.size());
  SHA256_Update(&context, head.data(), head.size());
}

void count_blocks(SHA256_CTX& context, std::size_t blocks) {
  const std::uint64_t bits = (std::uint64_t{context.Nh} << 32 | context.Nl) + std::uint64_t{blocks} * kBlockBytes * 8;
  context.Nl = static_cast<SHA_LONG>(bits);
  context.Nh = static_cast<SHA_LONG>(bits >> 32);
}

// OpenSSL hashes the ends, which are of any length; what both have between goes through two at a time.
std::array<Digest, 2> sha256_pair_of(ByteView prefix, ByteView first, ByteView second) {
  const std::size_t head = (kBlockBytes - prefix.size() % kBlockBytes) % kBlockBytes;
  const std::size_t shorter = std::min(first.size(), second.size());
  const std::size_t blocks = shorter < head ? 0 : (shorter - head) / kBlockBytes;
  const std::size_t edge = blocks == 0 ? 0 : head;
  SHA256_CTX contexts[2];
  start_sha256(contexts[0], prefix, first.first(edge));
  start_sha256(contexts[1], prefix, second.first(edge));
  if (blocks > 0) {
    compress_two(contexts[0].h, contexts[1].h, first.data() + edge, second.data() + edge, blocks);
    count_blocks(contexts[0], blocks);
    count_blocks(contexts[1], blocks);
  }
  const std::size_t done = edge + blocks * kBlockBytes;
  std::array<Digest, 2> out;
  SHA256_Update(&contexts[0], first.data() + done, first.size() - done);
  SHA256_Update(&contexts[1], second.data() + done, second.size() - done);
  SHA256_Final(out[0].data(), &contexts[0]);
  SHA256_Final(out[1].data(), &contexts[1]);
  return out;
}

}  // namespace

std::array<Digest, 2> hash_pair(HashAlgorithm algorithm, ByteView prefix, ByteView first, ByteView second) {
  if (algorithm == HashAlgorithm::kSha256 && can_compress_two()) return sha256_pair_of(prefix, first, second);
  return {hash(algorithm, {prefix, first}), hash(algorithm, {prefix, second})};
}

}  // namespace weir::crypto
