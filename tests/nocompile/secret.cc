// A secret cannot be copied, printed, logged or read by accident (I-8).
// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>

#include "weir/base/log.h"
#include "weir/crypto/secret.h"
#include "weir/crypto/sign.h"

//= I-8 type=test
namespace weir::crypto {

ByteView use(SecretBytes secret, PrivateKey key) {
  const SecretBytes moved(std::move(secret));
  SecretBytes clone = moved.clone(SecretAccess("show the one way to copy"));
  const PrivateKey moved_key(std::move(key));
#if defined(WEIR_MISUSE_COPY)
  const SecretBytes copy(moved);
#elif defined(WEIR_MISUSE_ASSIGN)
  clone = moved;
#elif defined(WEIR_MISUSE_PRINT)
  std::cout << moved;
#elif defined(WEIR_MISUSE_LOG)
  log::info("key", {{"secret", moved}});
#elif defined(WEIR_MISUSE_TO_STRING)
  const std::string text(moved.begin(), moved.end());
#elif defined(WEIR_MISUSE_EXPOSE_WITHOUT_REASON)
  return moved.expose();
#elif defined(WEIR_MISUSE_IMPLICIT)
  return moved;
#elif defined(WEIR_MISUSE_COPY_KEY)
  const PrivateKey copy(moved_key);
#endif
  return clone.expose(SecretAccess("show the one way to read"));
}

}  // namespace weir::crypto
