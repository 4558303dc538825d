// KeyHandle: the OpenSSL key inside ours, and what signing needs of it. For the .cc files of this room only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/crypto/sign.h"

struct evp_pkey_st;
struct evp_md_ctx_st;

namespace weir::crypto {

inline constexpr std::string_view kSm2DefaultId = "1234567812345678";

struct KeyHandle {
  static evp_pkey_st* of(const PublicKey& key);
  static evp_pkey_st* of(const PrivateKey& key);
};

// Makes `context` ready to sign with `key`: its digest and, for SM2, the default id.
void start_signing(evp_md_ctx_st* context, const PrivateKey& key);

// Leaves OpenSSL's error queue of this thread as it was: hostile input must not trip the next user of TLS.
class QuietErrors {
 public:
  QuietErrors();
  ~QuietErrors();
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

}  // namespace weir::crypto
