#!/usr/bin/env bash
# pooch with tqdm: a tqdm bar of one's own as progressbar= shows nothing, or raises, unless its total is set before.
#
# Expected: pooch sets the total of the bar itself, as soon as the server has told it, so tqdm(total=0, desc="digits") and
# tqdm(desc="digits") count the bytes of the download. Whether the bar has a total before does not matter.
#
# Actual: pooch asks `if self.progressbar` before it sets the total, and a tqdm object is false while its total is 0, and
# has no truth value while it is None. With total 0 the file is downloaded and the bar stays at 0 without a word; with
# None it ends in a TypeError from tqdm; with any other number, such as 1, the bar counts to the true size.
#     total 0: bar at 0 of 0   total 1: bar at 1000 of 1000   total None: TypeError
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"; "$folder/env/bin/pip" install --quiet --disable-pip-version-check pooch==1.9.0 tqdm==4.70.1
"$folder/env/bin/python" - "$folder" <<'PYTHON'
import functools
import http.server
import io
import logging
import pathlib
import sys
import threading

import pooch
import tqdm

print("pooch", pooch.__version__, "tqdm", tqdm.__version__)
pooch.get_logger().setLevel(logging.ERROR)
folder = pathlib.Path(sys.argv[1])
(folder / "served").mkdir()
(folder / "served" / "data.bin").write_bytes(bytes(1_000))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


handler = functools.partial(Quiet, directory=folder / "served")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
threading.Thread(target=server.serve_forever, daemon=True).start()


def download(total):
    """The bar after a download with a bar that had this total before."""
    bar = tqdm.tqdm(total=total, file=io.StringIO())
    downloader = pooch.HTTPDownloader(progressbar=bar)
    url = f"http://127.0.0.1:{server.server_port}/data.bin"
    path = pooch.retrieve(url, None, path=folder / f"total-{total}", downloader=downloader)
    assert pathlib.Path(path).stat().st_size == 1_000
    return bar


for total, expected in ((0, (0, 0)), (1, (1_000, 1_000))):
    bar = download(total)
    print(f"total {total}: bar at {bar.n} of {bar.total}")
    assert (bar.n, bar.total) == expected
try:
    download(None)
    raise SystemExit("total None: no error")
except TypeError as error:
    print("total None:", type(error).__name__)
server.shutdown()
PYTHON
