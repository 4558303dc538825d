// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/test_support.h"

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "weir/base/check.h"
#include "weir/crypto/pem.h"
#include "weir/wire/encoding.h"

namespace weir::crypto::test {
namespace {

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  WEIR_CHECK(file.good());
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

wire::Json load_vectors(std::string_view file_name) {
  const Bytes text = read_file(std::string(WEIR_SOURCE_DIR "/tests/vectors/crypto/") + std::string(file_name));
  Result<wire::Json> json = wire::parse_json(text_of(text));
  WEIR_CHECK(json.ok());
  return *std::move(json);
}

Bytes hex(std::string_view text) {
  Result<Bytes> bytes = wire::decode_hex(text);
  WEIR_CHECK(bytes.ok());
  return *std::move(bytes);
}

Bytes hex_member(const wire::Json& object, std::string_view name) { return hex(object[name].as_string()); }

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "weir-crypto-XXXXXX").string();
  WEIR_CHECK(::mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::write(std::string_view name, ByteView contents) const {
  std::ofstream file(path(name), std::ios::binary);
  file.write(reinterpret_cast<const char*>(contents.data()), static_cast<std::streamsize>(contents.size()));
  file.close();
  WEIR_CHECK(file.good());
  return path(name);
}

Bytes TempFolder::read(std::string_view name) const { return read_file(path(name)); }

Outcome openssl(const std::string& arguments) {
  std::FILE* const pipe = ::popen(("openssl " + arguments + " 2>&1 </dev/null").c_str(), "r");
  WEIR_CHECK(pipe != nullptr);
  Outcome outcome;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) outcome.output.append(buffer, got);
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::string private_pem(const PrivateKey& key) {
  const SecretAccess access("compare with the openssl program");
  return write_pem("PRIVATE KEY", key.der(access).expose(access));
}

}  // namespace weir::crypto::test
