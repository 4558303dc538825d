#!/usr/bin/env python3
# Tidy: the rules of the house that a program can check. Reasons are in CONTRIBUTING.md.
#
#     tools/tidy.py                checks; says what is wrong, where, and what to do; fails if anything is
#     tools/tidy.py --ratchet      lowers the counts in tools/tidy.ratchet to what they are today
#     tools/tidy.py --ratchet=anew writes it anew, also where counts grew: for the one who merges old work, with a reason
#
# Sizes (line, function, file) of older code and missing READMEs are counted in tools/tidy.ratchet, one line a file:
# "lines 3", "functions 1", "length 512", "readme 1". More is an error, less is an invitation to lower the count.
# SPDX-License-Identifier: Apache-2.0
import argparse
import os
import re
import subprocess
import sys
import urllib.parse
from collections import namedtuple

RATCHET = "tools/tidy.ratchet"
LINE_MAX = 120
FUNCTION_MAX = 70
FILE_MAX = 500
# Below this folder no header names a third party.
CORE = "weir/"
CORE_NOT = ("weir/adapters/", "weir/node/")
THIRD_PARTY = re.compile(
    r'#include\s+[<"](boost|openssl|sqlite3|libpq-fe|postgresql|CLI|toml\+\+|toml|prometheus|fmt|spdlog|zlib|zstd|duckdb)\b')

Problem = namedtuple("Problem", "path line rule message")

# Word, where it is banned, where it is allowed all the same, what to do instead.
Ban = namedtuple("Ban", "rule pattern folders but instead everywhere", defaults=(False,))
BANS = [
    Ban("cout", re.compile(r"std::(cout|cerr)\b"), ("weir/", "apps/"), ("apps/weir-verify/main.cc",),
        "use base/log.h, or Output in the command line"),
    Ban("new", re.compile(r"(?<![\w:])new\s+[A-Za-z_:(]"), ("weir/", "apps/"), ("_test.cc",),
        "use std::make_unique; where that cannot be, give it to its owner in the same expression: unique_ptr<T>(new T(…))"),
    Ban("using-namespace", re.compile(r"^\s*using namespace std\s*;"), ("weir/", "apps/", "tests/", "fuzz/", "bench/"), (),
        "name what you use"),
    Ban("rand", re.compile(r"(?<![\w.>:])s?rand\("), ("weir/", "apps/"), (), "take weir::Random as an argument (I-9)"),
    Ban("memcmp", re.compile(r"\bmemcmp\("), ("weir/crypto/", "weir/trust/"), ("_test.cc",),
        "use crypto::equal_constant_time; where nothing is secret: std::ranges::equal"),
    Ban("co_await", re.compile(r"\bco_(await|return|yield)\b"), ("weir/", "apps/", "tests/"), (),
        "GCC 12 destroys temporaries of coroutines twice; write a blocking function or a handler"),
    Ban("clock", re.compile(r"\bsystem_clock::now\b"), ("weir/", "apps/"), ("weir/base/time.cc",),
        "take weir::Clock as an argument (I-9)"),
    Ban("later", re.compile(r"\b(FIXME|TODO|XXX|HACK)\b"), ("",), ("tools/tidy.py", "tests/tools/tidy_test.py"),
        "do it now, or write an issue", True),
    Ban("machine-path", re.compile(r"(?<![\w.$}])/(home|Users|work|root)/[a-z]"), ("",),
        ("tools/tidy.py", "tests/tools/tidy_test.py"), "no path of somebody's machine in the tree", True),
]
OWNED = re.compile(r"((unique_ptr|shared_ptr)<[^;]*>\s*\w*|\b\w+_)\s*[({]\s*new\s|::new\s*\(")
TEXT = (".h", ".cc", ".py", ".sh", ".md", ".txt", ".cmake", ".in", ".toml")
CODE = (".h", ".cc")


def text_of(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def tracked_files(root):
    """What git knows or would add: no build folders. Without git: everything."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        return sorted(path for path in listed.stdout.splitlines() if os.path.exists(os.path.join(root, path)))
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in ("build", ".git")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in files]
    return sorted(found)


# ── Sizes ──


def strip_code(line, in_comment):
    """The line without strings, characters and comments, good enough to count braces."""
    line = re.sub(r'R"\w*\(.*?\)\w*"', '""', line)
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    line = re.sub(r"(?<![0-9a-fA-F])'(\\.|[^'\\])'", "' '", line)
    if in_comment:
        if "*/" not in line:
            return "", True
        line = line.split("*/", 1)[1]
    line = re.sub(r"/\*.*?\*/", "", line)
    line = line.split("//", 1)[0]
    if "/*" in line:
        return line.split("/*", 1)[0], True
    return line, False


def long_functions(text):
    """(line, name, length) of every function longer than FUNCTION_MAX. A function is a block at the outermost level
    of namespaces and classes that opens on a line with ')'."""
    found = []
    depth_stack = []  # for each open brace: "outer" (namespace, class) or the start of a function, or "inner"
    in_comment = in_raw = False
    head = ""
    for number, raw in enumerate(text.splitlines(), 1):
        if in_raw:
            in_raw = ')"' not in raw and ")JSON" not in raw and ")SQL" not in raw
            continue
        if re.search(r'R"(\w*)\((?!.*\)\1")', raw):
            in_raw = True
            raw = raw.split('R"', 1)[0]
        line, in_comment = strip_code(raw, in_comment)
        if line.lstrip().startswith("#"):
            continue
        for character in line:
            if character == "{":
                inside = any(kind != "outer" for kind, _, _ in depth_stack)
                kind = "inner" if inside else kind_of(head)
                depth_stack.append((kind, number, head.strip()))
                head = ""
            elif character == "}":
                if depth_stack:
                    kind, start, name = depth_stack.pop()
                    if kind == "function" and number - start + 1 > FUNCTION_MAX:
                        found.append((start, name_of(name), number - start + 1))
                head = ""
            elif character == ";":
                head = ""
            else:
                head += character
        head += " "
    return found


def kind_of(head):
    words = head.split()
    if "(" in head and not head.rstrip().endswith("=") and "enum" not in words:
        return "function"
    if any(word in words for word in ("namespace", "class", "struct", "union", "extern")):
        return "outer"
    return "inner"


def name_of(head):
    found = re.search(r"([\w:~]+)\s*\(", head)
    return found.group(1) if found else head


def sizes_of(path, text):
    """{"lines": [...], "functions": [...], "length": n}"""
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LINE_MAX and "http" not in line and "NOLINT" not in line:
            lines.append(number)
    return {"lines": lines, "functions": long_functions(text), "length": text.count("\n")}


def read_ratchet(root):
    counts = {}
    if not os.path.exists(os.path.join(root, RATCHET)):
        return counts
    for line in text_of(root, RATCHET).splitlines():
        if not line or line.startswith("#"):
            continue
        path, kind, count = line.split()
        counts[(path, kind)] = int(count)
    return counts


def check_sizes(root, files, problems, warnings):
    allowed = read_ratchet(root)
    measured = {}
    for path in files:
        if not path.endswith(CODE):
            continue
        sizes = sizes_of(path, text_of(root, path))
        over_length = sizes["length"] if sizes["length"] > FILE_MAX else 0
        measured[path] = {"lines": len(sizes["lines"]), "functions": len(sizes["functions"]), "length": over_length}
        compare(path, sizes, measured[path], allowed, problems, warnings)
    for path, kind in allowed:
        if kind != "readme" and path not in measured:
            problems.append(Problem(RATCHET, 0, "ratchet", f"{path} is gone; take its lines out"))
    return measured


def compare(path, sizes, measured, allowed, problems, warnings):
    messages = {
        "lines": [(n, f"longer than {LINE_MAX} columns") for n in sizes["lines"]],
        "functions": [(n, f"{name} has {length} lines; {FUNCTION_MAX} are enough") for n, name, length in sizes["functions"]],
        "length": [(1, f"{sizes['length']} lines; a file of more than {FILE_MAX} is two files")],
    }
    for kind, count in measured.items():
        limit = allowed.get((path, kind), 0)
        if count > limit:
            problems.extend(Problem(path, line, kind, message) for line, message in messages[kind])
        elif count < limit:
            warnings.append(f"{RATCHET}: {path} {kind}: {limit} is {count} now; lower it with tools/tidy.py --ratchet")


def lowered(root, measured):
    """Today's sizes, none of them above what the ratchet allows."""
    allowed = read_ratchet(root)
    return {path: {kind: min(count, allowed.get((path, kind), 0)) for kind, count in kinds.items()}
            for path, kinds in measured.items()}


def write_ratchet(root, measured):
    with open(os.path.join(root, RATCHET), "w", encoding="utf-8") as file:
        file.write("# What is longer than the rules allow, by file. Counts may only fall. See tools/tidy.py.\n")
        for path in sorted(measured):
            for kind, count in measured[path].items():
                if count:
                    file.write(f"{path} {kind} {count}\n")


# ── Words ──


def check_words(root, files, problems):
    for path in files:
        if not path.endswith(TEXT) and os.path.basename(path) not in ("Makefile", "CMakeLists.txt"):
            continue
        if path.startswith(("tests/vectors/", "fuzz/corpus/")) and not path.endswith(".md"):
            continue
        bans = [ban for ban in BANS if path.startswith(ban.folders) and not path.endswith(ban.but or ("\0",))
                and (ban.everywhere or path.endswith(CODE))]
        before = ""
        for number, line in enumerate(text_of(root, path).splitlines(), 1):
            check_line(path, number, line, before, bans, problems)
            before = line


def check_line(path, number, line, before, bans, problems):
    code = strip_code(line, False)[0]
    for ban in bans:
        if not ban.pattern.search(line if ban.everywhere else code):
            continue
        if ban.rule == "new" and OWNED.search(before.split(";")[-1] + code):
            continue
        problems.append(Problem(path, number, ban.rule, ban.instead))


# ── Headers and sources ──


def header_comment(text):
    lines = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line)
    return lines


def check_headers(root, files, problems):
    for path in files:
        if not path.endswith(CODE) or path.startswith("tests/vectors/"):
            continue
        text = text_of(root, path)
        comment = header_comment(text)
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in comment):
            problems.append(Problem(path, 1, "licence", "the first comment ends with // SPDX-License-Identifier: Apache-2.0"))
        if not path.endswith(".h"):
            continue
        if not comment or not re.match(r"// [A-Z0-9][^:]*: \S", comment[0]):
            problems.append(Problem(path, 1, "first-line", 'a header begins with "// Name: what it is, in one clause"'))
        if "#pragma once" not in text.splitlines():
            problems.append(Problem(path, 1, "pragma", "a header has #pragma once"))
        if path.startswith(CORE) and not path.startswith(CORE_NOT):
            for number, line in enumerate(text.splitlines(), 1):
                if THIRD_PARTY.match(line):
                    problems.append(Problem(path, number, "third-party", "no third-party type in a header below adapters/"))


# ── Documents ──


def check_rooms(root, files, problems, warnings):
    allowed = read_ratchet(root)
    measured = {}
    for path in files:
        folder = os.path.dirname(path)
        if os.path.basename(path) != "CMakeLists.txt" or not folder.startswith(("weir/", "apps/", "tests/")):
            continue
        if "weir_library(" not in text_of(root, path) and not folder.startswith("tests/"):
            continue
        there = f"{folder}/README.md" in files
        measured[folder] = {"readme": 0 if there else 1}
        if not there and (folder, "readme") not in allowed:
            problems.append(Problem(folder, 0, "readme", "a room has a README.md: purpose, states, invariants, file table"))
        elif there and (folder, "readme") in allowed:
            warnings.append(f"{RATCHET}: {folder} has its README.md; take the line out with tools/tidy.py --ratchet")
    return measured


LINK = re.compile(r"(?<!\!)\[[^\]\[]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


def check_links(root, files, problems):
    for path in files:
        if not path.endswith(".md"):
            continue
        fenced = False
        for number, line in enumerate(text_of(root, path).splitlines(), 1):
            if line.lstrip().startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                check_link(root, path, number, target, problems)


def check_link(root, path, number, target, problems):
    if re.match(r"[a-z]+:", target) or target.startswith("#"):
        return
    wanted = urllib.parse.unquote(target.split("#", 1)[0])
    if not os.path.exists(os.path.join(root, os.path.dirname(path), wanted)):
        problems.append(Problem(path, number, "link", f"{target} is not there"))


def check_decisions(root, files, problems):
    numbers = {}
    for path in files:
        found = re.match(r"docs/decisions/(\d{4})-[a-z0-9-]+\.md$", path)
        if not found:
            if path.startswith("docs/decisions/") and os.path.basename(path) not in ("README.md", "mistakes.md"):
                problems.append(Problem(path, 0, "decision", "a decision is called NNNN-name.md"))
            continue
        number = found.group(1)
        if number in numbers:
            problems.append(Problem(path, 1, "decision", f"{numbers[number]} has the number {number} already"))
        numbers[number] = path
        if not re.match(r"# \S", text_of(root, path)):
            problems.append(Problem(path, 1, "decision", 'a decision begins with its title: "# What was decided"'))


def check_index(root, files, problems):
    """Every page of a format is named in the index of formats, every page on operating in the index of documents."""
    for folder, index in (("docs/formats/", "docs/formats/README.md"), ("docs/operate/", "docs/README.md")):
        if index not in files:
            continue
        listed = text_of(root, index)
        for path in files:
            link = os.path.relpath(path, os.path.dirname(index))
            if path.startswith(folder) and path.endswith(".md") and path != index and f"({link})" not in listed:
                problems.append(Problem(path, 1, "index", f"{index} does not name this page"))


def tidy(root):
    """(problems, warnings, measured sizes) of the tree."""
    files = tracked_files(root)
    problems, warnings = [], []
    measured = check_sizes(root, files, problems, warnings)
    check_words(root, files, problems)
    check_headers(root, files, problems)
    measured |= check_rooms(root, files, problems, warnings)
    check_links(root, files, problems)
    check_decisions(root, files, problems)
    check_index(root, files, problems)
    return problems, warnings, measured


def main():
    parser = argparse.ArgumentParser(description="Checks the rules of the house.")
    parser.add_argument("--ratchet", nargs="?", const="lower", choices=["lower", "anew"], help="write down today's sizes")
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    arguments = parser.parse_args()
    root = os.path.abspath(arguments.root)
    problems, warnings, measured = tidy(root)
    if arguments.ratchet:
        write_ratchet(root, measured if arguments.ratchet == "anew" else lowered(root, measured))
        problems, warnings, _ = tidy(root)
    for warning in warnings:
        print(f"note: {warning}")
    for problem in problems:
        print(f"{problem.path}:{problem.line}: {problem.message} [{problem.rule}]", file=sys.stderr)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
