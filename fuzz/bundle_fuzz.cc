// Evidence bundles and exported logs: what parses is written back the same, and checking it never stops the program.
// SPDX-License-Identifier: Apache-2.0
#include "weir/base/check.h"
#include "weir/tlog/export.h"
#include "weir/tlog/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::tlog;  // NOLINT(google-build-using-namespace)
  const std::string_view input = weir::text_of({data, size});
  const TrustAnchors anchors{.fingerprints = {std::string(64, '0')}};
  if (const auto bundle = parse_bundle(input)) WEIR_CHECK(format(*bundle) == input);
  // Nobody can have a certificate with that fingerprint, so nothing may pass as a whole.
  if (const auto report = verify_bundle(input, anchors)) WEIR_CHECK(!report->ok());
  ExportVerifier verifier(anchors);
  for (const std::string& line : weir::split(input, '\n')) {
    if (!verifier.take(line)) return 0;
  }
  (void)std::move(verifier).finish().ok();
  return 0;
}
