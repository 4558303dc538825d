#!/usr/bin/env python3
# Trace: which clause of which standard is implemented where and tested where.
#
# A mark in the code stands over the line that satisfies a clause:
#     //= NDI-TR-2025-04#check-character
#     //= NDI-TR-2025-04#check-character type=test
# In Python it begins with #= instead.
# Words after it are for the reader. A mark without "#…" speaks of the document as a whole.
#
#     tools/trace.py            checks marks, table and page; says what is wrong, and fails
#     tools/trace.py --write    writes page and table anew from the lists, then checks
#     tools/trace.py --adopt    takes rows of the table that differ over into the lists, then --write
#
# Clauses are kept once, in the lists that the program carries: weir/standards/clause/lists/*.csv, one file a document
# (docs/formats/checklist.md). From them --write makes the page docs/standards/README.md and the table
# docs/standards/clauses.csv, all documents in one file. Whoever edited the table says --adopt, which takes the rows that
# differ over into the lists. A row without a clause is the document itself: its title, and what was read of it.
# SPDX-License-Identifier: Apache-2.0
import argparse
import csv
import io
import os
import re
import sys
from collections import OrderedDict
from dataclasses import dataclass, field

TABLE = "docs/standards/clauses.csv"
PAGE = "docs/standards/README.md"
LISTS = "weir/standards/clause/lists"
COLUMNS = ["document", "clause", "level", "tier", "check", "applies", "status", "requirement_en", "requirement_zh", "note"]
TABLE_COLUMNS = ["document", "clause", "level", "status", "requirement_en", "requirement_zh", "note"]  # its level is the tier
TIERS = {"", "base", "extended"}
LEVELS = {"must", "should", "may"}
# What a status means, and whether it needs a mark in the code and one in a test.
STATUSES = OrderedDict([
    ("implemented", ("done as the text says", True, True)),
    ("partly", ("some of it is done; the note says what is not", True, False)),
    ("profile", ("the source text was not available: done as a project profile, no wire compatibility claimed", True, False)),
    ("not here", ("not done", False, False)),
    ("assessed", ("about a running node: `weir standards assess` says whether it holds there", False, False)),
])
MARK = re.compile(r"^\s*(?://|#)= (.*)$")
# "//= I-7" is short for "//= Invariants#I-7".
INVARIANT = re.compile(r"^I-\d+\b")
FOLDERS = ["weir", "apps", "tests", "fuzz", "bench"]
ENDINGS = (".h", ".cc", ".py")


@dataclass
class Row:
    path: str
    line: int
    cells: dict
    code: list = field(default_factory=list)
    tests: list = field(default_factory=list)

    def __getattr__(self, name):
        try:
            return self.__dict__["cells"][{"en": "requirement_en", "zh": "requirement_zh"}.get(name, name)]
        except KeyError:
            raise AttributeError(name) from None

    def name(self):
        return self.document + ("#" + self.clause if self.clause else "")

    def where(self):
        return f"{self.path}:{self.line}"

    def table_cells(self):
        return [self.tier if column == "level" else self.cells[column] for column in TABLE_COLUMNS]


@dataclass
class Mark:
    path: str
    line: int
    document: str
    clause: str
    test: bool


def slug(document):
    return re.sub(r"[^a-z0-9]+", "-", document.lower()).strip("-")


def list_of(document):
    return f"{LISTS}/{slug(document)}.csv"


def read_csv(root, path, columns, problems):
    """(line, cells) of each row."""
    with open(os.path.join(root, path), newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != columns:
            problems.append(f"{path}:1: the columns must be {','.join(columns)}")
            return
        for record in reader:
            if None in record or None in record.values():
                problems.append(f"{path}:{reader.line_num}: wrong number of columns")
                continue
            yield reader.line_num, record


def read_lists(root, problems):
    rows = OrderedDict()
    folder = os.path.join(root, LISTS)
    names = sorted(name for name in os.listdir(folder) if name.endswith(".csv")) if os.path.isdir(folder) else []
    for name in names:
        for line, cells in read_csv(root, f"{LISTS}/{name}", COLUMNS, problems):
            row = Row(f"{LISTS}/{name}", line, cells)
            check_row(row, rows, problems)
            rows[row.name()] = row
    return rows


def check_row(row, rows, problems):
    if row.name() in rows:
        problems.append(f"{row.where()}: {row.name()} is there twice")
    if row.path != list_of(row.document):
        problems.append(f"{row.where()}: {row.document} belongs into {list_of(row.document)}")
    if not row.en or not row.zh:
        problems.append(f"{row.where()}: {row.name()} needs words in both languages")
    if not row.clause:
        if row.level or row.status:
            problems.append(f"{row.where()}: a document has neither level nor status")
        return
    if row.document not in rows:
        problems.append(f"{row.where()}: the document {row.document} needs a row of its own, before its clauses")
    if row.level not in LEVELS:
        problems.append(f"{row.where()}: unknown level '{row.level}'; one of: {', '.join(sorted(LEVELS))}")
    if row.tier not in TIERS:
        problems.append(f"{row.where()}: unknown tier '{row.tier}'")
    if row.status not in STATUSES:
        problems.append(f"{row.where()}: unknown status '{row.status}'; one of: {', '.join(STATUSES)}")
    if row.status == "assessed" and not row.check:
        problems.append(f"{row.where()}: {row.name()} is to be assessed and does not say how it is checked")
    if row.status == "partly" and not row.note:
        problems.append(f"{row.where()}: {row.name()} is done partly; the note must say what is missing")


def read_table(root):
    """The rows of the table by name, as far as it can be read."""
    if not os.path.exists(os.path.join(root, TABLE)):
        return OrderedDict()
    return OrderedDict((cells["document"] + ("#" + cells["clause"] if cells["clause"] else ""), cells)
                       for _, cells in read_csv(root, TABLE, TABLE_COLUMNS, []))


def in_table_order(rows, table):
    """Documents as the table has them, new ones at its end."""
    order = list(OrderedDict.fromkeys([cells["document"] for cells in table.values()] +
                                      [row.document for row in rows.values()]))
    return OrderedDict((name, row) for name, row in sorted(rows.items(), key=lambda item: order.index(item[1].document)))


def table_of(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(TABLE_COLUMNS)
    writer.writerows(row.table_cells() for row in rows.values())
    return out.getvalue()


def adopt(root):
    """Rows of the table that are not in the lists, or read otherwise there, go into the lists."""
    rows = read_lists(root, [])
    changed = set()
    for name, cells in read_table(root).items():
        if name in rows and rows[name].table_cells() == [cells[column] for column in TABLE_COLUMNS]:
            continue
        if name not in rows:
            rows[name] = Row(list_of(cells["document"]), 0, dict.fromkeys(COLUMNS, ""))
            rows[name].cells["level"] = "" if not cells["clause"] else "should" if cells["level"] == "extended" else "must"
        rows[name].cells.update({column: text for column, text in cells.items() if column != "level"}, tier=cells["level"])
        changed.add(cells["document"])
    for document in sorted(changed):
        with open(os.path.join(root, list_of(document)), "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(row.cells for row in rows.values() if row.document == document)
    return changed


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
                    problems.append(f"{path}:{number}: no document of {LISTS} begins this mark: {line.strip()}")
                    continue
                marks.append(Mark(path, number, *parsed))
    return marks


def place_marks(rows, marks, problems):
    for mark in marks:
        name = mark.document + ("#" + mark.clause if mark.clause else "")
        if name not in rows:
            problems.append(f"{mark.path}:{mark.line}: {LISTS} has no clause {name}")
            continue
        places = rows[name].tests if mark.test else rows[name].code
        if mark.path not in places:
            places.append(mark.path)


def check_claims(rows, problems):
    for row in rows.values():
        if not row.clause or row.status not in STATUSES:
            continue
        _, needs_code, needs_test = STATUSES[row.status]
        where = f"{row.where()}: {row.name()} is '{row.status}'"
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
        "Which clause of which document is implemented where, and tested where. Made by `tools/trace.py --write` from the",
        "[lists of clauses](../../weir/standards/clause/lists) that the program itself carries, and from the marks",
        "`//= DOCUMENT#clause` in the code; a test fails when it is stale. [clauses.csv](clauses.csv) is all of it in one table;",
        "after editing it there: `tools/trace.py --adopt`.",
        "Requirements are in our own words. Where a document numbers its sections and we know the number, the clause is the",
        "number; otherwise it is a name of ours.",
        "",
        "各文件条款的实现与测试位置。由 `tools/trace.py --write` 根据程序自带的条款清单与代码中的标记生成。",
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
        lines += ["", "| clause | requirement | level | check | status | code | tests |", "|---|---|---|---|---|---|---|"]
    for row in clauses:
        requirement = f"{cell(row.en)}<br>{cell(row.zh)}"
        status = row.status + (f": {cell(row.note)}" if row.note else "")
        level = " ".join(word for word in (row.level, row.tier) if word)
        check = cell(row.check) + (f" ({row.applies})" if row.applies else "")
        lines.append(f"| {row.clause} | {requirement} | {level} | {check} | {status} | {links(row.code)} | {links(row.tests)} |")
    return lines


def trace(root, write):
    """Everything that is wrong, as sentences; writes page and table first if asked to."""
    problems = []
    rows = in_table_order(read_lists(root, problems), read_table(root))
    place_marks(rows, read_marks(root, rows, problems), problems)
    check_claims(rows, problems)
    for name, text in ((PAGE, page_of(rows)), (TABLE, table_of(rows))):
        path = os.path.join(root, name)
        if write:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", newline="", encoding="utf-8") as file:
                file.write(text)
            continue
        present = None
        if os.path.exists(path):
            with open(path, newline="", encoding="utf-8") as file:
                present = file.read()
        if present != text:
            problems.append(f"{name}: stale; run tools/trace.py --write (or --adopt, if it was edited there)")
    return problems, rows


def main():
    parser = argparse.ArgumentParser(description="Checks and writes the table of clauses.")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE} and {TABLE} anew")
    parser.add_argument("--adopt", action="store_true", help=f"take rows of {TABLE} that differ over into the lists")
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    arguments = parser.parse_args()
    root = os.path.abspath(arguments.root)
    if arguments.adopt:
        for document in sorted(adopt(root)):
            print(f"{document}: taken over into {list_of(document)}")
    problems, rows = trace(root, arguments.write or arguments.adopt)
    for problem in problems:
        print(problem, file=sys.stderr)
    counted = [row for row in rows.values() if row.clause]
    print(f"{len(counted)} clauses: " +
          ", ".join(f"{sum(row.status == status for row in counted)} {status}" for status in STATUSES))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
