// DataFolder: what a node keeps on disk beside its database: keys, certificates, who it is. Made by `weir init`.
//
// Layout: docs/operate/data-folder.md. Key files are sealed under the passphrase (docs/formats/key-file.md), mode 0600.
// Thread-safety: values; open() and the writers are for one process at a time (a lock file sees to it).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/crypto/secret.h"
#include "weir/crypto/sign.h"
#include "weir/crypto/suite.h"
#include "weir/crypto/x509.h"
#include "weir/node/config/config.h"
#include "weir/store/files.h"
#include "weir/supply/identifier/identifier.h"
#include "weir/wire/json.h"

namespace weir::node {

// Who the node is, as far as it knows: node.json.
struct NodeFile {
  config::Role role = config::Role::kConnector;
  crypto::Suite suite = crypto::Suite::kInternational;
  std::string name;
  std::string participant;  // USCC
  std::string participant_name;
  std::string area;         // GB/T 2260 first four digits, or 00 and industry
  std::string node;         // identifier; empty until a connector is admitted
  std::string above_url;     // where it belongs: a connector to a regional node, that perhaps to a global node
  std::string above_node;    // identifier of the node above; empty until admitted
  std::string application;   // pending application's number
  std::string pickup_token;  // shows that the application is its own
};
wire::Json to_json(const NodeFile& file);
Result<NodeFile> parse_node_file(std::string_view text);

class DataFolder {
 public:
  // Fails with kNotFound ("node.no_data_folder") and says how to make one.
  static Result<DataFolder> open(store::Files& files, const std::string& path);
  // Makes folder, passphrase file and keys. The passphrase is 256 random bits, so the key files need no stretching
  // (docs/decisions/0013-a-random-passphrase-is-not-stretched.md). Fails with kConflict if there is a node already.
  static Result<DataFolder> create(store::Files& files, const std::string& path, const NodeFile& node, Random& random);

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
  const NodeFile& node() const { return node_; }
  Result<> save(const NodeFile& node);

  enum class KeyName : std::uint8_t { kIdentity, kTransport, kAuthority, kDid };
  Result<crypto::PrivateKey> key(KeyName name, const crypto::SecretBytes& passphrase) const;
  // The key that signs for the node's DID: P-256, which everybody in that world verifies. Made when it is first needed.
  Result<crypto::PrivateKey> did_key(const crypto::SecretBytes& passphrase, Random& random) const;
  Result<crypto::SecretBytes> vault_key(const crypto::SecretBytes& passphrase) const;

  // A regional node that belongs to a global node has that one's authority, and a transport certificate from it.
  enum class CertificateName : std::uint8_t { kIdentity, kTransport, kAuthority, kAboveTransport, kAboveAuthority };
  Result<std::string> certificate_pem(CertificateName name) const;
  Result<> save_certificate(CertificateName name, std::string_view pem);

  // The first operator's token, for commands on the same machine; readable by the node's user only.
  Result<std::string> operator_token() const;
  Result<> save_operator_token(std::string_view token);
  // Where the running node listens: written at start, removed at stop.
  Result<std::string> running_url() const;
  Result<> save_running_url(std::string_view url);
  Result<> clear_running_url();

 private:
  DataFolder(store::Files& files, std::string path, NodeFile node)
      : files_(&files), path_(std::move(path)), node_(std::move(node)) {}
  store::Files* files_;
  std::string path_;
  NodeFile node_;
};

// The passphrase of key files: by the configured reference, else the folder's own passphrase file, which create() made.
Result<crypto::SecretBytes> read_passphrase(store::Files& files, const std::string& data_dir,
                                            const std::string& reference);

// Holds the folder for one process. Fails with kConflict ("node.running") if another holds it.
class FolderLock {
 public:
  static Result<FolderLock> take(const std::string& path);
  FolderLock(FolderLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace weir::node
