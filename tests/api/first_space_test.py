#!/usr/bin/env python3
"""The commands of docs/operate/first-space.md, run as they stand there.

Changed on the way: addresses become ports of this machine, `weir serve` goes to the background, and words in capitals
(APPLICATION, PRODUCT, AGREEMENT, CONTRACT) become what the commands before them printed. What the page says of the
first participant is done for the second too.
"""
import json, os, re, shlex, shutil, subprocess, sys, tempfile, unittest

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "support"))
from ports import reserve  # noqa: E402
from space import until  # noqa: E402

PROGRAM = os.path.abspath(os.environ.get("WEIR_TEST_PROGRAM", "build/dev/weir"))
PAGE = os.path.join(here, "../../docs/operate/first-space.md")
HOSPITAL = {"bureau": "hospital", "Weather bureau": "Hospital", "12110000MB0000019M": "12110000MB0000027G"}


def commands():
    """The commands of the page, by its numbered sections."""
    sections = re.split(r"^## (?=\d)", open(PAGE, encoding="utf-8").read(), flags=re.M)[1:]
    for section in sections:
        lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
        text = "\n".join(lines).replace("\\\n", " ")
        yield section.splitlines()[0], [line for line in text.splitlines() if line.strip()]


class FirstSpace(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="weir-first-")
        self.ports = {name: reserve() for name in ("region", "bureau", "hospital")}
        self.known, self.servers = {}, []
        with open(os.path.join(self.folder, "air.csv"), "w") as file:
            file.write("hour,pm25\n0,12\n1,15\n")

    def tearDown(self):
        for server in self.servers:
            server.terminate()
            server.wait()
        shutil.rmtree(self.folder)

    def here(self, command):
        """The command for this machine."""
        for name, port in self.ports.items():
            command = command.replace(f"https://{name}.example.cn:8443", f"https://127.0.0.1:{port}")
        data = re.search(r"--data (\w+)", command)
        if data:
            command = command.replace("0.0.0.0:8443", f"127.0.0.1:{self.ports[data.group(1)]}")
        for word, value in self.known.items():
            command = re.sub(rf"\b{word}\b", value, command)
        return command

    def run_command(self, command):
        words = shlex.split(self.here(command))
        self.assertIn(words[0], ("weir", "weir-verify"), command)
        words[0] = os.path.join(os.path.dirname(PROGRAM), words[0])
        if words[1] == "serve":
            with open(os.path.join(self.folder, "serve.log"), "a") as log:
                self.servers.append(subprocess.Popen(words, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=log))
            until(lambda: os.path.exists(os.path.join(self.folder, words[-1], "running.url")))
            return
        if words[1] == "search":  # the catalogue entry travels by itself
            until(lambda: json.loads(self.output([*words, "--json"]))["items"])
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        self.learn(words)

    def output(self, words):
        return subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def learn(self, words):
        weir = words[0]
        ask = lambda *more: json.loads(self.output([weir, *more, "--json"]))
        if words[1:3] == ["participant", "list"]:
            self.known["APPLICATION"] = next(r["id"] for r in ask(*words[1:])["items"] if r["status"] == "applied")
        if words[1] == "search":
            self.known["PRODUCT"] = ask(*words[1:])["items"][0]["id"]
        if words[1] == "negotiate":
            agreement = ask("contract", "list", "--agreements", "--data", "hospital")["items"][0]
            self.known["AGREEMENT"], self.known["CONTRACT"] = agreement["id"], agreement["contractId"]

    def test_the_page_can_be_typed(self):
        if not os.path.exists(os.path.join(os.path.dirname(PROGRAM), "weir-verify")):
            self.skipTest("weir-verify is not built")
        sections = dict(commands())
        self.assertEqual(len(sections), 6, sections)
        first, *rest = sections
        for command in sections[first]:
            self.run_command(command)
        shutil.copy(os.path.join(self.folder, "region/certificates/authority.pem"), self.folder)
        joining, rest = rest[:3], rest[3:]
        for change in ({}, HOSPITAL):
            for section in joining:
                for command in sections[section]:
                    for old, new in change.items():
                        command = command.replace(old, new)
                    self.run_command(command)
        for section in rest:
            for command in sections[section]:
                self.run_command(command)


if __name__ == "__main__":
    unittest.main()
