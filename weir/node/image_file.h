// ImageFile: the images of one table of another node, kept in a file from one question to the next.
//
// A record has up to 16384 images and a digest of all that it says, so that what a crash tore is found when the file is
// opened; it counts for nothing then, and comes again. Format: docs/formats/jobs.md.
// Thread-safety: one thread. Trust: the folder is the node's own; who can write to it can only spoil answers.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "weir/mpc/ecdh_psi.h"
#include "weir/store/files.h"

namespace weir::node {

class ImageFile final : public mpc::KeptImages {
 public:
  ImageFile(store::Files& files, std::string path) : files_(files), path_(std::move(path)) {}
  // Fail as files do ("store.disk_full"), and with kCorrupt ("mpc.images").
  Result<std::size_t> open(mpc::Block name) override;
  Result<> add(std::span<const mpc::Block> images) override;
  Result<> close() override;
  Result<> each(const std::function<void(std::span<const mpc::Block>)>& take) override;

 private:
  Result<bool> read(std::size_t record, mpc::Blocks& images);
  Result<std::size_t> find_end();

  store::Files& files_;
  const std::string path_;
  std::unique_ptr<store::File> file_;
  mpc::Block name_;
  std::size_t count_ = 0;  // images in whole records
};

}  // namespace weir::node
