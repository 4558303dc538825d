"""Evidence: searched, replayed, bundled, checked offline by somebody with nothing but files; and what tampering it shows."""
import base64, hashlib, json, os, re

from case import FAILED, NOT_FOUND, USAGE, SpaceCase, main, read, until, verify


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def tree_root(hashes):
    """RFC 6962, section 2.1, written down once more without looking at the program."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\1" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


class Evidence(SpaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.story = cls().whole_story()
        cls.contract = cls.story["contractId"]
        cls.anchor = cls.region.path("certificates/authority.pem")

    def bundle(self, node=None):
        path = os.path.join(self.space.root, f"bundle-{os.urandom(4).hex()}.json")
        (node or self.consumer).weir("evidence", "bundle", self.contract, "-o", path)
        return path

    def checked(self, text, *options, anchor=None):
        path = self.file(text.encode(), "bundle.json")
        return verify(path, "--anchor", anchor or self.anchor, *options)

    # ── reading ──
    def test_entries_are_found_by_contract_product_participant_kind_and_time(self):
        everything = self.consumer.json("evidence", "list", "--limit", "200")["items"]
        of_contract = self.kinds(self.consumer, contract=self.contract)
        self.assertIn("contract.finalized", of_contract)
        self.assertIn("usage.denied", of_contract)
        self.assertEqual(self.kinds(self.consumer, contract=self.contract, kind="usage.denied"), ["usage.denied"])
        self.assertTrue(self.kinds(self.consumer, product=self.story["product"]))
        provider = self.provider.call("GET", "/api/v1/node")["node"]
        self.assertTrue(self.kinds(self.consumer, participant=provider))
        self.assertEqual(self.kinds(self.consumer, since="2090-01-01T00:00:00Z"), [])
        self.assertEqual(self.kinds(self.consumer, until="2001-01-01T00:00:00Z"), [])
        self.assertEqual(len(everything), len({entry["index"] for entry in everything}))

    def test_pages_of_entries_show_each_once(self):
        seen, cursor = [], ""
        while True:
            page = self.consumer.call("GET", "/api/v1/evidence?limit=3" + (f"&cursor={cursor}" if cursor else ""))
            seen += [entry["index"] for entry in page["items"]]
            cursor = page.get("next", "")
            if not cursor:
                break
        self.assertEqual(seen, sorted(set(seen), reverse=True))
        self.assertGreater(len(seen), 6)

    def test_the_story_is_replayed_whole_and_in_order(self):
        for node in (self.consumer, self.provider):
            story = node.json("evidence", "replay", self.contract)
            self.assertTrue(story["legal"], story["problems"])
            self.assertEqual(story["problems"], [])
        self.assertTrue(self.consumer.json("evidence", "replay", self.contract)["complete"])

    def test_a_story_that_nobody_knows_is_not_found(self):
        unknown = "C512110000MB0000027G1100202601010000000000000010"
        self.refused(NOT_FOUND, self.consumer, "evidence", "replay", unknown)

    def test_a_time_that_is_none_is_refused(self):
        self.refused(USAGE, self.consumer, "evidence", "list", "--since", "yesterday")

    # ── offline ──
    def test_the_bundle_of_either_side_holds_offline(self):
        for node in (self.consumer, self.provider):
            path = self.bundle(node)
            code, said = verify(path, "--anchor", self.anchor)
            self.assertEqual(code, 0, said)
            self.assertIn("Everything holds", said)
            code, said = verify(path, "--anchor", self.anchor, "--json")
            self.assertEqual(code, 0)
            self.assertTrue(json.loads(said))
            self.assertRegex(verify(path, "--anchor", self.anchor, "--lang", "zh")[1], "[一-鿿]")

    def test_without_an_anchor_or_with_a_foreign_one_nothing_holds(self):
        path = self.bundle()
        self.assertNotEqual(verify(path)[0], 0)
        self.assertNotEqual(verify(path, "--anchor-fingerprint", "00" * 32)[0], 0)

    def test_each_tampering_with_a_bundle_is_found(self):
        whole = read(self.bundle())
        self.assertEqual(self.checked(whole)[0], 0)
        bundle = json.loads(whole)

        def again(change):
            altered = json.loads(whole)
            change(altered)
            return json.dumps(altered, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"

        def other(text):
            return text.replace("research", "marketing")

        def entries(altered, log=0):
            return altered["logs"][log]["entries"]

        def swap_signature(altered):
            a, b = altered["agreement"]["statements"][:2]
            a["signature"], b["signature"] = b["signature"], a["signature"]

        tampering = {
            "an agreement of other words": lambda b: b["agreement"].update(text=other(b["agreement"]["text"])),
            "signatures exchanged": swap_signature,
            "a signature left out": lambda b: b["agreement"]["statements"].pop(),
            "an entry rewritten": lambda b: entries(b)[1].update(leaf=other(entries(b)[1]["leaf"]) + " "),
            "an entry of another place": lambda b: entries(b)[1].update(index=entries(b)[1]["index"] + 1),
            "a proof of another entry": lambda b: entries(b)[1].update(proof=entries(b)[2]["proof"]),
            "two entries exchanged": lambda b: entries(b).reverse(),
            "the other contract": lambda b: b.update(
                contract=b["contract"][:-1] + ("1" if b["contract"].endswith("0") else "0")),
            "a checkpoint of another size": lambda b: b["logs"][0].update(
                checkpoint=re.sub(r"\n\d+\n", "\n3\n", b["logs"][0]["checkpoint"], count=1)),
            "one log twice": lambda b: b["logs"].append(b["logs"][0]),
            "no certificates": lambda b: b.update(certificates=[]),
            "another content": lambda b: b.update(contentRoot="sha256:" + "0" * 64),
            "the agreement's entry left out": lambda b: [log["entries"].pop(next(
                i for i, e in enumerate(log["entries"]) if '"contract.agreed"' in e["leaf"])) for log in b["logs"]],
            "the verification left out": lambda b: [log.update(entries=[
                e for e in log["entries"] if '"contract.verified"' not in e["leaf"]]) for log in b["logs"]],
        }
        self.assertEqual(bundle["type"], "weir.evidence-bundle.v1")
        for name, change in tampering.items():
            with self.subTest(tampering=name):
                code, said = self.checked(again(change))
                self.assertNotEqual(code, 0, said)
                self.assertTrue(said.strip())
        for i in range(0, len(whole), max(1, len(whole) // 25)):
            with self.subTest(flipped=i):
                flipped = whole[:i] + ("0" if whole[i] != "0" else "1") + whole[i + 1:]
                self.assertNotEqual(self.checked(flipped)[0], 0)

    # ── the whole log ──
    def export(self, node):
        path = os.path.join(self.space.root, f"log-{os.urandom(4).hex()}.jsonl")
        node.weir("evidence", "export", "-o", path)
        return path

    def test_the_whole_log_holds_offline_and_one_rewritten_entry_is_named(self):
        for node in (self.consumer, self.provider, self.region):
            node.weir("evidence", "check")
            path = self.export(node)
            code, said = verify("log", path, "--anchor", self.anchor)
            self.assertEqual(code, 0, said)
            lines = read(path).splitlines()
            index = next(i for i, line in enumerate(lines) if '"leaf"' in line and i > 3)
            entry = json.loads(lines[index])
            entry["leaf"] = entry["leaf"].replace('"time":"2', '"time":"1')
            lines[index] = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            code, said = verify("log", self.file(("\n".join(lines) + "\n").encode(), "log.jsonl"), "--anchor", self.anchor)
            self.assertEqual(code, 1, said)
            self.assertIn(str(entry["index"]), said)

    def test_a_later_checkpoint_extends_an_earlier_one(self):
        note = self.consumer.request("GET", "/log/checkpoint", token=False)
        self.assertEqual(note.status, 200)
        origin, size, root = note.body.decode().split("\n")[:3]
        self.assertTrue(origin.startswith("weir/evidence/5"))
        self.held()
        later = self.consumer.request("GET", "/log/checkpoint", token=False).body.decode().split("\n")
        self.assertGreater(int(later[1]), int(size))
        hashes = []
        with open(self.export(self.consumer), encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if "leaf" in row:
                    hashes.append(leaf_hash(row["leaf"].encode()))
                    self.assertEqual(base64.b64encode(hashes[-1]).decode(), row["hash"])
        self.assertEqual(base64.b64encode(tree_root(hashes[:int(size)])).decode(), root)
        self.assertEqual(base64.b64encode(tree_root(hashes[:int(later[1])])).decode(), later[2])

    def test_an_entry_comes_with_its_proof(self):
        proof = self.consumer.call("GET", "/api/v1/evidence/proof?index=2")
        self.assertEqual(proof["entry"]["index"], 2)
        self.assertTrue(proof["proof"].startswith("c2sp.org/tlog-proof@v1\nindex 2\n"))
        self.problem(404, "evidence", self.consumer.request("GET", "/api/v1/evidence/proof?index=999999"))

    def test_tiles_are_served_as_static_files_would_be(self):
        tile = self.consumer.request("GET", "/log/tile/0/000.p/1")
        if tile.status == 404:  # the tree is larger than that by now
            size = int(self.consumer.request("GET", "/log/checkpoint", token=False).body.decode().split("\n")[1])
            tile = self.consumer.request("GET", f"/log/tile/0/000.p/{size % 256}")
        self.assertEqual(tile.status, 200)
        self.assertEqual(len(tile.body) % 32, 0)


if __name__ == "__main__":
    main()
