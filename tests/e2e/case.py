"""What the end-to-end tests share: a space of real processes for a class of tests, and short words for what people do.

The programs come from ctest: WEIR_TEST_WEIR and WEIR_TEST_VERIFY.
"""
import json, os, re, subprocess, sys, tempfile, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from space import USCC, Answer, Node, Refused, Space, read, until  # noqa: E402,F401

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
WEIR = os.environ.get("WEIR_TEST_WEIR", os.path.join(TOP, "build", "dev", "weir"))
VERIFY = os.environ.get("WEIR_TEST_VERIFY", os.path.join(TOP, "build", "dev", "weir-verify"))

# Exit codes of `weir`: docs/operate/command-line.md.
FAILED, USAGE, DENIED, NOT_FOUND, NOT_RUNNING = 1, 2, 3, 4, 5

# What a sanitizer writes into the log of a node that it found at fault.
FAULT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer")


class SpaceCase(unittest.TestCase):
    """A regional node and connectors for all tests of a class. Every node must end well."""

    names = ("provider", "consumer")
    environment = {}
    init = ()
    options = {}
    environments = {}

    @classmethod
    def setUpClass(cls):
        cls.space = Space(WEIR, cls.names, environment=cls.environment, init=cls.init, options=cls.options,
                          environments=cls.environments)
        cls.addClassCleanup(cls._end)
        cls.space.start()
        for name, node in cls.space.nodes.items():
            setattr(cls, name, node)

    @classmethod
    def _end(cls):
        try:
            for name, node in cls.space.nodes.items():
                code = node.stop()
                log = node.log() if os.path.exists(node.path("serve.log")) else ""
                if code not in (0, None) or FAULT.search(log):
                    raise AssertionError(f"{name} ended with {code}:\n{log[-6000:]}")
        finally:
            cls.space.close()

    # ── saying no ──
    def refused(self, code, node, *words, token=None):
        """Runs a command that must fail with this exit code; its words."""
        got, said = node.weir(*words, ok=False, token=token)
        self.assertEqual(got, code, f"weir {' '.join(words)}\n{said}")
        self.assertTrue(said.strip(), "a refusal says why")
        return said

    def problem(self, status, reason, answer):
        """Checks a problem+json answer; its members."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"].split(";")[0], "application/problem+json")
        problem = answer.json
        self.assertEqual(problem["status"], status)
        self.assertIn(reason, json.dumps(problem))
        self.assertTrue(problem["detail"])
        return problem

    # ── what people do ──
    def file(self, content=b"time,value\n1,2\n", name="data.csv"):
        path = os.path.join(tempfile.mkdtemp(dir=self.space.root), name)
        with open(path, "wb") as out:
            out.write(content)
        return path

    def publish(self, content=b"time,value\n1,2\n", terms="count<=1000", title="Some data", *options, node=None):
        words = ("publish", self.file(content), "--title", title, "--terms", terms, *options)
        return (node or self.provider).json(*words)["id"]

    def negotiate(self, product, *options, node=None):
        """Agrees, and waits until the provider's side is finished too; the consumer's negotiation."""
        asking = node or self.consumer
        # Regional nodes hear of a product a moment after it was published.
        until(lambda: asking.request("GET", f"/api/v1/products/{product}").status == 200)
        done = asking.json("negotiate", product, *options)
        self.assertEqual(done["state"], "FINALIZED", done)
        return done

    def agree(self, content=b"time,value\n1,2\n", terms="count<=1000", title="Some data"):
        return self.negotiate(self.publish(content, terms, title))

    def held(self, content=b"time,value\n1,2\n", terms="count<=1000", title="Some data"):
        """Data in the consumer's vault; the negotiation that got them there."""
        agreed = self.agree(content, terms, title)
        self.consumer.weir("fetch", agreed["agreementId"])
        return agreed

    def use(self, agreement, *options, ok=True):
        path = os.path.join(tempfile.mkdtemp(dir=self.space.root), "out")
        answer = self.consumer.weir("use", agreement, *options, "-o", path, ok=ok)
        if not ok:
            return answer
        with open(path, "rb") as file:
            return file.read()

    def kinds(self, node, **query):
        """The kinds of evidence entries, oldest first."""
        filters = [word for name, value in query.items() for word in (f"--{name}", value)]
        items = node.json("evidence", "list", "--limit", "200", *filters)["items"]
        return [entry["kind"] for entry in reversed(items)]

    def whole_story(self):
        """From publication to destruction and the auditor; nothing else is looked at."""
        data = bytes(range(256)) * 5000
        done = self.held(data, "count<=2, purpose=research, notify, log", "Everything")
        self.assertEqual(self.use(done["agreementId"], "--purpose", "research"), data)
        self.refused(DENIED, self.consumer, "use", done["agreementId"], "--purpose", "sales", "-o", os.devnull)
        for node in (self.consumer, self.provider):
            node.weir("contract", "check", done["agreementId"])
        self.provider.weir("contract", "terminate", done["agreementId"], "--reason", "the end")
        for node in (self.consumer, self.provider):
            until(lambda n=node: "delivery.destroyed" in self.kinds(n, contract=done["contractId"]))
            node.weir("evidence", "check")
            path = os.path.join(node.folder, "bundle.json")
            node.weir("evidence", "bundle", done["contractId"], "-o", path)
            code, said = verify(path, "--anchor", self.region.path("certificates/authority.pem"))
            self.assertEqual(code, 0, said)
            path = os.path.join(node.folder, "log.jsonl")
            node.weir("evidence", "export", "-o", path)
            code, said = verify("log", path, "--anchor", self.region.path("certificates/authority.pem"))
            self.assertEqual(code, 0, said)
        return done

    def transfer(self, node, agreement):
        for row in node.call("GET", "/api/v1/transfers?limit=200")["items"]:
            if row["agreement"] == agreement:
                return row
        return None


def uscc(number):
    """A well-formed unified social credit code of nobody, one for each number (GB 11714, GB 32100)."""
    organisation = f"{number:08d}"
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(organisation, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    body = "91350100" + organisation + {10: "X", 11: "0"}.get(rest, str(rest))
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(letters.index(letter) * pow(3, place, 31) for place, letter in enumerate(body))
    return body + letters[(31 - total % 31) % 31]


def verify(*words):
    done = subprocess.run([VERIFY, *words], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def main():
    unittest.main(verbosity=2)
