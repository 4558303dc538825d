// Test support: vectors from tests/vectors/crypto, temporary folders, and the `openssl` program to compare with.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "weir/base/bytes.h"
#include "weir/crypto/sign.h"
#include "weir/wire/json.h"

namespace weir::crypto::test {

inline constexpr SignatureAlgorithm kAllSignatureAlgorithms[] = {
    SignatureAlgorithm::kEd25519, SignatureAlgorithm::kEcdsaP256Sha256, SignatureAlgorithm::kSm2Sm3};
// How parameterised tests are named: "Ed25519", "P256", "Sm2".
template <class ParamInfo>
std::string short_name(const ParamInfo& parameter) {
  constexpr const char* kNames[] = {"Ed25519", "P256", "Sm2"};
  return kNames[static_cast<int>(parameter.param) - 1];
}

inline constexpr HashAlgorithm kAllHashAlgorithms[] = {HashAlgorithm::kSha256, HashAlgorithm::kSm3};

// Stops the test program if the file is missing or no JSON.
wire::Json load_vectors(std::string_view file_name);
Bytes hex(std::string_view text);
Bytes hex_member(const wire::Json& object, std::string_view name);

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  // Writes a file and returns its path.
  std::string write(std::string_view name, ByteView contents) const;
  std::string write(std::string_view name, std::string_view contents) const { return write(name, view_of(contents)); }
  Bytes read(std::string_view name) const;
  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

struct Outcome {
  int status = -1;
  std::string output;  // standard output and error
};
// Runs `openssl ARGUMENTS` through the shell.
Outcome openssl(const std::string& arguments);

// The private key as PEM, for the openssl program.
std::string private_pem(const PrivateKey& key);

}  // namespace weir::crypto::test
