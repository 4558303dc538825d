// SPDX-License-Identifier: Apache-2.0
#include "weir/crypto/pem.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "weir/base/check.h"
#include "weir/crypto/key_handle.h"
#include "weir/crypto/owned.h"

namespace weir::crypto {
namespace {

using Bio = Owned<BIO, BIO_free>;

void free_text(void* pointer) { OPENSSL_free(pointer); }
using Text = Owned<char, free_text>;
using Data = Owned<unsigned char, free_text>;

Error bad(const char* message, const char* reason) { return Error(Errc::kInvalidArgument, message).because(reason); }

}  // namespace

std::string write_pem(std::string_view label, ByteView der) {
  const Bio bio(BIO_new(BIO_s_mem()));
  WEIR_CHECK(bio != nullptr && der.size() <= kPemBytesMax);
  WEIR_CHECK(PEM_write_bio(bio.get(), std::string(label).c_str(), "", der.data(), static_cast<long>(der.size())) > 0);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  WEIR_CHECK(size > 0);
  return std::string(text, static_cast<std::size_t>(size));
}

Result<std::vector<Bytes>> read_pem(std::string_view text, std::string_view label, std::size_t count_max) {
  if (text.size() > kPemBytesMax) {
    return Error(Errc::kExhausted, "the PEM text is larger than 256 KiB").because("pem.too_large");
  }
  const QuietErrors quiet;
  // OpenSSL takes no null pointer, not even for no bytes.
  const Bio bio(BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
  WEIR_CHECK(bio != nullptr);
  std::vector<Bytes> blocks;
  while (true) {
    char* name_raw = nullptr;
    char* header_raw = nullptr;
    unsigned char* data_raw = nullptr;
    long size = 0;
    const int got = PEM_read_bio(bio.get(), &name_raw, &header_raw, &data_raw, &size);
    const Text name(name_raw);
    const Text header(header_raw);
    const Data data(data_raw);
    if (got != 1) {
      if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return bad("a PEM block is malformed", "pem.malformed");
      }
      break;
    }
    if (name.get() != label) {
      return bad("a PEM block of another kind", "pem.label")
          .advise("give a block that begins with BEGIN " + std::string(label));
    }
    if (*header != '\0') return bad("an encrypted PEM block", "pem.malformed");
    if (blocks.size() == count_max) {
      return Error(Errc::kExhausted, "too many PEM blocks").because("pem.too_many");
    }
    blocks.emplace_back(data.get(), data.get() + size);
  }
  if (blocks.empty()) {
    return bad("no PEM block", "pem.missing").advise("give a block that begins with BEGIN " + std::string(label));
  }
  return blocks;
}

}  // namespace weir::crypto
