#!/usr/bin/env python3
"""Bad days of a whole node: a full disk, a disk that fails to sync, a log that somebody changed, an old copy put back.

usage: bad_days_test.py PROGRAMS full-disk | failed-sync | changed-log
The full disk is a real one: a small tmpfs in a name space of its own, for which no rights are needed where the kernel lets
users make one; elsewhere the test says so and is skipped (exit code 77). The failing sync is tests/support/failing_sync.cc.
"""
import json, os, shutil, sqlite3, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from space import Refused, Space, until

TERMS = "purpose=research, count<=1000000"


def publish(node, name, size=1000):
    """Bytes and a product, as a client does it; the answer of the last step that was done."""
    stored = node.request("POST", "/api/v1/contents", os.urandom(size), {"Content-Type": "application/octet-stream"})
    if stored.status >= 300:
        return stored
    return node.request("POST", "/api/v1/products", {
        "title": {"en": name}, "description": {"en": name}, "content": {"root": stored.json["root"]}})


def told(answer, status, reason):
    """A refusal in words, as a problem."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
    body = answer.json
    assert (answer.status, body["type"]) == (status, "urn:weir:error:" + reason), (answer.status, body)
    assert body["detail"] and body["advice"], body
    return body


def counted(node, agreement):
    return sum(c["value"] for c in node.call("GET", f"/api/v1/agreements/{agreement}/usage")["counters"])


def use(node, agreement):
    return node.request("POST", f"/api/v1/agreements/{agreement}/uses", {"action": "read", "purpose": "research"})


def prepared(space):
    """A product, and an agreement whose data the consumer holds."""
    space.start()
    path = os.path.join(space.root, "data")
    with open(path, "wb") as file:
        file.write(os.urandom(100_000))
    product = space.provider.json("publish", path, "--title", "Before", "--terms", TERMS)["id"]
    until(lambda: space.consumer.call("GET", "/api/v1/products?scope=space&q=before")["items"])
    agreement = space.consumer.json("negotiate", product)["agreementId"]
    space.consumer.weir("fetch", agreement)
    return product, agreement


def reads_go_on(node, product):
    assert node.call("GET", f"/api/v1/products/{product}")["status"] == "published"
    assert node.call("GET", "/api/v1/evidence?limit=5")["items"]
    assert node.request("GET", "/health", token=False).status == 200


def whole(node):
    report = node.call("POST", "/api/v1/evidence/check")
    assert report["ok"], report
    for name in os.listdir(node.path("contents")):
        assert set(os.listdir(node.path("contents", name))) == {"data", "manifest"}, name


# ── a full disk ──

def full_disk(programs):
    if os.environ.get("WEIR_TEST_INSIDE") != "1":
        inside = ["unshare", "--user", "--map-root-user", "--mount"]
        probe = subprocess.run([*inside, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, text=True)
        if probe.returncode != 0:
            print(f"skipped: this kernel lets no user mount a small disk: {probe.stderr.strip()}")
            return 77
        return subprocess.run([*inside, sys.executable, "-B", __file__, programs, "full-disk"],
                              env=dict(os.environ, WEIR_TEST_INSIDE="1")).returncode
    with Space(os.path.join(programs, "weir")) as space:
        for side in ("consumer", "provider"):
            node = getattr(space, side)
            kept = os.path.join(space.root, "kept-" + side)
            os.rename(node.folder, kept)
            os.mkdir(node.folder)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "none", node.folder], check=True)
            shutil.copytree(kept, node.folder, dirs_exist_ok=True)
        product, agreement = prepared(space)
        provider, consumer = space.provider, space.consumer
        assert use(consumer, agreement).status == 200
        for node in (provider, consumer):
            fill(node.path("filler"))
        # The provider, while it publishes; the consumer, while it uses and agrees.
        made, full = [], until_full(lambda: provider.request("POST", "/api/v1/products",
                                                             {"title": {"en": "x"}, "description": {"en": "x" * 9000}, "draft": True}))
        told(full, 507, "store.disk_full")
        told(publish(provider, "too much", 500_000), 507, "store.disk_full")
        words = told(provider.request("GET", "/ready", token=False), 503, "node.not_ready")["detail"]
        reads_go_on(provider, product)
        before = counted(consumer, agreement)
        uses = 0
        while True:
            answer = use(consumer, agreement)
            if answer.status != 200:
                break
            uses += 1
        told(answer, 507, "store.disk_full")
        assert counted(consumer, agreement) == before + uses, "a use that was refused is counted"
        told(consumer.request("GET", "/ready", token=False), 503, "node.not_ready")
        assert consumer.process.poll() is None and provider.process.poll() is None
        # Space comes back: by itself, without anybody writing.
        for node in (provider, consumer):
            os.unlink(node.path("filler"))
            until(lambda: node.request("GET", "/ready", token=False).status == 200)
        assert publish(provider, "after").status == 201
        assert use(consumer, agreement).status == 200
        assert counted(consumer, agreement) == before + uses + 1
        again = consumer.json("negotiate", product)["agreementId"]
        consumer.weir("fetch", again)
        for node in (provider, consumer):
            whole(node)
            assert node.stop() == 0, node.log()[-3000:]
            node.start()
            whole(node)
        assert counted(consumer, agreement) == before + uses + 1
        print(f"a full disk: writes are refused with 507 and words, /ready says 503 ({words}), reads go on, "
              f"{uses} uses exact, and all goes on when there is space")
    return 0


def fill(path):
    """Takes all space that there is."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def until_full(write):
    for _ in range(5000):
        answer = write()
        if answer.status >= 300:
            return answer
    raise AssertionError("the disk does not get full")


# ── a sync that fails ──

def failed_sync(programs):
    trigger = os.path.join(programs, f"fail-sync-{os.getpid()}")
    environment = {"LD_PRELOAD": os.path.join(programs, "failing_sync.so"), "WEIR_TEST_FAIL_SYNC": trigger,
                   "ASAN_OPTIONS": "verify_asan_link_order=0"}
    with Space(os.path.join(programs, "weir"), environment=environment) as space:
        product, agreement = prepared(space)
        provider, consumer = space.provider, space.consumer
        for node in (provider, consumer):
            acknowledged = publish(node, "acknowledged").json["id"]
            before = counted(consumer, agreement)
            assert use(consumer, agreement).status == 200
            open(trigger, "w").close()
            answer = use(consumer, agreement) if node is consumer else publish(node, "lost")
            assert answer.status in (500, 503) and answer.json["detail"], (answer.status, answer.body)
            draft = lambda: node.request("POST", "/api/v1/products", {"title": {"en": "x"}, "draft": True})
            draft()
            os.unlink(trigger)
            # The disk is well again, and the node does not believe it: decision 0020.
            told(draft(), 503, "store.read_only")
            told(node.request("GET", "/ready", token=False), 503, "node.not_ready")
            reads_go_on(node, acknowledged)
            assert node.stop() == 0, node.log()[-3000:]
            node.start()
            assert node.request("GET", "/ready", token=False).status == 200
            assert draft().status == 201
            assert node.call("GET", f"/api/v1/products/{acknowledged}")["id"] == acknowledged
            assert before + 1 <= counted(consumer, agreement) <= before + 2
            whole(node)
        again = consumer.json("negotiate", product)["agreementId"]
        consumer.weir("fetch", again)
        print("a failed sync: writes are refused with 503 and words until the node is started again, reads go on, nothing is lost")
    return 0


# ── a log that is not what was signed ──

def changed_log(programs):
    with Space(os.path.join(programs, "weir"), names=("provider",)) as space:
        space.start()
        node = space.provider
        for i in range(300):  # more than a block of 256
            node.call("POST", "/api/v1/products", {"title": {"en": f"Draft {i}"}, "draft": True})
        node.stop()
        older = keep(node, "older")
        node.start()
        node.call("POST", "/api/v1/products", {"title": {"en": "One more"}, "draft": True})
        node.stop()
        newest = keep(node, "newest")
        last = "(SELECT MAX(idx) FROM evidence_entry)"
        changes = {
            "an entry of an early block rewritten": (
                "UPDATE evidence_entry SET leaf = replace(leaf, 'Draft', 'Graft') WHERE idx = 20",
                "UPDATE evidence_entry SET leaf = replace(leaf, '\"time\":\"2', '\"time\":\"3') WHERE idx = 20",
                "entry 20 was rewritten"),
            "the last entry rewritten": (
                f"UPDATE evidence_entry SET leaf = replace(leaf, '\"time\":\"2', '\"time\":\"3') WHERE idx = {last}",
                "was rewritten"),
            "an entry taken out": ("DELETE FROM evidence_entry WHERE idx = 30", "missing"),
            "the end cut off": (f"DELETE FROM evidence_entry WHERE idx > {last} - 3", "its head says"),
            "the last checkpoint taken out": (
                "DELETE FROM evidence_checkpoint WHERE size = (SELECT MAX(size) FROM evidence_checkpoint)", "no checkpoint of"),
            "the head set back": ("UPDATE evidence_head SET size = size - 1", "entries, its head says"),
            "the signature of the last checkpoint changed": (
                "UPDATE evidence_checkpoint SET note = substr(note, 1, length(note) - 6) || 'AAAA=' || char(10) "
                "WHERE size = (SELECT MAX(size) FROM evidence_checkpoint)", "the last checkpoint"),
        }
        for what, (*statements, words) in changes.items():
            put_back(node, newest)
            base = sqlite3.connect(node.path("weir.db"))
            for statement in statements:
                base.execute(statement)
            base.commit()
            base.close()
            refuses(node, what, words)
        put_back(node, older)
        refuses(node, "an older copy put back", "this node signed a log of")
        put_back(node, newest)
        node.start()
        whole(node)
        node.stop()
        # Who has no newer copy says so: backup.md.
        put_back(node, older)
        os.unlink(node.path("log.mark"))
        node.start()
        print(f"{len(changes) + 1} changed logs: the node does not start, and says why")
    return 0


def keep(node, name):
    path = node.folder + "-" + name + ".db"
    assert not os.path.exists(node.path("weir.db-wal")) or os.path.getsize(node.path("weir.db-wal")) == 0
    shutil.copyfile(node.path("weir.db"), path)
    return path


def put_back(node, path):
    for end in ("-wal", "-shm"):
        if os.path.exists(node.path("weir.db" + end)):
            os.unlink(node.path("weir.db" + end))
    shutil.copyfile(path, node.path("weir.db"))


def refuses(node, what, words):
    open(node.path("serve.log"), "w").close()
    try:
        node.start()
    except Refused as refused:
        assert refused.code == 1 and words in refused.words and "docs/operate/backup.md" in refused.words, (what, refused)
        return
    raise AssertionError(f"{what}: the node starts")


if __name__ == "__main__":
    tests = {"full-disk": full_disk, "failed-sync": failed_sync, "changed-log": changed_log}
    sys.exit(tests[sys.argv[2]](os.path.abspath(sys.argv[1])))
