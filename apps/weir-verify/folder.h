// Folder: a log as the static files of C2SP tlog-tiles, checked against its checkpoint.
//
// Reads FOLDER/checkpoint, FOLDER/tile/… and FOLDER/tile/entries/…; the certificates come as FOLDER/signers.json, whose
// form is that of an export's header. Trust: the files are hostile.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "weir/tlog/export.h"

namespace weir::apps {

// Fails with kInvalidArgument if the folder is no such log.
Result<tlog::LogReport> verify_folder(const std::string& folder, const tlog::TrustAnchors& anchors);

}  // namespace weir::apps
