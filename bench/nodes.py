#!/usr/bin/env python3
"""Figures of real nodes: start to ready, resident memory, negotiations over TLS with durable commits on both sides.

Three processes on loopback, each with its own folder; beside each figure its reference: a raw fdatasync of this disk, in
this run, and what Eclipse EDC's own logs say. Usage: bench/nodes.py [--bin build/release] [--negotiations 200] [--json]
"""
import argparse, concurrent.futures, http.client, json, os, shutil, signal, ssl, statistics, subprocess, sys, tempfile, time


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


class Node:
    def __init__(self, program, folder):
        self.program, self.folder, self.process = program, folder, None

    def start(self):
        """Seconds from the start of the process until /ready answers 200."""
        begin = time.perf_counter()
        self.process = subprocess.Popen([self.program, "serve", "--data", self.folder], stdout=subprocess.DEVNULL,
                                        stderr=open(os.path.join(self.folder, "serve.log"), "a"))
        url_file = os.path.join(self.folder, "running.url")
        while not os.path.exists(url_file):
            if self.process.poll() is not None:
                sys.exit(open(os.path.join(self.folder, "serve.log")).read())
            time.sleep(0.001)
        taken = time.perf_counter() - begin
        self.host = open(url_file).read().removeprefix("https://")
        return taken

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
            self.process = None

    def resident_mib(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def client(self):
        context = ssl.create_default_context(cafile=os.path.join(self.folder, "certificates/authority.pem"))
        return http.client.HTTPSConnection(self.host, context=context, timeout=60)

    def token(self):
        return open(os.path.join(self.folder, "keys/operator.token")).read()


def call(connection, token, method, path, body=None):
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
    return json.loads(text) if text else {}


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


def space(program, root):
    weir = lambda *words: run(program, *words)
    names = {"region": "11110000MB0000035E", "provider": "12110000MB0000019M", "consumer": "12110000MB0000027G"}
    nodes = {name: Node(program, os.path.join(root, name)) for name in names}
    for name, uscc in names.items():
        role = "regional" if name == "region" else "connector"
        weir("init", "--data", nodes[name].folder, "--role", role, "--name", name, "--uscc", uscc, "--region", "1100")
    nodes["region"].start()
    url = open(os.path.join(nodes["region"].folder, "running.url")).read()
    authority = os.path.join(nodes["region"].folder, "certificates/authority.pem")
    join = lambda name: weir("join", url, "--data", nodes[name].folder, "--authority", authority, "--representative", "Li")
    for name in ("provider", "consumer"):
        application = (join(name), json.load(open(os.path.join(nodes[name].folder, "node.json")))["application"])[1]
        weir("participant", "approve", application, "--data", nodes["region"].folder)
        join(name)
    return nodes


def negotiate(node, token, product, count):
    connection, taken = node.client(), []
    for _ in range(count):
        begin = time.perf_counter()
        made = call(connection, token, "POST", "/api/v1/negotiations", {"product": product})
        deadline = time.perf_counter() + 60
        while True:
            done = call(connection, token, "GET", f"/api/v1/negotiations/{made['id']}?wait=20000")
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
    root = tempfile.mkdtemp(prefix="weir-bench-")
    program = os.path.abspath(os.path.join(options.bin, "weir"))
    nodes = {}
    figures = []
    add = lambda name, value, unit, goal, reference: figures.append(
        {"name": name, "value": round(value, 2), "unit": unit, "goal": goal, "reference": reference})
    try:
        nodes = space(program, root)
        starts = []
        for _ in range(5):
            starts.append(nodes["consumer"].start() * 1e3)
            nodes["consumer"].stop()
        add("start to ready", statistics.median(starts), "ms", "<= 100", "EDC 2900 ms in its own log")
        nodes["provider"].start()
        nodes["consumer"].start()
        time.sleep(1)
        add("resident memory, idle", nodes["consumer"].resident_mib(), "MiB", "<= 40", "EDC chart: 1024 MiB a plane")
        sample = os.path.join(root, "data.csv")
        open(sample, "w").write("a,b\n1,2\n")
        published = json.loads(run(program, "publish", sample, "--data", nodes["provider"].folder, "--title", "bench",
                                   "--terms", "purpose=research", "--json"))
        time.sleep(0.5)
        token = nodes["consumer"].token()
        sync = fdatasync_us(root)
        negotiate(nodes["consumer"], token, published["id"], 20)  # warm
        taken = negotiate(nodes["consumer"], token, published["id"], options.negotiations)
        add("negotiation, one after the other, p50", statistics.median(taken), "ms", "<= 10",
            f"EDC 6030 ms; raw fdatasync here {sync:.0f} us")
        begin = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
            each = max(1, 4 * options.negotiations // options.parallel)
            jobs = [pool.submit(negotiate, nodes["consumer"], token, published["id"], each) for _ in range(options.parallel)]
            total = sum(len(job.result()) for job in jobs)
        rate = total / (time.perf_counter() - begin)
        add(f"negotiations, {options.parallel} at once", rate, "/s", ">= 300", "client in Python on the same two cores")
        add("resident memory after load", nodes["consumer"].resident_mib(), "MiB", "", "")
    finally:
        for node in nodes.values():
            node.stop()
        if not os.environ.get("KEEP"): shutil.rmtree(root, ignore_errors=True)
    if options.json:
        print(json.dumps({"figures": figures}, indent=2))
        return
    for figure in figures:
        print(f"{figure['name']:42} {figure['value']:>10} {figure['unit']:5} goal {figure['goal']:8} ({figure['reference']})")


main()
