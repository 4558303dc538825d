#!/usr/bin/env python3
"""Figures of real nodes: start to ready, resident memory, negotiations over TLS with durable commits on both sides.

Three processes on loopback, each with its own folder; beside each figure its reference: a raw fdatasync of this disk, in
this run, and what Eclipse EDC's own logs say. Usage: bench/nodes.py [--bin build/release] [--negotiations 200] [--json]
"""
import argparse, concurrent.futures, json, os, statistics, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/support"))
from space import Space, until


def fdatasync_us(folder):
    path = os.path.join(folder, "sync-probe")
    file = os.open(path, os.O_CREAT | os.O_RDWR)
    taken = []
    for i in range(200):
        os.pwrite(file, b"x" * 4096, 4096 * i)
        begin = time.perf_counter()
        os.fdatasync(file)
        taken.append((time.perf_counter() - begin) * 1e6)
    os.close(file)
    os.unlink(path)
    return statistics.median(taken)


def negotiate(node, product, count):
    connection, taken = node.connection(), []
    for _ in range(count):
        begin = time.perf_counter()
        made = node.call("POST", "/api/v1/negotiations", {"product": product}, connection)
        deadline = time.perf_counter() + 60
        while True:
            done = node.call("GET", f"/api/v1/negotiations/{made['id']}?wait=20000", connection=connection)
            if done["state"] in ("FINALIZED", "TERMINATED") or time.perf_counter() > deadline:
                break
            time.sleep(0.005)
        taken.append((time.perf_counter() - begin) * 1e3)
        if done["state"] != "FINALIZED":
            sys.exit(f"negotiation ended in {done['state']}: {done}")
    return taken


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bin", default="build/release")
    options.add_argument("--negotiations", type=int, default=200)
    options.add_argument("--parallel", type=int, default=16)
    options.add_argument("--json", action="store_true")
    options = options.parse_args()
    figures = []
    add = lambda name, value, unit, goal, reference: figures.append(
        {"name": name, "value": round(value, 2), "unit": unit, "goal": goal, "reference": reference})
    with Space(os.path.join(options.bin, "weir")) as space:
        consumer, provider = space.consumer, space.provider
        starts = []
        for _ in range(5):
            starts.append(consumer.start() * 1e3)
            consumer.stop()
        add("start to ready", statistics.median(starts), "ms", "<= 100", "EDC 2900 ms in its own log")
        space.start()
        time.sleep(1)
        add("resident memory, idle", consumer.resident_mib(), "MiB", "<= 40", "EDC chart: 1024 MiB a plane")
        sample = os.path.join(space.root, "data.csv")
        open(sample, "w").write("a,b\n1,2\n")
        product = provider.json("publish", sample, "--title", "bench", "--terms", "purpose=research")["id"]
        until(lambda: consumer.json("search", "bench")["items"])
        sync = fdatasync_us(space.root)
        negotiate(consumer, product, 20)  # warm
        taken = negotiate(consumer, product, options.negotiations)
        add("negotiation, one after the other, p50", statistics.median(taken), "ms", "<= 10",
            f"EDC 6030 ms; raw fdatasync here {sync:.0f} us")
        begin = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
            each = max(1, 4 * options.negotiations // options.parallel)
            jobs = [pool.submit(negotiate, consumer, product, each) for _ in range(options.parallel)]
            total = sum(len(job.result()) for job in jobs)
        rate = total / (time.perf_counter() - begin)
        add(f"negotiations, {options.parallel} at once", rate, "/s", ">= 300", "client in Python on the same two cores")
        add("resident memory after load", consumer.resident_mib(), "MiB", "", "")
    if options.json:
        print(json.dumps({"figures": figures}, indent=2))
        return
    for figure in figures:
        print(f"{figure['name']:42} {figure['value']:>10} {figure['unit']:5} goal {figure['goal']:8} ({figure['reference']})")


main()
