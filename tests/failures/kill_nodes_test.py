#!/usr/bin/env python3
"""kill -9 of whole nodes at random under load, on either side; then everything is checked.

usage: kill_nodes_test.py PROGRAMS [--rounds N] [--seed N]
Load: negotiations, transfers, uses and publications at once, by clients that repeat nothing. In each round one node is killed
while they run and started again. What must hold then: what was acknowledged is there; a use is counted if it was acknowledged,
and no use is counted that was not asked for; both sides end in the same state; no log has another history than the one that was
signed before; bundles verify; contents and vault hold nothing by half.
"""
import argparse, collections, http.client, json, os, random, subprocess, sys, tempfile, threading, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from space import Space, until

SIZE = 3 << 20  # three chunks
NEVER = False


class Load:
    """Clients of both nodes. Each notes what it was told, and what it was not told any more."""

    def __init__(self, provider, consumer, product, agreement, file):
        self.provider, self.consumer, self.product, self.agreement, self.file = provider, consumer, product, agreement, file
        self.lock, self.going, self.ended = threading.Lock(), threading.Event(), False
        self.busy = 0
        self.negotiations, self.products, self.transfers = set(), {}, {}  # acknowledged
        self.uses, self.doubtful_uses = 0, 0
        self.unexpected = []
        self.agreed = []  # finalized, not yet fetched
        for step in (self.negotiate, self.negotiate, self.use, self.use, self.publish, self.fetch):
            threading.Thread(target=self.run, args=(step,), daemon=True).start()

    def run(self, step):
        while not self.ended:
            self.going.wait()
            with self.lock:
                if not self.going.is_set():
                    continue
                self.busy += 1
            try:
                step()
            finally:
                with self.lock:
                    self.busy -= 1

    def pause(self):
        self.going.clear()
        until(lambda: self.busy == 0, timeout=120)

    def ask(self, node, method, path, body=None, headers=None):
        """None if there is no whole answer; NEVER if it was not even asked."""
        try:
            answer = node.request(method, path, body, headers)
        except ConnectionRefusedError:
            time.sleep(0.01)
            return NEVER
        except (OSError, http.client.HTTPException):
            return None
        if answer.status >= 400 and answer.status != 503:
            self.unexpected.append(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer if answer.status < 400 else NEVER

    def negotiate(self):
        answer = self.ask(self.consumer, "POST", "/api/v1/negotiations", {"product": self.product})
        if not answer:
            return
        pid = answer.json["id"]
        self.negotiations.add(pid)
        done = self.ask(self.consumer, "GET", f"/api/v1/negotiations/{pid}?wait=2000")
        if done and done.json["state"] == "FINALIZED":
            self.agreed.append(done.json["agreementId"])

    def use(self):
        path = f"/api/v1/agreements/{self.agreement}/uses"
        answer = self.ask(self.consumer, "POST", path, {"action": "read", "purpose": "research"})
        with self.lock:
            if answer and len(answer.body) == SIZE:
                self.uses += 1
            elif answer is None:
                self.doubtful_uses += 1

    def publish(self):
        data = os.urandom(200_000)
        stored = self.ask(self.provider, "POST", "/api/v1/contents", data, {"Content-Type": "application/octet-stream"})
        if stored:
            body = {"title": {"en": "Under load"}, "description": {"en": "A test"}, "content": {"root": stored.json["root"]}}
            made = self.ask(self.provider, "POST", "/api/v1/products", body)
            if made:
                self.products[made.json["id"]] = stored.json["root"]

    def fetch(self):
        if not self.agreed:
            time.sleep(0.02)
            return
        agreement = self.agreed.pop()
        answer = self.ask(self.consumer, "POST", "/api/v1/transfers", {"agreement": agreement})
        if answer:
            self.transfers[answer.json["id"]] = agreement


class Watch:
    """Keeps the checkpoints that nodes show while they run, as an auditor would."""

    def __init__(self, nodes):
        self.seen = {node: {} for node in nodes}
        threading.Thread(target=self.run, daemon=True).start()

    def look(self, node):
        try:
            answer = node.request("GET", "/log/checkpoint", token=False)
        except Exception:
            return
        if answer.status == 200 and answer.body:
            note = answer.body.decode()
            size = int(note.split("\n")[1])
            known = self.seen[node].setdefault(size, note)
            # Signatures may differ (ECDSA); the root may not.
            assert known.split("\n")[:3] == note.split("\n")[:3], f"two histories of size {size}:\n{known}\n{note}"

    def run(self):
        while True:
            for node in list(self.seen):
                self.look(node)
            time.sleep(0.05)


class Check:
    """After each round what is new, and at times everything."""

    def __init__(self, space, load, watch, programs):
        self.space, self.load, self.watch, self.programs = space, load, watch, programs
        self.settled, self.looked_at = set(), set()

    def everything(self, whole):
        load = self.load
        assert not load.unexpected, load.unexpected[:3]
        if whole:
            self.settled.clear()
            self.looked_at.clear()
        self.uses()
        self.converge("negotiations", load.negotiations, self.negotiation)
        self.converge("transfers", set(load.transfers), self.transfer)
        self.products()
        if whole:
            self.finalized = [n["contractId"] for n in self.newest(load.consumer, "negotiations", 10**9)]
            for node in (load.provider, load.consumer):
                report = node.call("POST", "/api/v1/evidence/check")
                assert report["ok"], report
                self.log(node)

    def uses(self):
        counters = self.load.consumer.call("GET", f"/api/v1/agreements/{self.load.agreement}/usage")["counters"]
        counted = sum(counter["value"] for counter in counters)
        least, most = self.load.uses, self.load.uses + self.load.doubtful_uses
        assert least <= counted <= most, f"{counted} uses are counted; {least} were acknowledged, {most} asked for"
        self.counted = counted

    def newest(self, node, what, count):
        """At least the newest `count`."""
        cursor, out, limit = "", [], min(1000, count + 20)
        while len(out) < count:
            page = node.call("GET", f"/api/v1/{what}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
            out += page["items"]
            cursor = page.get("next", "")
            if not cursor:
                break
        return out

    def converge(self, what, acknowledged, alike):
        """All that were acknowledged are there and end, and both sides say the same of each."""
        def settled():
            left = acknowledged - self.settled
            count = 2 * len(left) + 20  # those that were asked for and not acknowledged are among them
            while True:
                mine = {n["id"]: n for n in self.newest(self.load.consumer, what, count)}
                if left <= set(mine) or len(mine) < count:
                    break
                count *= 4
            assert left <= set(mine), f"{what} acknowledged and lost: {left - set(mine)}"
            theirs = {n.get("consumerPid") or n["peerProcess"]: n for n in self.newest(self.load.provider, what, count)}
            self.settled |= {pid for pid, n in mine.items() if pid in theirs and alike(n, theirs[pid])}
            self.open = [(mine[pid], theirs.get(pid)) for pid in mine if pid not in self.settled]
            return not self.open
        try:
            until(settled, timeout=90, pause=0.1)
        except TimeoutError:
            raise AssertionError(f"{what} do not converge: {self.open[:3]}") from None

    def negotiation(self, mine, theirs):
        names = ("state", "agreementId", "contractId", "providerPid", "consumerPid")
        return mine["state"] == "FINALIZED" and all(mine.get(name) == theirs.get(name) for name in names)

    def transfer(self, mine, theirs):
        return (mine["state"], mine["custody"], theirs["state"]) == ("COMPLETED", "held", "COMPLETED")

    def products(self):
        for product in set(self.load.products) - self.looked_at:
            found = self.load.provider.call("GET", f"/api/v1/products/{product}")
            root = self.load.products[product]
            assert found["description"]["content"]["root"] == root.split(":")[1]
            assert os.path.getsize(self.load.provider.path("contents", root.replace(":", "-"), "data")) == 200_000
            self.looked_at.add(product)
        # What was begun and not finished is swept at the start.
        for name in os.listdir(self.load.provider.path("contents")):
            parts = set(os.listdir(self.load.provider.path("contents", name)))
            assert parts == {"data", "manifest"}, f"by half: {name}: {parts}"
        held = {t["id"] for t in self.newest(self.load.consumer, "transfers", 10**9)}
        strange = set(os.listdir(self.load.consumer.path("vault"))) - held
        assert not strange, f"in the vault and of no transfer: {strange}"

    def log(self, node):
        """The whole log verifies, and holds every checkpoint that anybody saw."""
        with tempfile.TemporaryDirectory() as room:
            path = os.path.join(room, "log.jsonl")
            node.weir("evidence", "export", "-o", path)
            self.verify("log", path)
            kept = {}
            with open(path) as file:
                for line in file:
                    row = json.loads(line)
                    if "checkpoint" in row:
                        lines = row["checkpoint"].split("\n")
                        kept[int(lines[1])] = lines[:3]
            for size, note in self.watch.seen[node].items():
                assert kept.get(size) == note.split("\n")[:3], f"the checkpoint of {size} entries is not that of before"
            for contract in random.sample(self.finalized, min(2, len(self.finalized))):
                bundle = os.path.join(room, "bundle.json")
                node.weir("evidence", "bundle", contract, "-o", bundle)
                self.verify(bundle)

    def verify(self, *words):
        anchor = self.space.region.path("certificates/authority.pem")
        done = subprocess.run([os.path.join(self.programs, "weir-verify"), *words, "--anchor", anchor],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def main():
    options = argparse.ArgumentParser()
    options.add_argument("programs")
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = options.parse_args()
    random.seed(options.seed)
    programs = os.path.abspath(options.programs)
    begin = time.monotonic()
    kills = collections.Counter()
    keep = True
    with Space(os.path.join(programs, "weir")) as space:
        space.start()
        provider, consumer = space.provider, space.consumer
        file = os.path.join(space.root, "data")
        with open(file, "wb") as out:
            out.write(os.urandom(SIZE))
        product = provider.json("publish", file, "--title", "Load", "--terms", "purpose=research, count<=1000000000")["id"]
        until(lambda: consumer.call("GET", "/api/v1/products?scope=space&q=load")["items"])
        agreement = consumer.json("negotiate", product)["agreementId"]
        consumer.weir("fetch", agreement)
        load, watch = Load(provider, consumer, product, agreement, file), Watch([provider, consumer])
        check = Check(space, load, watch, programs)
        try:
            for number in range(1, options.rounds + 1):
                load.going.set()
                time.sleep(random.uniform(0.05, 0.6))
                for node in random.choice(([provider], [consumer], [provider, consumer])):
                    node.kill()
                    kills[os.path.basename(node.folder)] += 1
                    time.sleep(random.uniform(0, 0.1))
                for node in (provider, consumer):
                    if not node.process:
                        node.start()
                load.pause()
                check.everything(whole=number % 20 == 0 or number == options.rounds)
                if number % 20 == 0:
                    print(f"{number} rounds, {time.monotonic() - begin:.0f} s", flush=True)
        except BaseException as failed:
            space.keep = True
            print(f"round {number}, seed {options.seed}, folders in {space.root}: {failed}", file=sys.stderr)
            raise
        load.ended = True
        for node in (consumer, provider):
            code = node.stop()
            assert code == 0, f"ended with {code}: {node.log()[-3000:]}"
    seen = sum(len(notes) for notes in watch.seen.values())
    print(f"{options.rounds} rounds in {time.monotonic() - begin:.0f} s: {sum(kills.values())} kills {dict(kills)}; "
          f"{len(load.negotiations)} negotiations, {len(load.transfers)} transfers, {len(load.products)} publications and "
          f"{load.uses} uses acknowledged; {check.counted} uses counted, {load.doubtful_uses} in doubt; "
          f"{seen} checkpoints seen: nothing lost, no counter wrong, no fork")


if __name__ == "__main__":
    main()
