#!/usr/bin/env python3
"""A large intersection, CSV to CSV through two nodes and a contract, one side of which is killed (-9) half-way and started again.

usage: kill_halfway.py WEIR [--rows 10000000] [--bucket 1048576] [--victim consumer|provider]

It has to go on with the part that one side lacks, and to find what a run that nobody disturbs finds: the rows are compared one by one.
Prints one JSON object. Takes about 150 bytes of disk a row in the folder for temporary files (TMPDIR).
"""
import argparse, json, os, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "support"))
from space import Space, until  # noqa: E402


def row(i):
    return b"%d,%d\n" % (10_000_000_000 + i * 2_654_435_761 % 10_000_000_000, i % 1000)


def write_table(path, first, rows):
    with open(path, "wb", buffering=1 << 20) as out:
        out.write(b"phone,value\n")
        for begin in range(first, first + rows, 100_000):
            out.write(b"".join(map(row, range(begin, min(begin + 100_000, first + rows)))))
    return path


def agree(space, table):
    known = {each["id"]: each["hash"] for each in space.provider.json("compute", "algorithms")["items"]}
    terms = f"action=compute, env=mpc, algorithm=psi-rr22@{known['psi-rr22']}, purpose=research"
    product = space.provider.json("publish", table, "--title", "Large", "--terms", terms)["id"]
    until(lambda: space.consumer.request("GET", f"/api/v1/products/{product}").status == 200)
    return space.consumer.json("negotiate", product)["agreementId"]


def peak_mib(node):
    with open(f"/proc/{node.process.pid}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))


def ask(space, agreement, table, bucket):
    """Hands the table in; the job. `weir compute psi` would wait for a node that is about to be killed."""
    query = f"agreement={agreement}&key=phone&purpose=research&bucket={bucket}"
    with open(table, "rb") as file:
        connection = space.consumer.connection()
        connection.timeout = 600
        headers = {"Content-Type": "application/octet-stream", "Authorization": "Bearer " + space.consumer.token(),
                   "Content-Length": str(os.path.getsize(table))}
        connection.request("POST", "/api/v1/jobs?" + query, file, headers)
        answer = connection.getresponse()
        job = json.loads(answer.read())
    if answer.status != 201:
        raise SystemExit(f"refused: {job}")
    return job["id"]


def wait_for(node, job, enough, seconds=1800):
    """The first look at the job that is enough."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = node.call("GET", "/api/v1/jobs/" + job)
        if seen["state"] in ("FAILED", "REJECTED"):
            raise SystemExit(f"not computed: {seen}")
        if enough(seen):
            return seen
        time.sleep(0.02)
    raise SystemExit("takes too long")


def same(path, first, last):
    """Whether a file has these rows in this order, and no others."""
    with open(path, "rb", buffering=1 << 20) as file:
        if file.readline() != b"phone,value\n":
            return False
        return all(file.readline() == row(i) for i in range(first, last)) and not file.readline()


def main():
    words = argparse.ArgumentParser()
    words.add_argument("weir")
    words.add_argument("--rows", type=int, default=10_000_000)
    words.add_argument("--bucket", type=int, default=1 << 20)
    words.add_argument("--victim", choices=("consumer", "provider"), default="consumer")
    options = words.parse_args()
    rows = options.rows
    with Space(options.weir) as space:
        space.start()
        agreement = agree(space, write_table(os.path.join(space.root, "theirs"), rows // 2, rows))
        mine = write_table(os.path.join(space.root, "mine"), 0, rows)
        victim = space.nodes[options.victim]
        begin = time.monotonic()
        job = ask(space, agreement, mine, options.bucket)
        halfway = lambda seen: seen["state"] == "RUNNING" and 2 * seen["progress"]["bucketsDone"] >= seen["progress"]["buckets"]
        before = wait_for(space.consumer, job, halfway)["progress"]
        killed_at = time.monotonic()
        victim.kill()
        starts = victim.start()
        again = wait_for(space.consumer, job, lambda seen: seen["state"] in ("RUNNING", "DONE"))
        done = wait_for(space.consumer, job, lambda seen: seen["state"] == "DONE")
        ended_at = time.monotonic()
        found = os.path.join(space.root, "shared.csv")
        space.consumer.weir("compute", "result", job, "-o", found)
        other = space.provider if options.victim == "consumer" else space.consumer
        survivor = until(lambda: (lambda j: j if j["state"] == "DONE" else None)(other.call("GET", "/api/v1/jobs/" + job)))
        broken = survivor.get("broken", {"sent": 0, "received": 0})
        print(json.dumps({
            "rows": rows, "victim": options.victim, "parts": before["buckets"], "parts_done_when_killed": before["bucketsDone"],
            "parts_done_after": again.get("progress", before)["bucketsDone"], "seconds_to_kill": round(killed_at - begin, 1),
            "seconds_to_start": round(starts, 1), "seconds_from_kill_to_end": round(ended_at - killed_at, 1),
            "moved": done["outcome"]["sent"] + done["outcome"]["received"], "moved_in_vain": broken["sent"] + broken["received"],
            "peak_mib": {"consumer": peak_mib(space.consumer), "provider": peak_mib(space.provider)},
            "matches": done["outcome"]["matches"], "right": same(found, rows // 2, rows)}))
        if again.get("progress", before)["bucketsDone"] < before["bucketsDone"] or not same(found, rows // 2, rows):
            raise SystemExit("the run did not go on where it was, or found something else")


if __name__ == "__main__":
    main()
