"""Threads for tests: their errors reach the test, and one that is stuck fails it instead of hanging it."""

import threading

LONG = 120  # seconds until a thread is given up


class Work(threading.Thread):
    """A thread that does work() and brings its errors to whoever waits for its end."""

    def __init__(self, work):
        super().__init__(daemon=True)  # one that is stuck does not keep the tests from ending
        self.work, self.error = work, None
        self.start()

    def run(self):
        try:
            self.work()
        except BaseException as error:
            self.error = error

    def wait(self):
        self.join(LONG)
        assert not self.is_alive(), "the thread is stuck"
        if self.error is not None:
            raise self.error


def side_by_side(*works):
    for thread in [Work(work) for work in works]:
        thread.wait()


class Beside:
    """`with Beside(work):` repeats work() in another thread. The block begins after the first time, and ends it."""

    def __init__(self, work):
        self.work, self.stop, self.begun = work, threading.Event(), threading.Event()

    def repeat(self):
        try:
            while not self.stop.is_set():
                self.work()
                self.begun.set()
        finally:
            self.begun.set()  # after an error too: nobody waits for it in vain

    def __enter__(self):
        self.thread = Work(self.repeat)
        assert self.begun.wait(LONG), "the thread is stuck"

    def __exit__(self, *exc):
        self.stop.set()
        self.thread.wait()
