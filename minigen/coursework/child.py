"""What runs a student's code: run() executes it and one test, and gives what the test returned, as numbers.

As a script, `python child.py`, it is the process in which submissions are executed. It imports NumPy and minigen, and
then forks once for each job that it reads from its standard input (where there is no fork(), it does a single job and
ends). A fork has limits of time and memory, an empty folder, and a hook that refuses to open the exercises, to start
processes and to load C libraries; it closes every file but the pipe of its result. It has no expected values: these are
in the process that compares. The file imports nothing from minigen.coursework, so that a fork has not read it either.

A job and a result are one frame each: the length of a header as 8 bytes, the header in JSON, and the bytes of arrays.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy as np

EXERCISE, TEST = "exercise.py", "<test>"  # the file names in tracebacks
IMPORTS = "import numpy as np\nimport minigen as mg\n"  # of every test
MOST_PRINTED, MOST_TEXT = 2_000, 400  # characters that are kept
MOST_BYTES = 16 * 2**20  # of all arrays of a result
FORBIDDEN: tuple[str, ...] = (
    "os.fork",
    "os.forkpty",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.kill",
    "os.killpg",
)
FORBIDDEN += ("os.link", "subprocess.Popen", "socket.__new__", "ctypes.dlopen", "pty.spawn", "os.putenv", "os.chmod")

Result = dict[str, Any]  # kind, text, line, printed, arrays: {name: array, or the description of what is none}


# ---- one test


def run(source: str, test: str, name: str, refused: list[str]) -> Result:
    """Execute `source` and then the function `name` of the text `test` on its names.

    "kind" of the result is "arrays", or why there are none: "hole" for NotImplementedError, "missing" for a name that
    the file lacks, "refused" for a function of minigen that is itself the exercise, "exit", "memory", or "error".
    """
    names: dict[str, Any] = {"__name__": "exercise"}

    def execute() -> None:
        exec(compile(source, EXERCISE, "exec"), names)

    return _collected(execute, names, test, name, refused)


def run_on(names: dict[str, Any], test: str, name: str, refused: list[str]) -> Result:
    """run() for code that has been executed already, as the cells of a notebook have: `names` are its globals."""
    return _collected(lambda: None, names, test, name, refused)


def _collected(execute: Callable[[], None], names: dict[str, Any], test: str, name: str, refused: list[str]) -> Result:
    printed = _Printed()
    result: Result = {"kind": "arrays", "text": "", "line": 0, "arrays": {}}
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _refusing(refused) as originals:
                tests: dict[str, Any] = {}
                exec(compile(IMPORTS + test, TEST, "exec"), tests)
                execute()
                _check_names(names, originals)
                found = tests[name](_Names(names))
                result["arrays"] = {str(k): _as_array(v) for k, v in dict(found).items()}
        except BaseException as error:  # a student's code may raise anything, SystemExit too
            result |= _why(error)
    return {**result, "printed": printed.getvalue()}


class _Missing(Exception):
    """A name that the test needs is not in the file."""


class _Refused(Exception):
    """The student's code calls a function of minigen that is the exercise itself."""


class _Names:
    """The names that the student's file has defined."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names

    def __getattr__(self, name: str) -> Any:
        if name not in self._names:
            raise _Missing(name)
        return self._names[name]


def _why(error: BaseException) -> Result:
    kinds: dict[type[BaseException], str] = {NotImplementedError: "hole", _Missing: "missing", _Refused: "refused"}
    kinds |= {SystemExit: "exit", MemoryError: "memory"}
    kind = next((k for e, k in kinds.items() if isinstance(error, e)), "error")
    text = _text_of(error)
    return {"kind": kind, "text": text if kind != "error" else f"{type(error).__name__}: {text}", "line": _line(error)}


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:MOST_TEXT]
    except BaseException:  # a __str__ of the student's own
        return "(its text cannot be read)"


def _line(error: BaseException) -> int:
    """The line of the student's file in which the error arose, or 0."""
    lines = [error.lineno or 0] if isinstance(error, SyntaxError) and error.filename == EXERCISE else []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == EXERCISE:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else 0


class _Printed(io.StringIO):
    """What is printed, up to MOST_PRINTED characters."""

    left = MOST_PRINTED

    def write(self, text: str) -> int:
        if self.left > 0:
            self.left -= super().write(text[: self.left])
        return len(text)


def _as_array(value: Any) -> np.ndarray | str:
    """The value as an array of numbers; for anything else its description."""
    if value is None:
        return "None"
    if hasattr(value, "numpy"):
        value = value.numpy()
    try:
        array = np.array(value)
    except ValueError:  # rows of different lengths
        return f"a {type(value).__name__} whose parts have different lengths"
    if array.dtype.kind not in "biuf":
        return f"a {type(value).__name__} that is no number and no array of numbers"
    return array if array.nbytes <= MOST_BYTES else f"an array of shape {array.shape}, too large"


# ---- functions of minigen that are the exercise


class _Stand:
    """Stands for a function or class of minigen: minigen's own code may use it, a student's file may not."""

    def __init__(self, name: str, original: Any) -> None:
        self._name, self._original = name, original

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and not _is_of_minigen(frame.f_code.co_filename):
            if frame.f_code.co_filename in (EXERCISE, TEST):
                self._refuse()
            frame = frame.f_back
        return self._original(*args, **kwargs)

    def __mro_entries__(self, bases: Any) -> Any:
        self._refuse()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def __instancecheck__(self, one: Any) -> bool:
        return isinstance(one, self._original)

    def _refuse(self) -> Any:
        raise _Refused(self._name)


def _check_names(names: dict[str, Any], originals: dict[str, Any]) -> None:
    """_Refused for a name that is one of the originals, or a class made from one, as in a notebook."""
    for name, original in originals.items():
        for value in names.values():
            is_made_from_it = isinstance(value, type) and isinstance(original, type) and issubclass(value, original)
            if value is original or is_made_from_it:
                raise _Refused(name)


def _is_of_minigen(file: str) -> bool:
    return f"{os.sep}minigen{os.sep}" in file and not file.endswith("child.py")


@contextlib.contextmanager
def _refusing(names: list[str]) -> Iterator[dict[str, Any]]:
    """In this block stands are in the place of these functions and classes, in all modules of minigen.

    Gives {name: the original}.
    """
    changed: list[tuple[Any, str, Any]] = []
    originals: dict[str, Any] = {}
    modules = [m for key, m in list(sys.modules.items()) if key.partition(".")[0] == "minigen" and m is not None]
    try:
        for name in names:
            original = sys.modules["minigen"]
            for part in name.split(".")[1:]:
                original = getattr(original, part)
            originals[name] = original
            for module in modules:
                for key in [k for k, v in vars(module).items() if v is original]:
                    changed.append((module, key, original))
                    setattr(module, key, _Stand(name, original))
        yield originals
    finally:
        for module, key, original in changed:
            setattr(module, key, original)


# ---- frames


def encode(header: dict[str, Any], arrays: dict[str, np.ndarray | str]) -> bytes:
    """A frame. An array is described by [name, dtype, shape], anything else by [name, null, description]."""
    listed: list[Any] = []
    data = b""
    for name, a in arrays.items():
        if isinstance(a, str):
            listed.append([name, None, a])
        else:
            listed.append([name, a.dtype.str, list(a.shape)])
            data += np.ascontiguousarray(a).tobytes()
    head = json.dumps({**header, "arrays": listed}).encode()
    return len(head).to_bytes(8, "big") + head + data


def decode(frame: bytes) -> Result:
    """The result in a frame. Raises ValueError for anything that encode() does not write."""
    size = int.from_bytes(frame[:8], "big")
    try:
        header = json.loads(frame[8 : 8 + size])
        rest, arrays = memoryview(frame)[8 + size :], dict[str, Any]()
        for name, dtype, shape in header["arrays"]:
            if dtype is None:
                arrays[str(name)] = str(shape)[:MOST_TEXT]
                continue
            kind = np.dtype(dtype)
            n = int(np.prod([int(k) for k in shape], dtype=object)) * kind.itemsize
            if kind.kind not in "biuf" or not 0 <= n <= len(rest):
                raise ValueError("an array that is not whole")
            arrays[str(name)] = np.frombuffer(rest[:n], kind).reshape(shape).copy()
            rest = rest[n:]
        texts = {key: str(header[key])[:MOST_PRINTED] for key in ("kind", "text", "printed")}
        return {**texts, "line": int(header["line"]), "arrays": arrays}
    except (KeyError, TypeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise ValueError("no result") from error


def read_frame(stream: BinaryIO) -> bytes:
    """The next frame of a stream of jobs (they have no arrays), b"" at its end."""
    head = stream.read(8)
    return head + stream.read(int.from_bytes(head, "big")) if len(head) == 8 else b""


# ---- the process


def serve(jobs: BinaryIO, results: BinaryIO) -> None:
    """Do the jobs of the stream, each in a fork; a result goes back with its length as 8 bytes before it."""
    while frame := read_frame(jobs):
        job = json.loads(frame[8:])
        result = _in_a_fork(job) if hasattr(os, "fork") else _here(job)
        results.write(len(result).to_bytes(8, "big") + result)
        results.flush()


def _here(job: dict[str, Any]) -> bytes:
    limit(job)
    return _frame_of(job)


def _frame_of(job: dict[str, Any]) -> bytes:
    result = run(job["source"], job["test"], job["name"], job["refused"])
    return encode({k: v for k, v in result.items() if k != "arrays"}, result["arrays"])


def _in_a_fork(job: dict[str, Any]) -> bytes:
    """The frame that the fork has written, or one that says how it ended."""
    ours, theirs = os.pipe()
    folder = tempfile.mkdtemp(prefix="minigen-coursework-")
    if job["user"]:
        os.chown(folder, job["user"], job["user"])
    pid = os.fork()
    if pid == 0:
        _be_the_fork(job, theirs, folder)
    os.close(theirs)
    frame, ended = _read_until(ours, time.monotonic() + job["seconds"])
    os.close(ours)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    shutil.rmtree(folder, ignore_errors=True)
    if frame and ended:
        return frame
    cpu = os.WIFSIGNALED(status) and os.WTERMSIG(status) == getattr(signal, "SIGXCPU", None)
    kind = "time" if not ended or cpu else "exit"
    header = {"kind": kind, "text": "", "line": 0, "printed": ""}
    return encode(header, {})


def _read_until(pipe: int, deadline: float) -> tuple[bytes, bool]:
    """(what came through the pipe, whether its writer ended before the deadline and kept to MOST_BYTES)."""
    import select

    parts: list[bytes] = []
    size = 0
    while (left := deadline - time.monotonic()) > 0 and size <= 2 * MOST_BYTES:
        if select.select([pipe], [], [], left)[0]:
            part = os.read(pipe, 2**20)
            if not part:
                return b"".join(parts), True
            parts.append(part)
            size += len(part)
    return b"", False


def _be_the_fork(job: dict[str, Any], pipe: int, folder: str) -> None:
    """Do the job, write the frame and end; nothing of what the student's code leaves running goes on."""
    leave, write = os._exit, os.write
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.dup2(pipe, 3)
        os.closerange(4, 4096)
        os.chdir(folder)
        limit(job)
        frame = memoryview(_frame_of(job))
        while frame:
            frame = frame[write(3, frame) :]
    finally:
        leave(0)


def limit(job: dict[str, Any]) -> None:
    """Set the limits of this process, which nothing in it can undo."""
    try:
        import resource
    except ImportError:  # Windows: the time alone is limited, from outside
        pass
    else:
        seconds = int(job["seconds"]) + 1
        limits = {"RLIMIT_CPU": seconds, "RLIMIT_FSIZE": 2**20, "RLIMIT_CORE": 0}
        limits["RLIMIT_AS"] = _memory_now() + job["megabytes"] * 2**20
        for name, value in limits.items():
            with contextlib.suppress(ValueError, OSError, AttributeError):
                resource.setrlimit(getattr(resource, name), (value, value))
    if job["user"]:
        os.setgroups([])
        os.setgid(job["user"])
        os.setuid(job["user"])
    sys.addaudithook(_hook(tuple(job["hidden"])))


def _memory_now() -> int:
    """The address space that this process has, in bytes."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # macOS
        return 2**34


def _hook(hidden: tuple[str, ...], real: Any = os.path.realpath, decoded: Any = os.fsdecode) -> Any:
    """A hook that refuses the events of FORBIDDEN, and files in the folders `hidden` and in /proc."""
    folders = tuple(real(folder) + os.sep for folder in hidden) + ("/proc/",)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            raise PermissionError(f"{event} is not allowed in an exercise")
        if event == "open" and isinstance(args[0], (str, bytes)):
            path = decoded(args[0])
            if (real(path) + os.sep).startswith(folders) or path.startswith("/proc"):
                raise PermissionError("this file is not for exercises")

    return hook


def main() -> None:
    """The first line of the input has sys.path of the process that started this one."""
    jobs, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.path[:] = json.loads(jobs.readline())
    import minigen  # noqa: F401

    serve(jobs, results)


if __name__ == "__main__":
    main()
