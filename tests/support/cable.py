"""TCP between two nodes, passed on as it is, that a test cuts or holds when a connection has carried so many bytes."""
import socket, threading

from ports import reserve


class Cable:
    """Listens on a port of its own and passes on to another; no more than `most` bytes a connection, both ways together, unless that is
    None: then it is cut, or, if `hold`, nothing passes any more and no end hears of the other's."""

    def __init__(self, to):
        self.to, self.most, self.hold, self.cuts, self.held = to, None, False, 0, threading.Event()
        self.lock, self.open = threading.Lock(), set()
        self.port = reserve()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._listen, daemon=True).start()

    def drop(self):
        """Ends every connection that is open."""
        with self.lock:
            for each in list(self.open):
                self._end(each)
            self.open.clear()

    def close(self):
        self._end(self.listener)
        self.drop()

    @staticmethod
    def _end(each):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        each.close()

    def _listen(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                near.close()
                continue
            carried = [0]
            with self.lock:
                self.open |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, sink, carried), daemon=True).start()

    def _pass(self, source, sink, carried):
        try:
            while data := source.recv(1 << 16):
                with self.lock:
                    carried[0] += len(data)
                    over = self.most is not None and carried[0] > self.most
                    first = over and carried[0] - len(data) <= self.most
                    self.cuts += first
                if over and self.hold:
                    self.held.set()
                    continue  # taken, and gone
                if over:
                    break
                sink.sendall(data)
        except OSError:
            pass
        with self.lock:
            held = self.hold and self.most is not None and carried[0] > self.most
            for each in (source,) if held else (source, sink):  # the other end hears nothing of it
                self.open.discard(each)
                self._end(each)
