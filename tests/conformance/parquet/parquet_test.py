#!/usr/bin/env python3
"""Parquet in and out, held against a reader and a writer that were not made for it. run.sh installs them."""
import csv, datetime, decimal, io, itertools, os, subprocess, sys, tempfile, unittest

import pyarrow, pyarrow.parquet as parquet

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../../e2e"))
from case import SpaceCase  # noqa: E402

TOOL = os.environ["WEIR_TEST_TABLE_TOOL"]
day, moment, D = datetime.date, datetime.datetime, decimal.Decimal

# A column of each type: values, and the text that they are; None is NULL.
COLUMNS = {
    "int8": (pyarrow.int8(), [-128, 0, None], ["-128", "0", None]),
    "int16": (pyarrow.int16(), [-32768, 1, None], ["-32768", "1", None]),
    "int32": (pyarrow.int32(), [2**31 - 1, -1, None], ["2147483647", "-1", None]),
    "int64": (pyarrow.int64(), [-2**63, 2**63 - 1, None], [str(-2**63), str(2**63 - 1), None]),
    "uint8": (pyarrow.uint8(), [255, 0, None], ["255", "0", None]),
    "uint64": (pyarrow.uint64(), [2**64 - 1, 0, None], [str(2**64 - 1), "0", None]),
    "double": (pyarrow.float64(), [1.0, 0.1, 1e300], ["1", "0.1", "1e+300"]),
    "small double": (pyarrow.float64(), [0.00001, -2.5, None], ["0.00001", "-2.5", None]),
    "float": (pyarrow.float32(), [0.1, 16777216, None], ["0.1", "16777216", None]),
    "text": (pyarrow.string(), ["中文，\"引\"", "", None], ["中文，\"引\"", "", None]),
    "lines": (pyarrow.large_string(), ["a\nb\r\n", ",", None], ["a\nb\r\n", ",", None]),
    "dictionary": (pyarrow.dictionary(pyarrow.int32(), pyarrow.string()), ["北京", "上海", None], ["北京", "上海", None]),
    "day": (pyarrow.date32(), [day(2024, 2, 29), day(1900, 1, 1), None], ["2024-02-29", "1900-01-01", None]),
    "seconds": (pyarrow.timestamp("ms"), [moment(2024, 2, 29, 23, 59, 59), moment(1969, 12, 31), None],
                ["2024-02-29 23:59:59", "1969-12-31 00:00:00", None]),
    "moment": (pyarrow.timestamp("us"), [moment(2024, 2, 29, 1, 2, 3, 450000), None, None],
               ["2024-02-29 01:02:03.45", None, None]),
    "zoned": (pyarrow.timestamp("us", "Asia/Shanghai"), [moment(2024, 2, 29, 1, 2, 3, tzinfo=datetime.timezone.utc), None, None],
              ["2024-02-29 01:02:03+00", None, None]),
    "time": (pyarrow.time64("us"), [datetime.time(1, 2, 3), None, None], ["01:02:03", None, None]),
    "money": (pyarrow.decimal128(12, 2), [D("12.50"), D("-0.01"), None], ["12.50", "-0.01", None]),
    "wide": (pyarrow.decimal128(38, 10), [D("1234567890123456789.0123456789"), None, None],
             ["1234567890123456789.0123456789", None, None]),
    "truth": (pyarrow.bool_(), [True, False, None], ["true", "false", None]),
    "nothing": (pyarrow.null(), [None, None, None], [None, None, None]),
    "bytes": (pyarrow.binary(), [b"a\x00b", b"\xff", None], ["a\\x00b", "\\xFF", None]),
}


def arrow(times=1):
    return pyarrow.table({name: pyarrow.array(values * times, type) for name, (type, values, _) in COLUMNS.items()})


def text(times=1, names=tuple(COLUMNS)):
    """What the table is as CSV: NULL is nothing, an empty text is quoted."""
    def field(value):
        if value is None:
            return '""' if len(names) == 1 else ""
        quoted = value == "" or any(c in value for c in ',"\r\n')
        return '"' + value.replace('"', '""') + '"' if quoted else value
    rows = [",".join(field(COLUMNS[name][2][row]) for name in names) for row in range(3)]
    return "\n".join([",".join(names), *rows * times, ""])


class Tables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name="t.parquet"):
        return os.path.join(self.folder, name)

    def tool(self, *words, given=b"", ok=True):
        done = subprocess.run([TOOL, *words], input=given, capture_output=True)
        self.assertEqual(done.returncode, 0 if ok else 1, done.stderr.decode())
        return done.stdout.decode() if ok else done.stderr.decode()

    def test_every_type_is_read_as_people_write_it(self):
        parquet.write_table(arrow(), self.path())
        self.assertEqual(self.tool(self.path()), text())
        for name in COLUMNS:
            self.assertEqual(self.tool(self.path(), name), text(1, (name,)))

    def test_every_codec_page_and_encoding_is_read(self):
        want = text(50)
        pages = itertools.cycle(itertools.product(("1.0", "2.0"), (True, False)))
        for codec, (page, dictionary) in zip(("none", "snappy", "gzip", "zstd", "brotli", "lz4") * 2, pages):
            parquet.write_table(arrow(50), self.path(), compression=codec, data_page_version=page, use_dictionary=dictionary,
                                row_group_size=40)
            self.assertEqual(self.tool(self.path()), want, (codec, page, dictionary))

    def test_what_is_written_is_read_with_its_types(self):
        typed = {"int64": "BIGINT", "double": "DOUBLE", "text": "VARCHAR", "day": "DATE", "moment": "TIMESTAMP",
                 "zoned": "TIMESTAMP WITH TIME ZONE", "money": "DECIMAL(12,2)", "truth": "BOOLEAN", "bytes": "BLOB"}
        given = text(1, tuple(typed)).encode()
        self.tool("--write", self.path(), *typed.values(), given=given)
        seen = parquet.read_table(self.path())
        for name in typed:
            type, values, _ = COLUMNS[name]
            self.assertEqual(seen.column(name).to_pylist(), pyarrow.array(values, type).to_pylist(), name)
            self.assertEqual(str(seen.schema.field(name).type).split("[")[0], str(type).split("[")[0], name)
        self.assertEqual(self.tool(self.path()).encode(), given)

    def test_a_table_without_rows_keeps_its_columns(self):
        parquet.write_table(arrow().slice(0, 0), self.path())
        self.assertEqual(self.tool(self.path()), ",".join(COLUMNS) + "\n")
        self.tool("--write", self.path("none"), "BIGINT", given=b"a,b\n")
        self.assertEqual((parquet.read_table(self.path("none")).column_names, parquet.read_metadata(self.path("none")).num_rows),
                         (["a", "b"], 0))

    # ── what is refused ──
    def test_an_encrypted_file_is_refused(self):
        parquet.write_table(arrow(), self.path())
        with open(self.path(), "r+b") as file:
            file.seek(-4, 2)
            file.write(b"PARE")  # an encrypted footer
        self.assertIn("job.parquet", self.tool(self.path(), ok=False))


def records(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


class Computed(SpaceCase):
    """The provider's table is Parquet with types, the consumer's CSV; and the other way round."""

    def ask(self, own, name, agreement, *words):
        output = os.path.join(self.space.root, name)
        self.consumer.weir("compute", *words[:1], agreement, *words[1:], "--mine", own, "--purpose", "marketing", "-o", output)
        return output

    def agreed(self, table):
        known = {each["id"]: each["hash"] for each in self.provider.json("compute", "algorithms")["items"]}
        product = self.provider.json("publish", table, "--title", "Orders", "--terms",
                                     f"action=compute, env=mpc, algorithm=psi-rr22@{known['psi-rr22']}|join-psty19@{known['join-psty19']}, "
                                     "purpose=marketing")["id"]
        return self.negotiate(product)["agreementId"]

    def tables(self, name, low, high):
        """The same rows as Parquet with types and as CSV."""
        numbers = range(low, high)
        table = pyarrow.table({
            "id": pyarrow.array(numbers, pyarrow.int64()),
            "since": pyarrow.array([day(2020, 1, 1) + datetime.timedelta(n) for n in numbers]),
            "spend": pyarrow.array([D(n * 37 % 9000) / 100 for n in numbers], pyarrow.decimal128(12, 2)),
            "city": pyarrow.array([("北京", "上海\n浦东")[n % 2] for n in numbers])})
        paths = [os.path.join(self.space.root, name + ending) for ending in (".parquet", ".csv")]
        parquet.write_table(table, paths[0], row_group_size=100)
        with open(paths[1], "w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(table.column_names)
            rows.writerows(row.values() for row in table.to_pylist())
        return table, *paths

    def test_parquet_and_csv_find_the_same(self):
        mine, mine_parquet, mine_csv = self.tables("mine", 0, 700)
        _, theirs_parquet, theirs_csv = self.tables("theirs", 400, 1000)
        agreements = [self.agreed(theirs_parquet), self.agreed(theirs_csv)]
        query = ("query", "SELECT theirs.city, COUNT(*), SUM(mine.spend), AVG(theirs.spend) FROM mine JOIN theirs USING (id) "
                          "GROUP BY theirs.city")
        shared, figures = [], []
        for agreement, own in ((agreements[0], mine_csv), (agreements[1], mine_parquet), (agreements[0], mine_parquet)):
            name = f"{len(shared)}"
            shared.append(self.ask(own, name + ".csv", agreement, "psi", "--key", "id"))
            figures.append(self.ask(own, name + "-figures.csv", agreement, *query))
        for outputs in (shared, figures):
            seen = [records(path) for path in outputs]
            self.assertEqual(seen[0], seen[1])
            self.assertEqual(seen[0], seen[2])
        self.assertEqual(len(seen[0]), 3)

        rows = self.ask(mine_parquet, "rows.parquet", agreements[0], "psi", "--key", "id")
        self.assertTrue(parquet.read_table(rows).equals(mine.slice(400).cast(parquet.read_table(rows).schema)))
        self.assertEqual([str(kind) for kind in parquet.read_table(rows).schema.types],
                         ["int64", "date32[day]", "decimal128(12, 2)", "string"])
        answer = parquet.read_table(self.ask(mine_csv, "figures.parquet", agreements[0], *query))
        self.assertEqual(answer.column("COUNT(*)").to_pylist(), [150, 150])
        spent = {city: sum((D(n * 37 % 9000) / 100 for n in range(400, 700) if n % 2 == odd), D(0))
                 for odd, city in enumerate(("北京", "上海\n浦东"))}
        self.assertEqual(dict(zip(answer.column("city").to_pylist(), answer.column("SUM(spend)").to_pylist())), spent)


if __name__ == "__main__":
    unittest.main(verbosity=2)
