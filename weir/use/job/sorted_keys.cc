// SPDX-License-Identifier: Apache-2.0
#include "weir/use/job/sorted_keys.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <mutex>

#include "weir/base/check.h"

namespace weir::use::job {

using table::CsvReader;
using table::Fields;
using table::Heading;
using table::Piece;
using table::PieceReader;

namespace {

constexpr std::size_t kChunkLines = 2048;  // written and read at once
using Lines = std::vector<KeyLine>;

ByteView bytes_of(std::span<const KeyLine> lines) {
  return {reinterpret_cast<const std::uint8_t*>(lines.data()), lines.size_bytes()};
}

std::uint64_t big_endian(std::uint64_t word) { return __builtin_bswap64(word); }

// By bins of the bits behind the first byte, of which there is about one for each four lines; keys are hashes, so bins
// are small.
void sort_lines(Lines& lines) {
  const unsigned bits = std::min(16u, static_cast<unsigned>(std::bit_width(lines.size() / 4)));
  const auto bin_of = [bits](const KeyLine& line) { return bits == 0 ? 0 : (line.high << 8) >> (64 - bits); };
  std::vector<std::uint32_t> starts((std::size_t{1} << bits) + 1);
  for (const KeyLine& line : lines) ++starts[bin_of(line) + 1];
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  Lines sorted(lines.size());
  std::vector<std::uint32_t> next(starts.begin(), starts.end() - 1);
  for (const KeyLine& line : lines) sorted[next[bin_of(line)]++] = line;
  for (std::size_t bin = 0; bin + 1 < starts.size(); ++bin) {
    std::sort(sorted.begin() + starts[bin], sorted.begin() + starts[bin + 1]);
  }
  lines.swap(sorted);
}

Error full(const Error& error) {
  return Error(error.code(), std::string(error.message()) + ": keys are kept on disk while a job is computed")
      .because(std::string(error.reason()))
      .advise("a job needs 24 bytes for each row of the table in jobs/work of the node's folder");
}

}  // namespace

// Where the lines of one part are: chunks of kChunkLines in the file, the rest here.
struct SortedKeys::Part {
  std::vector<std::uint64_t> chunks;
  Lines rest;
  std::size_t distinct = 0;
};

// The file, which is there once something was written.
struct SortedKeys::Spill {
  Spill(store::Files& all, std::string where) : files(all), path(std::move(where)) {}
  ~Spill() {
    if (!file) return;
    file.reset();
    [[maybe_unused]] const Result<> removed = files.remove(path);  // what stays is removed at the next start
  }
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  Result<> add(Part& part, const KeyLine& line) {
    part.rest.push_back(line);
    if (part.rest.size() < kChunkLines) return {};
    WEIR_TRY(open());
    const std::uint64_t at = end.fetch_add(kChunkLines * sizeof(KeyLine));
    if (const Result<> written = file->write_at(at, bytes_of(part.rest)); !written) return full(written.error());
    part.chunks.push_back(at);
    part.rest.clear();
    return {};
  }
  Result<> open() {
    const std::scoped_lock lock(opening);
    if (file) return {};
    WEIR_TRY_LET(file, files.open(path, store::OpenMode::kCreateOrOpen));
    return file->truncate(0);
  }
  Result<Lines> load(const Part& part) const {
    Lines out(part.chunks.size() * kChunkLines);
    for (std::size_t i = 0; i < part.chunks.size(); ++i) {
      const auto to = std::span(out).subspan(i * kChunkLines, kChunkLines);
      const std::span<std::uint8_t> raw(reinterpret_cast<std::uint8_t*>(to.data()), to.size_bytes());
      WEIR_TRY_LET(const std::size_t got, file->read_at(part.chunks[i], raw));
      if (got != raw.size()) return Error(Errc::kCorrupt, path + " is shorter than what was written to it");
    }
    out.insert(out.end(), part.rest.begin(), part.rest.end());
    return out;
  }
  // In the places where they were.
  Result<> store(Part& part, const Lines& lines) const {
    for (std::size_t i = 0; i < part.chunks.size(); ++i) {
      const auto from = std::span(lines).subspan(i * kChunkLines, kChunkLines);
      if (const Result<> written = file->write_at(part.chunks[i], bytes_of(from)); !written) {
        return full(written.error());
      }
    }
    part.rest.assign(lines.begin() + static_cast<std::ptrdiff_t>(part.chunks.size() * kChunkLines), lines.end());
    return {};
  }

  store::Files& files;
  const std::string path;
  std::mutex opening;
  std::unique_ptr<store::File> file;
  std::atomic<std::uint64_t> end{0};
};

SortedKeys::SortedKeys() : parts_(kParts) {}
SortedKeys::SortedKeys(SortedKeys&&) noexcept = default;
SortedKeys& SortedKeys::operator=(SortedKeys&&) noexcept = default;
SortedKeys::~SortedKeys() = default;

// What one thread finds in a table.
struct SortedKeys::Reader {
  Reader(Spill& where, const Heading& heading, const std::vector<Form>& key_forms)
      : spill(where), forms(key_forms), fields(heading.places), parts(kParts) {}

  void take(const Piece& piece) {
    each_record(piece, [&](std::uint64_t line, std::string_view record, std::string_view) {
      ++rows;
      fields.read(record);
      const auto key = key_of(fields.values(), forms);
      if (!key) ++keyless;
      if (!key || !result) return;
      const KeyLine found{big_endian(key->lo), big_endian(key->hi), line};
      result = spill.add(parts[found.high >> 56], found);
    });
  }

  Spill& spill;
  const std::vector<Form>& forms;
  Fields fields;
  std::vector<Part> parts;
  std::uint64_t rows = 0;
  std::uint64_t keyless = 0;
  Result<> result;
};

Result<SortedKeys> SortedKeys::read(ByteSource source, const std::vector<std::string>& columns,
                                    const std::vector<Form>& forms, store::Files& files, const std::string& path,
                                    const Threads& threads) {
  CsvReader head(std::move(source));
  WEIR_TRY_LET(const Heading heading, read_heading(head, columns));
  PieceReader pieces(std::move(head));
  SortedKeys out;
  out.spill_ = std::make_unique<Spill>(files, path);
  std::vector<Reader> readers(threads.count, Reader(*out.spill_, heading, forms));
  std::vector<Piece> wave(threads.count);
  for (bool more = true; more;) {
    std::size_t count = 0;
    while (more && count < wave.size()) {
      WEIR_TRY_LET(more, pieces.next(wave[count]));
      if (more) ++count;
    }
    threads.run(count, [&](std::size_t i) { readers[i].take(wave[i]); });
    for (Reader& reader : readers) WEIR_TRY(std::move(reader.result));
  }
  for (Reader& reader : readers) {
    out.rows_ += reader.rows;
    out.keyless_ += reader.keyless;
    for (std::size_t p = 0; p < kParts; ++p) {
      Part& from = reader.parts[p];
      Part& to = out.parts_[p];
      to.chunks.insert(to.chunks.end(), from.chunks.begin(), from.chunks.end());
      to.rest.insert(to.rest.end(), from.rest.begin(), from.rest.end());
      from = {};
    }
  }
  return out;
}

Result<mpc::Blocks> SortedKeys::sort(std::size_t place) {
  Part& part = parts_[place];
  WEIR_TRY_LET(Lines lines, spill_->load(part));
  sort_lines(lines);
  mpc::Blocks keys = keys_of(lines);
  part.distinct = keys.size();
  WEIR_TRY(spill_->store(part, lines));
  return keys;
}

Result<> SortedKeys::settle(ByteView salt, const Threads& threads, const Watch& watch) {
  Commitment commitment(salt);
  std::vector<Result<mpc::Blocks>> wave;
  for (std::size_t first = 0; first < kParts; first += wave.size()) {
    wave.assign(std::min(threads.count, kParts - first), mpc::Blocks());
    threads.run(wave.size(), [&](std::size_t i) { wave[i] = sort(first + i); });
    for (auto& keys : wave) {
      WEIR_TRY_LET(const mpc::Blocks part, std::move(keys));
      commitment.add(part, threads);
    }
    if (watch) watch(commitment.count());
  }
  claim_ = commitment.finish();
  return {};
}

std::size_t SortedKeys::count(std::size_t bucket, std::size_t of) const {
  const std::size_t wide = kParts / of;
  WEIR_CHECK(wide * of == kParts && bucket < of);
  std::size_t out = 0;
  for (std::size_t p = bucket * wide; p < (bucket + 1) * wide; ++p) out += parts_[p].distinct;
  return out;
}

Result<std::vector<KeyLine>> SortedKeys::bucket(std::size_t bucket, std::size_t of) const {
  const std::size_t wide = kParts / of;
  WEIR_CHECK(wide * of == kParts && bucket < of);
  Lines out;
  for (std::size_t p = bucket * wide; p < (bucket + 1) * wide; ++p) {
    WEIR_TRY_LET(const Lines part, spill_->load(parts_[p]));
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

mpc::Blocks keys_of(std::span<const KeyLine> lines) {
  mpc::Blocks out;
  out.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0 && same_key(lines[i - 1], lines[i])) continue;
    out.push_back({big_endian(lines[i].high), big_endian(lines[i].low)});
  }
  return out;
}

void LineSet::add(std::uint64_t line) {
  if (line / 64 >= words_.size()) words_.resize(line / 64 + 1);
  words_[line / 64] |= std::uint64_t{1} << (line % 64);
}

Result<std::uint64_t> write_lines(ByteSource source, const LineSet& lines, const TextSink& sink) {
  CsvReader head(std::move(source));
  WEIR_TRY_LET(const Heading heading, read_heading(head, {}));
  WEIR_TRY(sink(heading.text));
  PieceReader pieces(std::move(head));
  std::uint64_t rows = 0;
  Result<> written;
  for (Piece piece;;) {
    WEIR_TRY_LET(const bool more, pieces.next(piece));
    if (!more) return rows;
    each_record(piece, [&](std::uint64_t line, std::string_view, std::string_view whole) {
      if (!written || !lines.has(line)) return;
      ++rows;
      written = sink(whole);
      if (written && !whole.ends_with('\n')) written = sink("\n");
    });
    WEIR_TRY(written);
  }
}

}  // namespace weir::use::job
