// NodeKeys: what somebody can do who has the keys of a node's folder. For tests that act as a hostile node.
//
//   node_keys FOLDER                          transport key as PEM, on stdout
//   node_keys FOLDER sign                     signs each line of stdin (the bytes in hex) with the identity key
//   node_keys FOLDER issue AUTHORITY FROM TO  a transport certificate by the authority of the folder AUTHORITY (by a
//                                             false one of the same name if it is "-"), valid between two times
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <iostream>
#include <string>

#include "weir/base/random.h"
#include "weir/crypto/pem.h"
#include "weir/node/data_folder.h"
#include "weir/wire/encoding.h"

namespace weir::node {
namespace {

using crypto::Certificate;
using crypto::PrivateKey;

struct Keys {
  DataFolder folder;
  crypto::SecretBytes passphrase;

  Result<PrivateKey> key(DataFolder::KeyName name) const { return folder.key(name, passphrase); }
  Result<Certificate> certificate(DataFolder::CertificateName name) const {
    WEIR_TRY_LET(const std::string pem, folder.certificate_pem(name));
    return Certificate::from_pem(pem);
  }
};

Result<Keys> open_keys(const std::string& path) {
  WEIR_TRY_LET(DataFolder folder, DataFolder::open(store::real_files(), path));
  WEIR_TRY_LET(crypto::SecretBytes passphrase, read_passphrase(store::real_files(), path, ""));
  return Keys{std::move(folder), std::move(passphrase)};
}

Result<> print_transport_key(const Keys& keys) {
  WEIR_TRY_LET(const PrivateKey key, keys.key(DataFolder::KeyName::kTransport));
  const crypto::SecretAccess access("a test acts as this node");
  std::cout << crypto::write_pem("PRIVATE KEY", key.der(access).expose(access));
  return {};
}

Result<> sign_lines(const Keys& keys) {
  WEIR_TRY_LET(const PrivateKey key, keys.key(DataFolder::KeyName::kIdentity));
  for (std::string line; std::getline(std::cin, line);) {
    WEIR_TRY_LET(const Bytes message, wire::decode_hex(line));
    std::cout << crypto::format(key.sign(message)) << std::endl;
  }
  return {};
}

Result<> issue_certificate(const Keys& keys, const std::string& by, const std::string& from, const std::string& to) {
  SystemRandom random;
  WEIR_TRY_LET(const Certificate own, keys.certificate(DataFolder::CertificateName::kTransport));
  WEIR_TRY_LET(const Certificate real, keys.certificate(DataFolder::CertificateName::kAuthority));
  WEIR_TRY_LET(const Timestamp not_before, parse_iso8601(from));
  WEIR_TRY_LET(const Timestamp not_after, parse_iso8601(to));
  const crypto::IssueOptions options{.subject = own.info().subject,
                                     .alternative_names = own.info().alternative_names,
                                     .not_before = not_before,
                                     .not_after = not_after};
  if (by != "-") {
    WEIR_TRY_LET(const Keys authority, open_keys(by));
    WEIR_TRY_LET(const PrivateKey key, authority.key(DataFolder::KeyName::kAuthority));
    WEIR_TRY_LET(const Certificate made, crypto::issue(key, real, own.public_key(), options, random));
    std::cout << made.pem();
    return {};
  }
  const PrivateKey key = PrivateKey::generate(real.public_key().algorithm(), random);
  WEIR_TRY_LET(const Certificate self,
               crypto::self_sign(key, {.subject = real.info().subject,
                                       .alternative_names = {},
                                       .not_before = real.info().not_before,
                                       .not_after = real.info().not_after,
                                       .is_authority = true}, random));
  WEIR_TRY_LET(const Certificate made, crypto::issue(key, self, own.public_key(), options, random));
  std::cout << made.pem();
  return {};
}

Result<> run(const std::vector<std::string>& words) {
  if (words.empty()) return Error(Errc::kInvalidArgument, "which folder?");
  WEIR_TRY_LET(const Keys keys, open_keys(words[0]));
  if (words.size() == 1) return print_transport_key(keys);
  if (words.size() == 2 && words[1] == "sign") return sign_lines(keys);
  if (words.size() == 5 && words[1] == "issue") return issue_certificate(keys, words[2], words[3], words[4]);
  return Error(Errc::kInvalidArgument, "not one of its three forms");
}

}  // namespace
}  // namespace weir::node

int main(int count, char** words) {
  const auto done = weir::node::run(std::vector<std::string>(words + 1, words + count));
  if (done) return 0;
  std::fprintf(stderr, "%s\n", std::string(done.error().message()).c_str());
  return 1;
}
