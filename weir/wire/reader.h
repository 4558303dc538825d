// Reader and Builder: the only way to touch binary formats. Big-endian, lengths before contents.
//
// Thread-safety: values. Trust: Reader takes hostile input; a parser ends with finish(), so trailing
// bytes are an error everywhere. Modelled on the CBS/CBB idea of BoringSSL.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "weir/base/bytes.h"
#include "weir/base/result.h"

namespace weir::wire {

class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  Result<std::uint8_t> u8();
  Result<std::uint16_t> u16();
  Result<std::uint32_t> u32();
  Result<std::uint64_t> u64();
  // The next `count` bytes, borrowed from the input.
  Result<ByteView> take(std::size_t count);
  // A run with its length before it, in two or four bytes.
  Result<ByteView> run16();
  Result<ByteView> run32();
  std::size_t left() const { return rest_.size(); }
  // Fails with kInvalidArgument if any byte is left.
  Result<> finish() const;

 private:
  Result<std::uint64_t> number(std::size_t width);
  ByteView rest_;
};

class Builder {
 public:
  Builder& u8(std::uint8_t value);
  Builder& u16(std::uint16_t value);
  Builder& u32(std::uint32_t value);
  Builder& u64(std::uint64_t value);
  Builder& put(ByteView bytes);
  Builder& put(std::string_view text) { return put(view_of(text)); }
  // Requires: the run fits its length (checked).
  Builder& run16(ByteView bytes);
  Builder& run32(ByteView bytes);
  const Bytes& bytes() const { return out_; }
  Bytes take() { return std::move(out_); }

 private:
  Builder& number(std::uint64_t value, std::size_t width);
  Bytes out_;
};

}  // namespace weir::wire
