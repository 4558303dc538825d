// X509 parts: what reading and issuing certificates share. For the .cc files of this room only.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "weir/crypto/sign.h"

struct X509_pubkey_st;
struct asn1_string_st;

namespace weir::crypto {

// OpenSSL's number of the one signature algorithm that a key of this kind makes: the allow-list.
int signature_nid_of(SignatureAlgorithm algorithm);

Result<PublicKey> read_public_key(X509_pubkey_st* key);

// A new octet string of the SM2 default id; OpenSSL takes it over.
asn1_string_st* new_sm2_id();

// The bytes that an i2d function of OpenSSL writes for one object.
template <class T>
Bytes encode_der(int (*encode)(const T*, unsigned char**), const T* object) {
  const int size = encode(object, nullptr);
  if (size <= 0) return {};
  Bytes out(static_cast<std::size_t>(size));
  unsigned char* at = out.data();
  encode(object, &at);
  return out;
}

}  // namespace weir::crypto
