#!/usr/bin/env python3
"""Whatever can go wrong is told in Chinese too: each reason of an error has its sentence, each advice its translation."""
import glob, os, re, unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = os.path.join(ROOT, "weir/adapters/http")
# Advice to programmers and auditors, who read the English source beside it.
PROGRAMMERS = ("weir/crypto/", "weir/tlog/", "weir/wire/", "apps/weir-verify/", "bench/")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def table(name):
    rows = [line.split("\t") for line in read(os.path.join(FOLDER, name)).splitlines()]
    assert all(len(row) == 2 and row[0] and row[1] for row in rows), f"{name}: two columns"
    assert len({row[0] for row in rows}) == len(rows), f"{name}: one row a key"
    return dict(rows)


def sources():
    for pattern in ("weir/**/*.cc", "weir/**/*.h", "apps/**/*.cc"):
        for path in glob.glob(os.path.join(ROOT, pattern), recursive=True):
            name = os.path.relpath(path, ROOT)
            if not re.search(r"(_test|test_\w+)\.(cc|h)$", name):
                yield name, read(path)


class Words(unittest.TestCase):
    def test_every_reason_has_its_sentence(self):
        words = table("words.tsv")
        missing = {m for name, text in sources() for m in re.findall(r'because\("([a-z0-9_.]+)"\)', text)} - set(words)
        self.assertFalse(missing, "add them to words.tsv")

    def test_the_reasons_are_in_order(self):
        keys = list(table("words.tsv"))
        self.assertEqual(keys, sorted(keys))

    def test_every_advice_has_its_translation(self):
        advice = table("advice.tsv")
        missing = set()
        for name, text in sources():
            if name.startswith(PROGRAMMERS):
                continue
            for call in re.findall(r'advise\(((?:"(?:[^"\\]|\\.)*"\s*)+)\)', text):
                words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', call)).replace('\\"', '"')
                if words not in advice:
                    missing.add(words)
        self.assertFalse(missing, "add them to advice.tsv")


if __name__ == "__main__":
    unittest.main()
