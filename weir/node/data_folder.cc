// SPDX-License-Identifier: Apache-2.0
#include "weir/node/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>

#include "weir/base/random.h"
#include "weir/base/text.h"
#include "weir/crypto/seal.h"
#include "weir/wire/encoding.h"

namespace weir::node {
namespace {

using wire::Json;

constexpr std::uint64_t kFileBytesMax = 1u << 20;
constexpr std::string_view kPassphraseFile = "keys/passphrase";

std::string_view file_of(DataFolder::KeyName name) {
  switch (name) {
    case DataFolder::KeyName::kIdentity: return "keys/identity.key";
    case DataFolder::KeyName::kTransport: return "keys/transport.key";
    case DataFolder::KeyName::kAuthority: return "keys/authority.key";
    case DataFolder::KeyName::kDid: return "keys/did.key";
  }
  return "";
}

std::string_view file_of(DataFolder::CertificateName name) {
  switch (name) {
    case DataFolder::CertificateName::kIdentity: return "certificates/identity.pem";
    case DataFolder::CertificateName::kTransport: return "certificates/transport.pem";
    case DataFolder::CertificateName::kAuthority: return "certificates/authority.pem";
    case DataFolder::CertificateName::kAboveTransport: return "certificates/above-transport.pem";
    case DataFolder::CertificateName::kAboveAuthority: return "certificates/above-authority.pem";
  }
  return "";
}

Result<> save_secret(store::Files& files, const std::string& path, crypto::Suite suite,
                     const crypto::SecretBytes& secret, const crypto::SecretBytes& passphrase, Random& random) {
  return files.write_durable(path, crypto::seal_key_file(suite, secret, passphrase, random, crypto::kUnstretched));
}

Result<> make_keys(store::Files& files, const std::string& path, const NodeFile& node, Random& random) {
  using crypto::PrivateKey;
  const crypto::SecretAccess access("write key file");
  const auto raw = crypto::SecretBytes::random(random, 32);
  const std::string text = wire::encode_base64url(raw.expose(access));
  WEIR_TRY(files.write_durable(path + "/" + std::string(kPassphraseFile), view_of(text + "\n")));
  const crypto::SecretBytes passphrase{view_of(text)};
  const PrivateKey identity = PrivateKey::generate(crypto::signature_of(node.suite), random);
  WEIR_TRY(save_secret(files, path + "/" + std::string(file_of(DataFolder::KeyName::kIdentity)), node.suite,
                       identity.der(access), passphrase, random));
  const PrivateKey transport = PrivateKey::generate(crypto::SignatureAlgorithm::kEcdsaP256Sha256, random);
  WEIR_TRY(save_secret(files, path + "/" + std::string(file_of(DataFolder::KeyName::kTransport)), node.suite,
                       transport.der(access), passphrase, random));
  if (node.role != config::Role::kConnector) {
    const PrivateKey authority = PrivateKey::generate(crypto::SignatureAlgorithm::kEcdsaP256Sha256, random);
    WEIR_TRY(save_secret(files, path + "/" + std::string(file_of(DataFolder::KeyName::kAuthority)), node.suite,
                         authority.der(access), passphrase, random));
  }
  const auto vault = crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes);
  return save_secret(files, path + "/keys/vault.key", node.suite, vault, passphrase, random);
}

}  // namespace

Json to_json(const NodeFile& file) {
  return Json::object({{"role", config::name_of(file.role)},
                       {"suite", crypto::name_of(file.suite)},
                       {"name", file.name},
                       {"participant", file.participant},
                       {"participantName", file.participant_name},
                       {"area", file.area},
                       {"node", file.node},
                       {"aboveUrl", file.above_url},
                       {"aboveNode", file.above_node},
                       {"application", file.application},
                       {"pickupToken", file.pickup_token}});
}

Result<NodeFile> parse_node_file(std::string_view text) {
  WEIR_TRY_LET(const Json json, wire::parse_json(text));
  NodeFile out;
  WEIR_TRY_LET(const std::string role, json.text("role"));
  WEIR_TRY_LET(out.role, config::parse_role(role));
  WEIR_TRY_LET(const std::string suite, json.text("suite"));
  WEIR_TRY_LET(out.suite, crypto::parse_suite(suite));
  out.name = json.text_or("name", "");
  out.participant = json.text_or("participant", "");
  out.participant_name = json.text_or("participantName", "");
  out.area = json.text_or("area", "");
  out.node = json.text_or("node", "");
  out.above_url = json.text_or("aboveUrl", "");
  out.above_node = json.text_or("aboveNode", "");
  out.application = json.text_or("application", "");
  out.pickup_token = json.text_or("pickupToken", "");
  return out;
}

Result<DataFolder> DataFolder::open(store::Files& files, const std::string& path) {
  const auto text = files.read_all(path + "/node.json", kFileBytesMax);
  if (!text) {
    return Error(Errc::kNotFound, "no node in '" + path + "'")
        .because("node.no_data_folder")
        .advise("make one with: weir init --data " + path + " --name NAME --uscc CODE");
  }
  auto node = parse_node_file(text_of(*text));
  if (!node) return std::move(node).error().with(path + "/node.json");
  return DataFolder(files, path, *std::move(node));
}

Result<DataFolder> DataFolder::create(store::Files& files, const std::string& path, const NodeFile& node,
                                      Random& random) {
  WEIR_TRY_LET(const bool there, files.exists(path + "/node.json"));
  if (there) {
    return Error(Errc::kConflict, "there is a node in '" + path + "' already")
        .because("node.data_folder_exists")
        .advise("choose another folder with --data, or remove this one if it is no longer wanted");
  }
  for (const char* folder : {"", "/keys", "/certificates", "/contents", "/vault"}) {
    WEIR_TRY(files.make_directories(path + folder));
  }
  WEIR_TRY(make_keys(files, path, node, random));
  DataFolder folder(files, path, node);
  // node.json comes last: a folder without it is no node.
  WEIR_TRY(folder.save(node));
  return folder;
}

Result<> DataFolder::save(const NodeFile& node) {
  WEIR_TRY(files_->write_durable(file("node.json"), view_of(to_json(node).pretty() + "\n")));
  node_ = node;
  return {};
}

Result<crypto::PrivateKey> DataFolder::key(KeyName name, const crypto::SecretBytes& passphrase) const {
  const std::string path = file(file_of(name));
  WEIR_TRY_LET(const Bytes sealed, files_->read_all(path, kFileBytesMax));
  auto secret = crypto::open_key_file(sealed, passphrase);
  if (!secret) return std::move(secret).error().with(path);
  return crypto::PrivateKey::from_der(*secret);
}

Result<crypto::PrivateKey> DataFolder::did_key(const crypto::SecretBytes& passphrase, Random& random) const {
  WEIR_TRY_LET(const bool there, files_->exists(file(file_of(KeyName::kDid))));
  if (!there) {
    const crypto::PrivateKey made = crypto::PrivateKey::generate(crypto::SignatureAlgorithm::kEcdsaP256Sha256, random);
    const crypto::SecretAccess access("sealed into the key file");
    WEIR_TRY(save_secret(*files_, file(file_of(KeyName::kDid)), node_.suite, made.der(access), passphrase, random));
  }
  return key(KeyName::kDid, passphrase);
}

Result<crypto::SecretBytes> DataFolder::vault_key(const crypto::SecretBytes& passphrase) const {
  WEIR_TRY_LET(const Bytes sealed, files_->read_all(file("keys/vault.key"), kFileBytesMax));
  return crypto::open_key_file(sealed, passphrase);
}

Result<std::string> DataFolder::certificate_pem(CertificateName name) const {
  const auto pem = files_->read_all(file(file_of(name)), kFileBytesMax);
  if (!pem) {
    return Error(Errc::kNotFound, "no certificate at " + file(file_of(name)))
        .because("node.no_certificate")
        .advise(node_.role == config::Role::kConnector ? "join a regional node first: weir join URL --authority FILE"
                                                       : "the folder is damaged; restore it from a backup");
  }
  return std::string(text_of(*pem));
}

Result<> DataFolder::save_certificate(CertificateName name, std::string_view pem) {
  return files_->write_durable(file(file_of(name)), view_of(pem));
}

Result<std::string> DataFolder::operator_token() const {
  const auto token = files_->read_all(file("keys/operator.token"), kFileBytesMax);
  if (!token) {
    return Error(Errc::kUnauthenticated, "no operator token in " + file("keys"))
        .because("node.no_token")
        .advise("run the command as the node's user, or pass --token");
  }
  return std::string(text_of(*token));
}

Result<> DataFolder::save_operator_token(std::string_view token) {
  return files_->write_durable(file("keys/operator.token"), view_of(token));
}

Result<std::string> DataFolder::running_url() const {
  const auto url = files_->read_all(file("running.url"), kFileBytesMax);
  if (!url) {
    return Error(Errc::kUnavailable, "the node in " + path_ + " is not running")
        .because("node.not_running")
        .advise("start it: weir serve --data " + path_);
  }
  return std::string(text_of(*url));
}

Result<> DataFolder::save_running_url(std::string_view url) {
  return files_->write_durable(file("running.url"), view_of(url));
}

Result<> DataFolder::clear_running_url() {
  WEIR_TRY_LET(const bool there, files_->exists(file("running.url")));
  return there ? files_->remove(file("running.url")) : Result<>();
}

Result<crypto::SecretBytes> read_passphrase(store::Files& files, const std::string& data_dir,
                                            const std::string& reference) {
  if (reference.starts_with("env:")) {
    const char* value = std::getenv(reference.substr(4).c_str());
    if (value == nullptr || *value == '\0') {
      return Error(Errc::kUnauthenticated, "the environment variable " + reference.substr(4) + " is not set")
          .because("node.passphrase");
    }
    return crypto::SecretBytes(view_of(trim(value)));
  }
  const std::string path =
      reference.starts_with("file:") ? reference.substr(5) : data_dir + "/" + std::string(kPassphraseFile);
  const auto text = files.read_all(path, 4096);
  if (!text) {
    return Error(Errc::kUnauthenticated, "cannot read the passphrase at " + path)
        .because("node.passphrase")
        .advise("set keys.passphrase to file:PATH or env:NAME");
  }
  return crypto::SecretBytes(view_of(trim(text_of(*text))));
}

Result<FolderLock> FolderLock::take(const std::string& path) {
  const std::string file = path + "/lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return Error(Errc::kUnavailable, "cannot open " + file);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return Error(Errc::kConflict, "another process holds the node in " + path)
        .because("node.running")
        .advise("stop it first, or use another folder");
  }
  return FolderLock(descriptor);
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace weir::node
