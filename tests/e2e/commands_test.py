"""Every command of `weir`, run at least once with --json (which must parse) and once in Chinese where it is safe to repeat.

The list of commands is what --help says. A command that is in it and is not run here fails the last test.
"""
import json, os, re, subprocess

from case import NOT_RUNNING, TOP, WEIR, SpaceCase, main, until
from portal import Portal  # noqa: E402


def leaves(*words):
    """The commands below `words`, as --help lists them."""
    said = subprocess.run([WEIR, *words, "--help"], capture_output=True, text=True).stdout
    listed = re.search(r"\nSubcommands:\n((?:  .*\n)+)", said)
    if not listed:
        return [words]
    names = re.findall(r"^  (\S+)", listed.group(1), re.M)
    return [leaf for name in names for leaf in leaves(*words, name)]


class Commands(SpaceCase):
    ran = {("init",), ("serve",), ("join",)}  # by every space

    def run_one(self, node, command, *options, chinese=False, input=None, code=0):
        """Runs a command with --json; its object. `chinese`: once more, for people. `code`: what it ends with."""
        self.ran.add(tuple(command.split()))
        words = (*command.split(), *options)
        if code == 0:
            answer = json.loads(node.weir(*words, "--json", input=input))
        else:
            ended, said = node.weir(*words, "--json", ok=False, input=input)
            self.assertEqual(ended, code, said)
            answer = json.loads(said)
        if chinese:
            self.assertRegex(node.weir(*words, "--lang", "zh"), "[一-鿿]")
        return answer

    def write(self, document, name="document.json"):
        return self.file(json.dumps(document).encode(), name)

    def path(self, name):
        return os.path.join(self.space.root, name)

    def held_for_review(self, product):
        """A negotiation that waits for the provider's decision; both sides' ids."""
        mine = self.consumer.json("negotiate", product, "--terms", "count<=77", "--wait", "0")["id"]
        theirs = until(lambda: [row for row in self.provider.call("GET", "/api/v1/negotiations?held=true")["items"]
                                if row["product"] == product and row["consumerPid"] == mine])[0]["id"]
        return mine, theirs

    # ── in the order of --help; each leaves behind what the next need not have ──
    def test_the_node(self):
        node = self.provider
        self.run_one(node, "version")
        self.run_one(node, "config check", chinese=True)
        self.run_one(node, "config keys", chinese=True)
        made = self.run_one(self.space.nodes["provider"], "id generate", "product", "--subject", "91350100M000100Y43",
                            "--area", "3501")["id"]
        self.run_one(node, "id check", made, chinese=True)
        own = node.call("GET", "/api/v1/node")["node"]
        self.run_one(self.region, "id resolve", own, chinese=True)
        self.run_one(self.region, "id address", own)

    def test_participants(self):
        region, authority = self.region, self.region.path("certificates/authority.pem")
        nodes = []
        for name, code in (("third", "91350100M000100Y43"), ("fourth", "91440300708461136T")):
            node = self.space.add(name, uscc=code)
            joined = self.run_one(node, "join", "https://" + region.host, "--authority", authority, "--representative", "Li Hua")
            nodes.append((node, joined["application"]))
        self.run_one(region, "participant list", chinese=True)
        self.run_one(region, "node list", chinese=True)
        self.run_one(region, "participant show", nodes[0][1])
        approved = self.run_one(region, "participant approve", nodes[0][1])["node"]
        self.run_one(nodes[0][0], "join", "https://" + region.host, "--authority", authority)
        self.run_one(region, "participant reject", nodes[1][1], "--reason", "incomplete")
        self.run_one(region, "participant suspend", approved, "--reason", "an audit")
        self.run_one(region, "participant resume", approved)
        self.run_one(region, "participant deregister", approved, "--reason", "left")
        for name in ("third", "fourth"):
            del self.space.nodes[name]

    def test_operators(self):
        node = self.provider
        password = self.run_one(node, "operator add", "grete", "--scope", "catalog:read", "--password")["password"]
        self.run_one(node, "operator list", chinese=True)
        self.run_one(node, "operator login", "grete", input=password + "\n")
        self.run_one(node, "operator password", "grete", input=password + "\nMy-own-1234\n")
        self.run_one(node, "operator token", "grete", "--scope", "catalog:read")
        self.run_one(node, "operator tokens", "grete", chinese=True)
        self.run_one(node, "operator reset", "grete")
        self.run_one(node, "operator unlock", "grete")
        self.run_one(node, "operator revoke", "grete")
        self.run_one(node, "operator disable", "grete", "--reason", "gone")
        self.run_one(node, "operator enable", "grete")

    def test_products(self):
        node = self.provider
        draft = self.run_one(node, "publish", self.file(), "--title", "Drafted", "--terms", "count<=1", "--draft")
        product = draft["id"]
        self.run_one(node, "product edit", product, self.write(dict(draft["description"], title={"en": "Edited"})))
        self.run_one(node, "product submit", product)
        self.run_one(node, "product return", product, "--reason", "unclear")
        node.weir("product", "submit", product)
        self.run_one(node, "product approve", product)
        self.run_one(node, "product history", product, chinese=True)
        self.run_one(node, "show", product, chinese=True)
        self.run_one(node, "search", "edited", "--own", chinese=True)
        self.run_one(node, "product deregister", product, "--reason", "the end")
        extract = os.path.join(TOP, "tests", "vectors", "catalog", "us-federal-extract.jsonl")
        self.run_one(node, "catalog load", extract, chinese=True)

    def test_terms(self):
        line = "count<=3, purpose=research"
        self.run_one(self.provider, "policy check", line, chinese=True)
        self.run_one(self.provider, "policy explain", line, chinese=True)
        for form in ("odrl", "tc609", "terms"):
            self.run_one(self.provider, "policy convert", line, "--to", form)
        template = {"name": "T", "terms": {"permission": [{"action": "use", "constraint": [
            {"leftOperand": "count", "operator": "lteq", "rightOperand": {"parameter": "times"}}]}]},
            "parameters": [{"name": "times", "type": "number", "label": {"en": "Times"}}]}
        kept = self.run_one(self.provider, "contract template add", self.write(template))
        self.run_one(self.provider, "contract template list", chinese=True)
        self.run_one(self.provider, "contract template fill", kept["id"], "--value", "times=3")

    def test_contracts(self):
        product = self.publish()
        agreed = self.run_one(self.consumer, "negotiate", product, chinese=True)["agreementId"]
        self.run_one(self.consumer, "contract list", chinese=True)
        self.run_one(self.consumer, "contract show", agreed)
        self.run_one(self.consumer, "contract check", agreed, chinese=True)
        self.run_one(self.provider, "contract suspend", agreed, "--reason", "an audit")
        self.run_one(self.provider, "contract resume", agreed)
        self.run_one(self.provider, "contract terminate", agreed, "--reason", "the end")
        self.run_one(self.provider, "contract approve", self.held_for_review(self.publish())[1])
        self.run_one(self.provider, "contract reject", self.held_for_review(self.publish())[1], "--reason", "no")
        self.run_one(self.provider, "contract counter", self.held_for_review(self.publish())[1], "--terms", "count<=7")
        self.run_one(self.consumer, "contract break", self.held_for_review(self.publish())[0], "--reason", "no")
        consumer = self.consumer.call("GET", "/api/v1/node")["node"]
        self.run_one(self.provider, "offer", self.publish(), "--to", consumer)

    def test_deliveries_and_uses(self):
        self.provider.stop()
        self.provider.environment["WEIR_DELIVERY_BYTES_PER_SECOND"] = "200000"
        self.provider.start()
        agreement = self.agree(os.urandom(3_000_000))["agreementId"]
        pid = self.consumer.call("POST", "/api/v1/transfers", {"agreement": agreement})["id"]
        until(lambda: self.consumer.call("GET", f"/api/v1/transfers/{pid}")["state"] == "STARTED")
        self.run_one(self.consumer, "transfer list", chinese=True)
        self.run_one(self.consumer, "transfer suspend", pid, "--reason", "a pause")
        self.run_one(self.consumer, "transfer resume", pid)
        self.run_one(self.consumer, "transfer rate", pid, "100000")
        self.run_one(self.consumer, "transfer terminate", pid, "--reason", "enough")
        agreement = self.agree()["agreementId"]
        self.run_one(self.consumer, "fetch", agreement, chinese=True)
        self.run_one(self.consumer, "use", agreement, "-o", self.path("out"), chinese=True)
        self.run_one(self.consumer, "usage", agreement, chinese=True)
        paid = self.held(terms="anonymize, pay=1.00 CNY")["agreementId"]
        self.run_one(self.provider, "paid", paid, "--amount", "1.00", "--reference", "invoice 1")
        strict = {"@type": "Offer", "permission": [{"action": "use"}], "prohibition": [
            {"@id": "urn:no-sale", "action": "sell", "remedy": [{"action": "inform"}]}]}
        strict = self.file(json.dumps(strict).encode(), "policy.json")
        sold = self.provider.json("publish", self.file(), "--title", "Not for sale", "--policy", strict)["id"]
        sold = self.negotiate(sold)["agreementId"]
        self.run_one(self.provider, "breach", sold, "--rule", "urn:no-sale", "--what", "sold all the same")
        self.consumer.weir("use", paid, "-o", os.devnull, ok=False)
        owed = next(row for row in self.consumer.json("usage", paid)["obligations"] if row["action"] == "anonymize")
        self.run_one(self.consumer, "fulfil", paid, owed["id"], "--proof", "k = 5", chinese=True)
        self.run_one(self.consumer, "metering list")
        self.run_one(self.consumer, "metering totals", chinese=True)
        self.ran.add(("metering", "csv"))  # not JSON: it is for a spreadsheet
        self.assertIn("ConsumedQuantity", self.consumer.weir("metering", "csv"))
        self.run_one(self.consumer, "destroy", agreement, "--reason", "done", chinese=True)

    def test_computations(self):
        self.run_one(self.provider, "compute algorithms", chinese=True)
        rows = lambda start: b"id,x\n" + b"".join(b"%d,y\n" % (start + i) for i in range(150))
        agreement = self.agree(rows(0), "action=compute, env=mpc")["agreementId"]
        asked = [self.consumer.request("POST", f"/api/v1/jobs?agreement={agreement}&key=id", rows(100),
                                       {"Content-Type": "application/octet-stream"}).json["id"] for _ in range(2)]
        for job in asked:
            until(lambda: self.provider.request("GET", "/api/v1/jobs/" + job).status == 200)
        self.run_one(self.provider, "compute status", chinese=True)
        self.run_one(self.provider, "compute status", asked[0], chinese=True)
        self.run_one(self.provider, "compute approve", asked[0])
        self.run_one(self.provider, "compute reject", asked[1], "--reason", "once is enough")
        until(lambda: self.consumer.json("compute", "status", asked[0])["state"] == "DONE")
        self.run_one(self.consumer, "compute result", asked[0], "-o", self.path("shared.csv"))
        hash = next(a["hash"] for a in self.provider.json("compute", "algorithms")["items"] if a["id"] == "psi-rr22")
        agreement = self.agree(rows(0), f"action=compute, algorithm=psi-rr22@{hash}")["agreementId"]
        self.run_one(self.consumer, "compute psi", agreement, "--mine", self.file(rows(100)), "--key", "id", chinese=True)
        self.run_one(self.consumer, "compute plan", agreement, "--mine", self.file(rows(100)), "--key", "id", chinese=True)
        hash = next(a["hash"] for a in self.provider.json("compute", "algorithms")["items"] if a["id"] == "join-psty19")
        agreement = self.agree(rows(0), f"action=compute, algorithm=join-psty19@{hash}")["agreementId"]
        self.run_one(self.consumer, "compute query", agreement, "SELECT x, COUNT(*) FROM mine JOIN theirs USING (id) GROUP BY x",
                     "--mine", self.file(rows(100)), chinese=True)

    def test_evidence(self):
        done = self.held()
        self.run_one(self.consumer, "evidence list", "--contract", done["contractId"], chinese=True)
        self.run_one(self.consumer, "evidence replay", done["contractId"], chinese=True)
        self.run_one(self.consumer, "evidence bundle", done["contractId"], "-o", self.path("b.json"), chinese=True)
        self.run_one(self.consumer, "evidence export", "-o", self.path("log.jsonl"), chinese=True)
        self.run_one(self.consumer, "evidence check", chinese=True)

    def test_partners(self):
        node, who = self.consumer, "urn:connector:elsewhere"
        secret = "file:" + self.file(b"Bearer a-secret-of-twenty-bytes\n", "secret")
        self.run_one(node, "partner add", who, "--address", "http://127.0.0.1:9/protocol/2025-1", "--name", "Elsewhere",
                     "--authorization-in", secret, "--authorization-out", secret, chinese=True)
        self.assertEqual([row["id"] for row in self.run_one(node, "partner list", chinese=True)["items"]], [who])
        self.run_one(node, "partner catalog", who, code=NOT_RUNNING)  # nobody answers there
        self.run_one(node, "partner negotiate", who, "dataset-1", code=NOT_RUNNING)
        self.run_one(node, "partner remove", who)

    def test_planes(self):
        secret = "file:" + self.file(b"Bearer another-secret-of-a-plane\n", "plane-secret")
        for plane, options in (("dataplane", ("--profile", "urn:profile:none")), ("controlplane", ("--agreements",))):
            self.run_one(self.consumer, plane + " add", "urn:plane:elsewhere", "--endpoint", "http://127.0.0.1:9/signaling", *options,
                         "--authorization-in", secret, "--authorization-out", secret, "--product", "one", chinese=True)
            listed = self.run_one(self.consumer, plane + " list", chinese=True)["items"]
            self.assertEqual([(row[plane + "Id"], row["products"]) for row in listed], [("urn:plane:elsewhere", ["one"])])
            self.run_one(self.consumer, plane + " remove", "urn:plane:elsewhere")

    def test_harvests(self):
        portal = Portal(documents={"/data.json": ("application/json", b'{"dataset":[{"identifier":"1","title":"One"}]}')})
        self.addCleanup(portal.close)
        self.run_one(self.consumer, "catalog harvest", "theirs", "--url", portal.url + "/data.json", "--kind", "data.json",
                     "--region", "110000", chinese=True)
        self.run_one(self.consumer, "catalog harvests", chinese=True)
        self.run_one(self.consumer, "catalog forget", "theirs")

    def test_credentials(self):
        node, region = self.provider, self.region
        issuer = self.run_one(region, "did show", chinese=True)["id"]
        self.run_one(node, "did resolve", issuer, chinese=True)
        self.assertEqual(self.run_one(node, "credential request", issuer)["state"], "ISSUED")
        held = self.run_one(node, "credential list", chinese=True)["items"]
        issued = self.run_one(region, "credential issued", chinese=True)["items"]
        self.assertEqual([one["id"] for one in held], [one["id"] for one in issued])
        self.run_one(region, "credential revoke", issued[0]["id"], "--reason", "the end")
        self.run_one(node, "credential forget", held[0]["id"])

    def test_standards(self):
        node, clause = self.region, "TC609-6-2025-13#drill"
        self.run_one(node, "standards checklists", chinese=True)
        self.run_one(node, "standards attest", clause, "--statement", "Drilled in May", "--file", self.file(b"Drill"))
        ended, said = node.weir("standards", "assess", "TC609-6-2025-13", "--json", ok=False)
        self.ran.add(("standards", "assess"))
        made = json.loads(said)
        unmet = sum(one["counts"]["notMet"] for one in made["assessment"]["documents"])
        self.assertEqual(ended, 1 if unmet else 0)  # which it is, what this node did before decides
        self.run_one(node, "standards report", str(made["assessment"]["assessment"]))
        table = self.file("标准号,中文名称,状态\nGB/T 99001-2026,甲,现行\n".encode("gbk"), "table.csv")
        self.assertEqual(self.run_one(node, "standards import", table, "--source", "a list")["new"], 1)
        self.assertEqual(self.run_one(node, "standards find", "99001", chinese=True)["total"], 1)
        self.run_one(node, "standards show", "GB/T 99001", chinese=True)
        for question in ("tree", "coverage", "gap", "timeline", "due"):
            self.run_one(node, "standards " + question, chinese=True)
        self.run_one(node, "standards diff", "TC609-6-2025-14", "TC609-6-2025-15", chinese=True)
        made = self.run_one(node, "standards subscribe", "cloud", "--direction", "02")
        self.run_one(node, "standards subscribe", chinese=True)
        self.run_one(node, "standards subscribe", "--end", str(made["id"]))
        self.run_one(node, "standards export", "--format", "svg", "-o", self.path("coverage.svg"), chinese=True)
        made = self.run_one(node, "standards comment", "PRJ-TC260-WG5-04", "--clause", "6.2.1", "--text", "too much", "--who", "a maker",
                            "--infeasible-for", "collector")
        self.run_one(node, "standards comment", "PRJ-TC260-WG5-04", "--decide", str(made["id"]), "--verdict", "partly", "--reason", "for some")
        self.run_one(node, "standards comment", "PRJ-TC260-WG5-04", chinese=True)

    def test_zz_no_command_was_left_out(self):
        commands = set(leaves())
        self.assertGreater(len(commands), 40)
        self.assertEqual(commands - self.ran, set(), "these are listed by --help and were never run")
        self.assertEqual(self.ran - commands, set(), "these were run and are not listed")

    def test_every_command_has_help_with_words(self):
        for words in leaves():
            done = subprocess.run([WEIR, *words, "--help"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0)
            self.assertGreater(len(done.stdout.splitlines()[0]), 10, words)


if __name__ == "__main__":
    main()
