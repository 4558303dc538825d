// Delivery on a disk that fails: every operation in turn, with a full disk, a broken one, or a crash that forgets or
// keeps what was not synced. Whatever happens: nothing half-written is taken as whole, doing it again works, a
// destruction that was decided is finished, and no plaintext ever lies in the vault.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "weir/base/log.h"
#include "weir/flow/delivery/test_support.h"

namespace weir::flow::delivery {
namespace {

using store::MemoryFiles;
using testing::Party;
using Op = MemoryFiles::Op;
using Fault = MemoryFiles::Fault;
using Unsynced = MemoryFiles::Unsynced;

constexpr Op kOps[] = {Op::kOpen,   Op::kRead,   Op::kWrite,        Op::kTruncate, Op::kSync, Op::kMakeDirectories,
                       Op::kRename, Op::kRemove, Op::kSyncDirectory};

enum class After : std::uint8_t { kGoOn, kCrashForgetting, kCrashKeeping };
constexpr After kAfters[] = {After::kGoOn, After::kCrashForgetting, After::kCrashKeeping};

struct Case {
  Op op;
  std::uint64_t nth;
  Fault fault;
  After after;
  std::string text() const {
    return "operation " + std::to_string(static_cast<int>(op)) + " number " + std::to_string(nth) +
           (fault == Fault::kIo ? " breaks" : " finds no space") +
           (after == After::kGoOn ? "" : after == After::kCrashKeeping ? ", crash keeping" : ", crash forgetting");
  }
};

// Runs `scene` with every operation failing in turn, until one run has met no failure.
void at_every_step(const std::function<std::uint64_t(const Case&)>& scene) {
  int failures = 0;
  for (const Fault fault : {Fault::kIo, Fault::kNoSpace}) {
    for (const After after : kAfters) {
      for (const Op op : kOps) {
        for (std::uint64_t nth = 1;; ++nth) {
          const Case each{op, nth, fault, after};
          const std::uint64_t calls = scene(each);
          if (::testing::Test::HasFatalFailure() || ::testing::Test::HasNonfatalFailure()) {
            FAIL() << each.text();
          }
          if (calls < nth) break;  // the operation happens less often than that
          ++failures;
        }
      }
    }
  }
  EXPECT_GT(failures, 30);
}

// What happens to the disk when the step is over.
void settle(MemoryFiles& files, After after) {
  files.heal();
  if (after == After::kCrashForgetting) files.crash(Unsynced::kForgotten);
  if (after == After::kCrashKeeping) files.crash(Unsynced::kKept);
}

Bytes content() {
  Bytes out(3 * kChunkBytesMin + 17);
  SeededRandom(5).fill(out);
  return out;
}

void collect(store::Files& files, const std::string& folder, std::vector<std::string>& out) {
  const auto names = files.list(folder);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = folder + "/" + name;
    if (files.open(path, store::OpenMode::kRead)) out.push_back(path);
    collect(files, path, out);
  }
}

void expect_no_plaintext(store::Files& files, const std::string& folder, const Bytes& plain) {
  std::vector<std::string> paths;
  collect(files, folder, paths);
  const ByteView marker = ByteView(plain).first(16);
  for (const std::string& path : paths) {
    const Bytes bytes = *files.read_all(path, 1u << 20);
    EXPECT_EQ(std::search(bytes.begin(), bytes.end(), marker.begin(), marker.end()), bytes.end()) << path;
  }
}

class DeliveryFailures : public ::testing::Test {
 protected:
  void SetUp() override { log::set_level(static_cast<log::Level>(9)); }
  void TearDown() override { log::set_level(log::Level::kInfo); }
  const Bytes plain_ = content();
  Manifest manifest() const {
    ManifestBuilder builder(crypto::HashAlgorithm::kSha256, kChunkBytesMin);
    EXPECT_TRUE(builder.add(plain_).ok());
    return std::move(builder).finish();
  }
  ByteView chunk(const Manifest& of, std::uint64_t i) const {
    return ByteView(plain_).subspan(of.offset_of(ChunkIndex(i)), of.length_of(ChunkIndex(i)));
  }
};

// ── contents ──

Result<StoredContent> publish(Contents& contents, const Bytes& plain) {
  WEIR_TRY_LET(auto writer, contents.begin());
  for (std::size_t at = 0; at < plain.size(); at += 5000) {
    WEIR_TRY(writer->add(ByteView(plain).subspan(at, std::min<std::size_t>(5000, plain.size() - at))));
  }
  return writer->finish();
}

TEST_F(DeliveryFailures, AContentIsThereWholeOrNotAtAll) {
  ManifestBuilder builder(crypto::HashAlgorithm::kSha256);
  ASSERT_TRUE(builder.add(plain_).ok());
  const ContentRoot root = std::move(builder).finish().root();
  at_every_step([&](const Case& each) {
    MemoryFiles files;
    SeededRandom random(7);
    EXPECT_TRUE(files.make_directories("/contents").ok());
    Contents contents(files, "/contents", crypto::HashAlgorithm::kSha256, random);
    const std::uint64_t before = files.calls(each.op);
    files.fail(each.op, each.nth, each.fault);
    const auto stored = publish(contents, plain_);
    const std::uint64_t calls = files.calls(each.op) - before;
    settle(files, each.after);
    const auto whole = [&] {
      const auto opened = contents.open(root);
      Bytes read(plain_.size());
      return opened && *opened->data->read_at(0, read) == plain_.size() && read == plain_;
    };
    const auto there = contents.open(root);
    EXPECT_TRUE(!there || whole());
    EXPECT_TRUE(!stored || whole()) << "it was said to be durable";
    EXPECT_TRUE(contents.sweep().ok());
    const auto again = publish(contents, plain_);
    EXPECT_TRUE(again.ok() && whole());
    EXPECT_EQ(files.list("/contents")->size(), 1u);
    return calls;
  });
}

// ── vault ──

// What a receiver does between two starts; `durable` is what it recorded in the database.
Result<> receive(Vault& vault, const Manifest& manifest, std::vector<bool>& durable,
                 const std::function<ByteView(std::uint64_t)>& chunk) {
  WEIR_TRY_LET(auto item, vault.create("item-1", manifest));
  PullSession session(std::move(item), durable);
  while (const auto range = session.take(2)) {
    for (std::uint64_t i = range->first.value(); i < range->first.value() + range->count; ++i) {
      WEIR_TRY(session.accept(ChunkIndex(i), chunk(i)));
    }
    WEIR_TRY_LET(durable, session.checkpoint());
  }
  // Also if nothing was to be fetched: what was found may have been written and never synced.
  WEIR_TRY_LET(durable, session.checkpoint());
  return {};
}

TEST_F(DeliveryFailures, WhatWasRecordedAsReceivedCanBeReadAndTheRestIsFetchedAgain) {
  const Manifest of = manifest();
  const auto from = [&](std::uint64_t i) { return chunk(of, i); };
  at_every_step([&](const Case& each) {
    MemoryFiles files;
    SeededRandom random(7);
    const auto master = crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes);
    EXPECT_TRUE(files.make_directories("/vault").ok());
    Vault vault(files, "/vault", crypto::Suite::kInternational, master, random);
    std::vector<bool> durable(of.chunk_count());
    const std::uint64_t before = files.calls(each.op);
    files.fail(each.op, each.nth, each.fault);
    const Result<> received = receive(vault, of, durable, from);
    const std::uint64_t calls = files.calls(each.op) - before;
    settle(files, each.after);
    expect_no_plaintext(files, "/vault", plain_);
    if (const auto item = vault.open("item-1")) {
      for (std::uint64_t i = 0; i < of.chunk_count(); ++i) {
        const auto read = (*item)->read_chunk(ChunkIndex(i));
        EXPECT_TRUE(read.ok() || !durable[i]) << "chunk " << i << " was recorded as durable";
        EXPECT_TRUE(!read || std::equal(read->begin(), read->end(), chunk(of, i).begin()));
      }
    } else {
      EXPECT_EQ(std::count(durable.begin(), durable.end(), true), 0) << "recorded as durable";
    }
    const Result<> again = receive(vault, of, durable, from);
    EXPECT_TRUE(again.ok()) << again.error().message();
    EXPECT_EQ(std::count(durable.begin(), durable.end(), false), 0);
    settle(files, After::kCrashForgetting);
    const auto item = vault.open("item-1");
    EXPECT_TRUE(item.ok());
    for (std::uint64_t i = 0; item && i < of.chunk_count(); ++i) EXPECT_TRUE((*item)->read_chunk(ChunkIndex(i)).ok());
    expect_no_plaintext(files, "/vault", plain_);
    return calls;
  });
}

TEST_F(DeliveryFailures, DestroyingAgainFinishesADestructionThatFailed) {
  const Manifest of = manifest();
  const auto from = [&](std::uint64_t i) { return chunk(of, i); };
  at_every_step([&](const Case& each) {
    MemoryFiles files;
    SeededRandom random(7);
    const auto master = crypto::SecretBytes::random(random, crypto::SealingKey::kKeyBytes);
    EXPECT_TRUE(files.make_directories("/vault").ok());
    Vault vault(files, "/vault", crypto::Suite::kInternational, master, random);
    std::vector<bool> durable(of.chunk_count());
    EXPECT_TRUE(receive(vault, of, durable, from).ok());
    const std::uint64_t before = files.calls(each.op);
    files.fail(each.op, each.nth, each.fault);
    const Result<> destroyed = vault.destroy("item-1");
    const std::uint64_t calls = files.calls(each.op) - before;
    settle(files, each.after);
    if (destroyed) {
      EXPECT_FALSE(vault.open("item-1").ok()) << "it was said to be destroyed";
    }
    EXPECT_TRUE(vault.destroy("item-1").ok());
    settle(files, After::kCrashForgetting);
    EXPECT_FALSE(*vault.exists("item-1"));
    EXPECT_TRUE(files.list("/vault")->empty());
    return calls;
  });
}

// ── service ──

constexpr const char* kAgreement = "urn:uuid:agreement-1";

// A consumer that holds the data of an agreement.
std::unique_ptr<Party> holder(const Manifest& of, const std::function<ByteView(std::uint64_t)>& chunk) {
  auto party = std::make_unique<Party>(12, "b.example");
  const auto provider = testing::make_node(11);
  party->neighbours.agreements.emplace(kAgreement, AgreedDelivery{.agreement = kAgreement,
                                                                  .contract = "C4",
                                                                  .provider = provider,
                                                                  .consumer = party->node,
                                                                  .peer_address = "https://a.example/dsp/2025-1",
                                                                  .product = "product-1",
                                                                  .root = of.root(),
                                                                  .size = of.size});
  const std::string pid = *party->service->request(kAgreement, kPullFormat, "operator-1");
  EXPECT_TRUE(party->service->receive(provider, pid, {.kind = MessageKind::kStart,
                                                      .provider_pid = "theirs",
                                                      .consumer_pid = pid,
                                                      .data_address = {{"https://a.example/data", "token"}}}).ok());
  auto session = party->service->open_pull(pid, of);
  EXPECT_TRUE(session.ok());
  for (std::uint64_t i = 0; i < of.chunk_count(); ++i) EXPECT_TRUE((*session)->accept(ChunkIndex(i), chunk(i)).ok());
  EXPECT_TRUE(party->service->record_progress(pid, **session).ok());
  EXPECT_TRUE(party->service->complete(pid).ok());
  while (!party->take_outbox().empty()) {
  }
  return party;
}

TEST_F(DeliveryFailures, ADecidedDestructionIsFinishedAndProvenOnceWhateverFails) {
  const Manifest of = manifest();
  const auto from = [&](std::uint64_t i) { return chunk(of, i); };
  at_every_step([&](const Case& each) {
    const auto party = holder(of, from);
    auto& files = static_cast<MemoryFiles&>(*party->files);
    const std::uint64_t before = files.calls(each.op);
    files.fail(each.op, each.nth, each.fault);
    const auto destroyed = party->service->destroy(kAgreement, "expired", "node");
    const std::uint64_t calls = files.calls(each.op) - before;
    settle(files, each.after);
    EXPECT_FALSE(party->service->held(kAgreement).ok()) << "decided is decided";
    // What the node does after a start.
    const auto unfinished = party->service->unfinished();
    EXPECT_EQ(unfinished->size(), destroyed ? 0u : 1u);
    for (const Transfer& transfer : *unfinished) {
      EXPECT_TRUE(party->service->destroy(transfer.agreement, "finished after a restart", "node").ok());
    }
    EXPECT_TRUE(party->service->unfinished()->empty());
    settle(files, After::kCrashForgetting);
    EXPECT_TRUE(files.list("/vault")->empty());
    const auto outbox = party->take_outbox();
    EXPECT_EQ(outbox.size(), 1u);
    for (const auto& message : outbox) EXPECT_EQ(wire::parse_json(message.body)->text_or("reason", ""), "expired");
    return calls;
  });
}

}  // namespace
}  // namespace weir::flow::delivery
