// SPDX-License-Identifier: Apache-2.0
#include "weir/wire/reader.h"

#include "weir/base/check.h"

namespace weir::wire {

Result<ByteView> Reader::take(std::size_t count) {
  if (count > rest_.size()) {
    return Error(Errc::kInvalidArgument,
                 "ends early: " + std::to_string(count) + " bytes wanted, " + std::to_string(rest_.size()) + " left");
  }
  const ByteView out = rest_.first(count);
  rest_ = rest_.subspan(count);
  return out;
}

Result<std::uint64_t> Reader::number(std::size_t width) {
  WEIR_TRY_LET(const ByteView raw, take(width));
  std::uint64_t value = 0;
  for (const std::uint8_t byte : raw) value = value << 8 | byte;
  return value;
}

Result<std::uint8_t> Reader::u8() {
  WEIR_TRY_LET(const std::uint64_t value, number(1));
  return static_cast<std::uint8_t>(value);
}
Result<std::uint16_t> Reader::u16() {
  WEIR_TRY_LET(const std::uint64_t value, number(2));
  return static_cast<std::uint16_t>(value);
}
Result<std::uint32_t> Reader::u32() {
  WEIR_TRY_LET(const std::uint64_t value, number(4));
  return static_cast<std::uint32_t>(value);
}
Result<std::uint64_t> Reader::u64() { return number(8); }

Result<ByteView> Reader::run16() {
  WEIR_TRY_LET(const std::uint16_t count, u16());
  return take(count);
}
Result<ByteView> Reader::run32() {
  WEIR_TRY_LET(const std::uint32_t count, u32());
  return take(count);
}

Result<> Reader::finish() const {
  if (rest_.empty()) return {};
  return Error(Errc::kInvalidArgument, std::to_string(rest_.size()) + " bytes left over");
}

Builder& Builder::number(std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i > 0; --i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
  return *this;
}
Builder& Builder::u8(std::uint8_t value) { return number(value, 1); }
Builder& Builder::u16(std::uint16_t value) { return number(value, 2); }
Builder& Builder::u32(std::uint32_t value) { return number(value, 4); }
Builder& Builder::u64(std::uint64_t value) { return number(value, 8); }
Builder& Builder::put(ByteView bytes) {
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  return *this;
}
Builder& Builder::run16(ByteView bytes) {
  WEIR_CHECK(bytes.size() <= UINT16_MAX);
  return u16(static_cast<std::uint16_t>(bytes.size())).put(bytes);
}
Builder& Builder::run32(ByteView bytes) {
  WEIR_CHECK(bytes.size() <= UINT32_MAX);
  return u32(static_cast<std::uint32_t>(bytes.size())).put(bytes);
}

}  // namespace weir::wire
