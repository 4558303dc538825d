"""Ports for nodes under test.

A node keeps its port between `weir init` and `weir serve`, and over restarts, so nobody else may take it meanwhile: neither an outgoing connection
(the system gives those ports above RANGE) nor another test (a locked file a port, for as long as this process lives).
"""
import atexit, fcntl, os, random, socket, tempfile

RANGE = range(10000, 32768)


def reserve():
    folder = os.path.join(tempfile.gettempdir(), f"weir-ports-{os.getuid()}")
    os.makedirs(folder, exist_ok=True)
    while True:
        port = random.SystemRandom().choice(RANGE)
        lock = open(os.path.join(folder, str(port)), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        atexit.register(lock.close)
        return port


if __name__ == "__main__":
    print(reserve())
