#!/usr/bin/env python3
# Trace: which clause of which standard is implemented where and tested where.
#
# A mark in the code stands over the line that satisfies a clause:
#     //= NDI-TR-2025-04#check-character
#     //= NDI-TR-2025-04#check-character type=test
# Words after it are for the reader. A mark without "#…" speaks of the document as a whole.
#
#     tools/trace.py            checks marks, table and page; says what is wrong, and fails
#     tools/trace.py --write    writes docs/standards/README.md anew, then checks
#
# The table is docs/standards/clauses.csv: document, clause, level (base, extended or empty), status, requirement_en,
# requirement_zh, note. A row without a clause is the document itself: its title, and in the note what was read of it.
# SPDX-License-Identifier: Apache-2.0
import argparse
import csv
import os
import re
import sys
from collections import OrderedDict
from dataclasses import dataclass, field

TABLE = "docs/standards/clauses.csv"
PAGE = "docs/standards/README.md"
COLUMNS = ["document", "clause", "level", "status", "requirement_en", "requirement_zh", "note"]
LEVELS = {"", "base", "extended"}
# What a status means, and whether it needs a mark in the code and one in a test.
STATUSES = OrderedDict([
    ("implemented", ("done as the text says", True, True)),
    ("partly", ("some of it is done; the note says what is not", True, False)),
    ("profile", ("the source text was not available: done as a project profile, no wire compatibility claimed", True, False)),
    ("not here", ("not done", False, False)),
])
MARK = re.compile(r"^\s*//= (.*)$")
# "//= I-7" is short for "//= Invariants#I-7".
INVARIANT = re.compile(r"^I-\d+\b")
FOLDERS = ["weir", "apps", "tests", "fuzz", "bench"]
ENDINGS = (".h", ".cc")


@dataclass
class Row:
    line: int
    document: str
    clause: str
    level: str
    status: str
    en: str
    zh: str
    note: str
    code: list = field(default_factory=list)
    tests: list = field(default_factory=list)

    def name(self):
        return self.document + ("#" + self.clause if self.clause else "")


@dataclass
class Mark:
    path: str
    line: int
    document: str
    clause: str
    test: bool


def read_table(root, problems):
    path = os.path.join(root, TABLE)
    rows = OrderedDict()
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            problems.append(f"{TABLE}:1: the columns must be {','.join(COLUMNS)}")
            return rows
        for record in reader:
            if None in record or None in record.values():
                problems.append(f"{TABLE}:{reader.line_num}: wrong number of columns")
                continue
            row = Row(reader.line_num, record["document"], record["clause"], record["level"], record["status"],
                      record["requirement_en"], record["requirement_zh"], record["note"])
            check_row(row, rows, problems)
            rows[row.name()] = row
    return rows


def check_row(row, rows, problems):
    where = f"{TABLE}:{row.line}"
    if row.name() in rows:
        problems.append(f"{where}: {row.name()} is there twice")
    if not row.en or not row.zh:
        problems.append(f"{where}: {row.name()} needs words in both languages")
    if not row.clause:
        if row.level or row.status:
            problems.append(f"{where}: a document has neither level nor status")
        return
    if row.document not in rows:
        problems.append(f"{where}: the document {row.document} needs a row of its own, before its clauses")
    if row.level not in LEVELS:
        problems.append(f"{where}: unknown level '{row.level}'")
    if row.status not in STATUSES:
        problems.append(f"{where}: unknown status '{row.status}'; one of: {', '.join(STATUSES)}")
    if row.status == "partly" and not row.note:
        problems.append(f"{where}: {row.name()} is done partly; the note must say what is missing")


def parse_mark(text, documents):
    """(document, clause, is test) of the words after //=, or None if the document is unknown."""
    if INVARIANT.match(text):
        text = "Invariants#" + text
    for document in sorted(documents, key=len, reverse=True):
        if not text.startswith(document):
            continue
        rest = text[len(document):]
        if rest and rest[0] not in "# ":
            continue
        clause, _, words = rest.partition(" ")
        return document, clause.lstrip("#"), "type=test" in words.split()
    return None


def source_files(root):
    for folder in FOLDERS:
        for path, folders, files in os.walk(os.path.join(root, folder)):
            folders.sort()
            for name in sorted(files):
                if name.endswith(ENDINGS):
                    yield os.path.relpath(os.path.join(path, name), root)


def read_marks(root, rows, problems):
    documents = {row.document for row in rows.values()}
    marks = []
    for path in source_files(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                found = MARK.match(line)
                if not found:
                    continue
                parsed = parse_mark(found.group(1).strip(), documents)
                if parsed is None:
                    problems.append(f"{path}:{number}: no document of {TABLE} begins this mark: {line.strip()}")
                    continue
                marks.append(Mark(path, number, *parsed))
    return marks


def place_marks(rows, marks, problems):
    for mark in marks:
        name = mark.document + ("#" + mark.clause if mark.clause else "")
        if name not in rows:
            problems.append(f"{mark.path}:{mark.line}: {TABLE} has no clause {name}")
            continue
        places = rows[name].tests if mark.test else rows[name].code
        if mark.path not in places:
            places.append(mark.path)


def check_claims(rows, problems):
    for row in rows.values():
        if not row.clause or row.status not in STATUSES:
            continue
        _, needs_code, needs_test = STATUSES[row.status]
        where = f"{TABLE}:{row.line}: {row.name()} is '{row.status}'"
        if needs_code and not row.code:
            problems.append(f"{where}, and no line of the code carries its mark")
        if needs_test and not row.tests:
            problems.append(f"{where}, and no test carries its mark")
        if row.status == "not here" and (row.code or row.tests):
            problems.append(f"{where}, and {(row.code + row.tests)[0]} says that it is")


def cell(text):
    return text.replace("|", "\\|")


def links(paths):
    return "<br>".join(f"[{os.path.basename(path)}](../../{path})" for path in paths)


def page_of(rows):
    documents = [row for row in rows.values() if not row.clause]
    clauses = {row.document: [] for row in documents}
    for row in rows.values():
        if row.clause and row.document in clauses:
            clauses[row.document].append(row)
    lines = [
        "# Clauses",
        "",
        "Which clause of which document is implemented where, and tested where. Made by `tools/trace.py --write` from",
        "[clauses.csv](clauses.csv) and from the marks `//= DOCUMENT#clause` in the code; a test fails when it is stale.",
        "Requirements are in our own words. Where a document numbers its sections and we know the number, the clause is the",
        "number; otherwise it is a name of ours.",
        "",
        "各文件条款的实现与测试位置。由 `tools/trace.py --write` 根据 [clauses.csv](clauses.csv) 与代码中的标记生成。",
        "",
        "| status | means |",
        "|---|---|",
    ]
    lines += [f"| {name} | {meaning} |" for name, (meaning, _, _) in STATUSES.items()]
    lines += ["", "| document | " + " | ".join(STATUSES) + " |", "|---" * (len(STATUSES) + 1) + "|"]
    for document in documents:
        counts = [sum(row.status == status for row in clauses[document.document]) for status in STATUSES]
        lines.append(f"| {document.document} | " + " | ".join(str(count) for count in counts) + " |")
    for document in documents:
        lines += page_of_document(document, clauses[document.document])
    return "\n".join(lines) + "\n"


def page_of_document(document, clauses):
    lines = ["", f"## {document.document}", "", f"{document.en}. {document.zh}。"]
    if document.note:
        lines[-1] += f" {document.note}"
    if clauses:
        lines += ["", "| clause | requirement | level | status | code | tests |", "|---|---|---|---|---|---|"]
    for row in clauses:
        requirement = f"{cell(row.en)}<br>{cell(row.zh)}"
        status = row.status + (f": {cell(row.note)}" if row.note else "")
        lines.append(f"| {row.clause} | {requirement} | {row.level} | {status} | {links(row.code)} | {links(row.tests)} |")
    return lines


def read_page(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return file.read()


def trace(root, write):
    """Everything that is wrong, as sentences; writes the page first if asked to."""
    problems = []
    rows = read_table(root, problems)
    place_marks(rows, read_marks(root, rows, problems), problems)
    check_claims(rows, problems)
    page = page_of(rows)
    path = os.path.join(root, PAGE)
    if write:
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
    elif read_page(path) != page:
        problems.append(f"{PAGE}: stale; run tools/trace.py --write")
    return problems, rows


def main():
    parser = argparse.ArgumentParser(description="Checks and writes the table of clauses.")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE} anew")
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    arguments = parser.parse_args()
    problems, rows = trace(os.path.abspath(arguments.root), arguments.write)
    for problem in problems:
        print(problem, file=sys.stderr)
    counted = [row for row in rows.values() if row.clause]
    print(f"{len(counted)} clauses: " +
          ", ".join(f"{sum(row.status == status for row in counted)} {status}" for status in STATUSES))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
