// SPDX-License-Identifier: Apache-2.0
#include "weir/node/job_tables.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "weir/base/log.h"
#include "weir/node/image_file.h"
#include "weir/tlog/entry.h"

namespace weir::node {

using use::job::Form;
using use::job::Job;
using use::job::Outcome;
using use::job::Role;

namespace {

constexpr std::size_t kPreparedMax = 4;
constexpr std::uint64_t kTypesBytesMax = 4u << 20;
constexpr std::size_t kThreadsMax = 4;
constexpr auto kHash = crypto::HashAlgorithm::kSha256;

// One side of the key.
struct Columns {
  explicit Columns(const Job& job) {
    for (const auto& key : job.work.keys) {
      names.push_back(job.role == Role::kConsumer ? key.consumer : key.provider);
      forms.push_back(key.form);
    }
  }
  std::vector<std::string> names;
  std::vector<Form> forms;
};

// What is read of the own table, whose key has these columns.
std::vector<std::string> needed(const Job& job, std::vector<std::string> key) {
  std::vector<std::string> out = std::move(key);
  if (!job.work.query) return out;
  for (std::string& column : use::job::summed(*job.work.query, job.role)) out.push_back(std::move(column));
  const auto& group = job.work.query->group;
  if (group && group->side == job.role) out.push_back(group->name);
  return out;
}

// As many threads as there are processors, for as long as the tasks last.
use::job::Threads threads() {
  const std::size_t count = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kThreadsMax);
  return {.count = count, .pool = [count](std::size_t tasks, const use::job::Threads::Task& task) {
            std::atomic<std::size_t> next{0};
            const auto work = [&] {
              for (std::size_t i; (i = next.fetch_add(1)) < tasks;) task(i);
            };
            std::vector<std::jthread> helpers;
            for (std::size_t i = 1; i < std::min(count, tasks); ++i) helpers.emplace_back(work);
            work();
          }};
}

// Writes pieces to a file and hashes them.
class ResultFile {
 public:
  explicit ResultFile(std::unique_ptr<store::File> file) : file_(std::move(file)), hasher_(kHash) {}
  Result<> add(std::string_view text) {
    waiting_ += text;
    return waiting_.size() < kGather ? Result<>() : flush();
  }
  // Durable; the digest of all.
  Result<std::string> finish() {
    WEIR_TRY(flush());
    WEIR_TRY(file_->sync());
    return tlog::format_digest(kHash, hasher_.finish());
  }

 private:
  static constexpr std::size_t kGather = 1u << 20;
  Result<> flush() {
    hasher_.update(view_of(waiting_));
    WEIR_TRY(file_->write_at(at_, view_of(waiting_)));
    at_ += waiting_.size();
    waiting_.clear();
    return {};
  }
  std::unique_ptr<store::File> file_;
  crypto::Hasher hasher_;
  std::string waiting_;
  std::uint64_t at_ = 0;
};

// The table of a node in an intersection. Found lines lie in a file, eight bytes each, little-endian.
class TableSide final : public use::job::Side {
 public:
  using Keys = std::function<Result<use::job::SortedKeys>()>;
  struct Paths {
    std::string found;
    std::string images;
  };
  // Without `keys`, `read` is asked for them when they are needed.
  TableSide(use::job::Service& service, store::Files& files, Paths paths, const Job& job,
            const use::job::SortedKeys* keys, Keys read)
      : service_(service),
        files_(files),
        found_(std::move(paths.found)),
        job_(job),
        keys_(keys),
        read_(std::move(read)),
        images_(files, std::move(paths.images)) {}

  Result<mpc::Blocks> open(std::size_t bucket, std::size_t buckets) override {
    if (keys_ == nullptr) {
      WEIR_TRY_LET(own_, read_());
      keys_ = &*own_;
    }
    WEIR_TRY_LET(lines_, keys_->bucket(bucket, buckets));
    return use::job::keys_of(lines_);
  }

  Result<std::int64_t> keep(std::span<const std::size_t> found, std::int64_t line) override {
    std::vector<std::uint64_t> lines;
    std::size_t next = 0, place = 0;
    for (std::size_t i = 0; i < lines_.size() && next < found.size(); ++i) {
      if (i > 0 && !same_key(lines_[i - 1], lines_[i])) {
        if (found[next] == place) ++next;
        ++place;
      }
      if (next < found.size() && found[next] == place) lines.push_back(lines_[i].line);
    }
    WEIR_TRY_LET(const auto file, files_.open(found_, store::OpenMode::kCreateOrOpen));
    const ByteView bytes(reinterpret_cast<const std::uint8_t*>(lines.data()), 8 * lines.size());
    WEIR_TRY(file->write_at(8 * static_cast<std::uint64_t>(line), bytes));
    WEIR_TRY(file->sync());
    if (line == 0) WEIR_TRY(files_.sync_directory(store::parent_of(found_)));
    return line + static_cast<std::int64_t>(lines.size());
  }

  Result<> note(const use::job::Progress& progress) override { return service_.note(job_.id, progress); }
  Result<mpc::DhSecret> secret(mpc::DhCurve curve) override { return service_.image_secret(job_, curve); }
  mpc::KeptImages& images() override { return images_; }

  std::int64_t milliseconds() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(JobWatch::Clock::now() - start_).count();
  }

 private:
  use::job::Service& service_;
  store::Files& files_;
  const std::string found_;
  const Job job_;
  const use::job::SortedKeys* keys_;
  const Keys read_;
  std::optional<use::job::SortedKeys> own_;
  ImageFile images_;
  const JobWatch::Clock::time_point start_ = JobWatch::Clock::now();
  std::vector<use::job::KeyLine> lines_;  // of the bucket that is open
};

// What a run left in the file of found lines.
Result<use::job::LineSet> read_found(store::Files& files, const std::string& path, std::int64_t lines) {
  use::job::LineSet out;
  if (lines == 0) return out;
  WEIR_TRY_LET(const auto file, files.open(path, store::OpenMode::kRead));
  std::vector<std::uint64_t> some(std::size_t{1} << 16);
  for (std::uint64_t at = 0, all = static_cast<std::uint64_t>(lines); at < all;) {
    const std::size_t count = std::min<std::uint64_t>(some.size(), all - at);
    const std::span<std::uint8_t> raw(reinterpret_cast<std::uint8_t*>(some.data()), 8 * count);
    WEIR_TRY_LET(const std::size_t got, file->read_at(8 * at, raw));
    if (got != raw.size()) return Error(Errc::kCorrupt, path + " is shorter than what was written to it");
    for (std::size_t i = 0; i < count; ++i) out.add(some[i]);
    at += count;
  }
  return out;
}

}  // namespace

Result<> JobTables::sweep() {
  WEIR_TRY_LET(const auto unfinished, deps_.service.unfinished());
  WEIR_TRY_LET(const auto names, deps_.files.list(deps_.work));
  for (const std::string& name : names) {
    const auto keeps = [&](const Job& job) { return name == job.id + ".found"; };
    if (std::any_of(unfinished.begin(), unfinished.end(), keeps)) continue;
    WEIR_TRY(deps_.files.remove(deps_.work + "/" + name));
  }
  return {};
}

Result<table::TableFile> JobTables::table_of(const Job& job) {
  WEIR_TRY_LET(const auto root, flow::delivery::parse_content_root(job.input));
  flow::delivery::Contents& where = job.role == Role::kConsumer ? deps_.inputs : deps_.contents;
  WEIR_TRY_LET(const std::string path, where.path_of_data(root));
  return table::TableFile::open(deps_.files, path);
}

// What is needed of the own table, from its beginning; it is shown how far that is read.
Result<use::job::ByteSource> JobTables::read_own(const Job& job, const std::vector<std::string>& key) {
  WEIR_TRY_LET(const auto table, table_of(job));
  WEIR_TRY_LET(auto out, table.read(needed(job, key)));
  deps_.watch.begin(job.id, "reading", table.size(), table.progress());
  return out;
}

Result<use::job::SortedKeys> JobTables::read_keys(const Job& job) {
  WEIR_TRY_LET(const Bytes salt, deps_.service.salt(job));
  const Columns columns(job);
  WEIR_TRY_LET(auto text, read_own(job, columns.names));
  // A name of its own: two connections of one job may read at the same time.
  const std::string path = deps_.work + "/" + job.id + "." + deps_.random.uuid() + ".keys";
  WEIR_TRY_LET(auto out, use::job::SortedKeys::read(std::move(text), columns.names, columns.forms, deps_.files, path,
                                                    threads()));
  deps_.watch.begin(job.id, "committing", out.rows() - out.keyless());
  WEIR_TRY(out.settle(salt, threads(), [&](std::uint64_t done) { deps_.watch.reached(job.id, done); }));
  deps_.watch.end(job.id);
  return out;
}

Result<std::shared_ptr<const JobTables::Prepared>> JobTables::prepare(const Job& job) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = prepared_.find(job.id); found != prepared_.end()) return found->second;
  }
  auto out = std::make_shared<Prepared>();
  std::optional<use::job::Claim> known;
  if (keeps_images(job.work) && job.role == Role::kProvider) {
    WEIR_TRY_LET(known, deps_.service.kept_claim(job));
  }
  if (known) {
    out->claim = *std::move(known);
  } else if (job.work.query) {
    WEIR_TRY_LET(const Bytes salt, deps_.service.salt(job));
    const Columns columns(job);
    WEIR_TRY_LET(auto text, read_own(job, columns.names));
    WEIR_TRY_LET(out->figures,
                 use::job::read_figures(std::move(text), columns.names, columns.forms, *job.work.query, job.role));
    out->claim = use::job::claim_of(out->figures, job.role, salt);
    deps_.watch.end(job.id);
  } else {
    WEIR_TRY_LET(out->keys, read_keys(job));
    out->claim = out->keys->claim();
  }
  const std::scoped_lock lock(mutex_);
  if (prepared_.size() < kPreparedMax) prepared_[job.id] = out;
  return std::shared_ptr<const Prepared>(out);
}

Result<std::int64_t> JobTables::forget_images() {
  WEIR_TRY_LET(const auto names, deps_.service.images_of_ended());
  for (const std::string& name : names) {
    WEIR_TRY_LET(const bool there, deps_.files.exists(images_path(name)));
    if (there) WEIR_TRY(deps_.files.remove(images_path(name)));
    WEIR_TRY(deps_.service.drop_images(name));
  }
  return static_cast<std::int64_t>(names.size());
}

Result<std::int64_t> JobTables::forget_results(Timestamp before) {
  std::int64_t out = 0;
  WEIR_TRY_LET(const auto names, deps_.files.list(deps_.results));
  for (const std::string& name : names) {
    const auto job = deps_.service.get(name.substr(0, name.find('.')));
    if (!job && job.error().code() != Errc::kNotFound) return job.error();
    if (job && (!is_final(job->state) || job->updated >= before)) continue;
    WEIR_TRY(deps_.files.remove(deps_.results + "/" + name));
    ++out;
  }
  return out;
}

// The own table was there for the job alone.
Result<> JobTables::forget(const Job& job) {
  {
    const std::scoped_lock lock(mutex_);
    prepared_.erase(job.id);
  }
  deps_.watch.forget(job.id);
  WEIR_TRY_LET(const bool found, deps_.files.exists(found_path(job.id)));
  if (found) WEIR_TRY(deps_.files.remove(found_path(job.id)));
  return job.role == Role::kConsumer ? drop_input(job.input) : Result<>();
}

std::shared_ptr<void> JobTables::hold_inputs() {
  const std::scoped_lock lock(inputs_);
  ++held_;
  return {this, [](JobTables* tables) { tables->let_go(); }};
}

void JobTables::let_go() {
  const std::scoped_lock lock(inputs_);
  if (--held_ > 0) return;
  for (const std::string& input : std::exchange(going_, {})) {
    if (const Result<> gone = remove_unused(input); !gone) {
      log::warning("job.input_stays", {{"error", gone.error().message()}});
    }
  }
}

Result<> JobTables::drop_input(const std::string& input) {
  const std::scoped_lock lock(inputs_);
  if (held_ == 0) return remove_unused(input);
  going_.insert(input);
  return {};
}

Result<> JobTables::remove_unused(const std::string& input) {
  WEIR_TRY_LET(const auto others, deps_.service.unfinished());
  for (const Job& other : others) {
    if (other.role == Role::kConsumer && other.input == input) return {};
  }
  WEIR_TRY_LET(const auto root, flow::delivery::parse_content_root(input));
  return deps_.inputs.remove(root);
}

std::unique_ptr<use::job::Side> JobTables::side(const Job& job, const Prepared& table) {
  const std::string images = keeps_images(job.work) ? images_path(images_name(job)) : "";
  return std::make_unique<TableSide>(deps_.service, deps_.files, TableSide::Paths{found_path(job.id), images}, job,
                                     table.keys ? &*table.keys : nullptr,
                                     [this, job]() -> Result<use::job::SortedKeys> {
                                       WEIR_TRY_LET(auto keys, read_keys(job));
                                       if (keys.claim() == job.mine) return keys;
                                       return Error(Errc::kConflict,
                                                    "the own table is not the one that was committed to")
                                           .because("job.set_swapped");
                                     });
}

template <class Write>
Result<> JobTables::write_result(const Job& job, Outcome& outcome, const std::vector<std::string>& types,
                                 const Write& write) {
  std::string lines;
  for (const std::string& type : types) lines += type + "\n";
  WEIR_TRY(deps_.files.write_durable(types_path(job.id), view_of(lines)));
  const std::string path = result_path(job.id);
  WEIR_TRY_LET(auto made, deps_.files.open(path + ".part", store::OpenMode::kCreateOrOpen));
  WEIR_TRY(made->truncate(0));
  ResultFile file(std::move(made));
  WEIR_TRY_LET(const std::uint64_t rows, write([&](std::string_view text) { return file.add(text); }));
  outcome.rows = static_cast<std::int64_t>(rows);
  WEIR_TRY_LET(outcome.result_hash, file.finish());
  WEIR_TRY(deps_.files.rename(path + ".part", path));
  WEIR_TRY(deps_.files.sync_directory(deps_.results));
  deps_.watch.end(job.id);
  return {};
}

Result<> JobTables::write_rows(const Job& job, Outcome& outcome, std::int64_t lines) {
  WEIR_TRY_LET(const auto found, read_found(deps_.files, found_path(job.id), lines));
  WEIR_TRY_LET(const auto table, table_of(job));
  WEIR_TRY_LET(auto text, table.read());
  deps_.watch.begin(job.id, "writing", table.size(), table.progress());
  return write_result(job, outcome, table.types(), [&](const use::job::TextSink& sink) {
    return use::job::write_lines(std::move(text), found, sink);
  });
}

Result<> JobTables::write_figures(const Job& job, Outcome& outcome, const Prepared& table,
                                  const mpc::JoinAnswer& answer) {
  const auto decimals = [](const use::job::Claim& claim) {
    std::vector<std::int64_t> out;
    for (const auto& column : claim.columns) out.push_back(column.decimals);
    return out;
  };
  const use::job::AnswerNames names{.values = table.figures.group.empty() ? job.theirs.values : table.figures.values,
                                    .consumer_decimals = decimals(job.mine),
                                    .provider_decimals = decimals(job.theirs)};
  return write_result(job, outcome, use::job::types_of_answer(*job.work.query, names),
                      [&](const use::job::TextSink& sink) {
                        return use::job::write_answer(*job.work.query, names, answer, sink);
                      });
}

Result<std::unique_ptr<store::File>> JobTables::open_result(const std::string& id) {
  WEIR_TRY_LET(const bool there, deps_.files.exists(result_path(id)));
  if (there) return deps_.files.open(result_path(id), store::OpenMode::kRead);
  return Error(Errc::kNotFound, "this job has left no result here").because("job.no_result");
}

// In a file whose name is gone when it is given away, so that it goes with its reader.
Result<std::unique_ptr<store::File>> JobTables::open_parquet(const std::string& id) {
  WEIR_TRY(open_result(id));
  std::vector<std::string> types;
  WEIR_TRY_LET(const bool typed, deps_.files.exists(types_path(id)));
  if (typed) {
    WEIR_TRY_LET(const Bytes lines, deps_.files.read_all(types_path(id), kTypesBytesMax));
    for (const auto& line : split(text_of(lines), '\n')) types.emplace_back(line);
  }
  WEIR_TRY_LET(const auto result, table::TableFile::open(deps_.files, result_path(id)));
  WEIR_TRY_LET(auto text, result.read());
  const std::string path = deps_.work + "/" + id + "." + deps_.random.uuid() + ".parquet";
  const std::unique_lock lock(converting_, std::try_to_lock);  // those who wait would keep the others from being served
  if (!lock) {
    return Error(Errc::kUnavailable, "another result is being made into Parquet").because("job.busy");
  }
  const Result<> written = table::write_parquet(std::move(text), types, path);
  auto out = written ? deps_.files.open(path, store::OpenMode::kRead)
                     : Result<std::unique_ptr<store::File>>(written.error());
  WEIR_TRY_LET(const bool left, deps_.files.exists(path));
  if (left) WEIR_TRY(deps_.files.remove(path));
  return out;
}

}  // namespace weir::node
