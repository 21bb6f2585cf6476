"""The programs of the README and of the guide run, and print what the pages say.

Long trainings are shortened here. With MINIGEN_FULL_DOCUMENTS=1 every program runs as it is written, which takes ten
minutes, and the numbers of the shortened ones are compared too: this is how the numbers in the pages were made.
"""

import os

import pytest
from helpers.programs import GUIDE, README, Session, difference, programs

FULL = os.environ.get("MINIGEN_FULL_DOCUMENTS") == "1"
PROGRAMS = [program for page in (README, *GUIDE) for program in programs(page)]

X_TRAIN = 'x_train = x_train.reshape(-1, 784).astype("float32") / 255\n'
X_TEST = 'x_test = x_test.reshape(-1, 784).astype("float32") / 255\n'
FEW = "x_train, y_train, x_test, y_test = x_train[:256], y_train[:256], x_test[:100], y_test[:100]\n"
TRAIN_AND_TEST = 'test = x_test.reshape(-1, 28, 28, 1).astype("float32") / 255\n'

# page/program -> (text of the page, what runs instead)
SHORTENED = {
    "conditional-gan/data": [(X_TRAIN, X_TRAIN + FEW)],
    "conditional-gan/conditional-gan": [("epochs=12", "epochs=1")],
    "conditional-gan/conditional-vae": [("epochs=10", "epochs=1")],
    "convolutions/data": [(TRAIN_AND_TEST, TRAIN_AND_TEST + "train, test = train[:128], test[:100]\n")],
    "convolutions/denoiser": [("epochs=10", "epochs=1")],
    "diffusion/train": [
        ("filters=(16, 32)", "filters=(4, 8)"),
        ("fit(x_train, y_train, batch_size=32, epochs=10,", "fit(x_train[:64], y_train[:64], batch_size=32, epochs=1,"),
    ],
    "diffusion/draw": [
        ("sample(10, steps=50)", "sample(10, steps=2)"),
        ("guidance=w, steps=50", "guidance=w, steps=2"),
    ],
    "diffusion/complete": [
        ("upper, steps=50", "upper, steps=2"),
        ("encode(x_test[:5], y_test[:5], steps=20", "encode(x_test[:5], y_test[:5], steps=2"),
    ],
    "diffusion/bound": [("bound(x_test[:10], y_test[:10])", "bound(x_test[:10], y_test[:10], draws=5)")],
    "distances/scorer": [(X_TEST, X_TEST + FEW)],
    "explore/data": [(X_TEST, X_TEST + FEW)],
    "explore/vae": [("epochs=10", "epochs=1")],
    "explore/side-by-side": [("epochs=10", "epochs=1")],
    "gan/data": [(X_TEST, X_TEST + FEW)],
    "gan/gan": [("epochs=8", "epochs=1")],
    "pixels/pixelcnn": [
        ("PixelCNN()", "PixelCNN(filters=4, blocks=1)"),
        ("fit(ink, ink, batch_size=32, epochs=3,", "fit(ink[:256], ink[:256], batch_size=32, epochs=1,"),
    ],
    "pixels/made": [("fit(flat, flat, batch_size=32, epochs=10,", "fit(flat[:256], flat[:256], epochs=1,")],
    "tasks/data": [(X_TEST, X_TEST + FEW)],
    "tasks/tasks": [("epochs=10", "epochs=1")],
    "tasks/probe": [("z_test, y_test)", "z_test, y_test, steps=100)")],
    "text/text": [("text.documentation()", "text.documentation()[:9000]")],
    "text/char-rnn": [("units=160", "units=16"), ("epochs=15", "epochs=1")],
    "vae/data": [(X_TEST, X_TEST + FEW)],
    "vae/vae": [("epochs=20", "epochs=1")],
}

# The words that these programs print are compared, their numbers are not.
NOT_COMPARED_BECAUSE_SHORTENED = {
    "conditional-gan/conditional-gan",
    "conditional-gan/conditional-vae",
    "convolutions/denoiser",
    "diffusion/train",
    "diffusion/complete",
    "diffusion/bound",
    "distances/scorer",
    "distances/scale",
    "gan/gan",
    "gan/logs",
    "pixels/pixelcnn",
    "pixels/made",
    "tasks/tasks",
    "tasks/probe",
    "text/text",
    "text/char-rnn",
    "vae/vae",
    "vae/draw",
}
NEVER_COMPARED = {
    "own-op/cube",  # errors of rounding
    "own-op/model",  # errors of rounding
    "own-op/power",
    "own-layer/scale",
    "trace/trace",  # times
}

# Relative tolerances of numbers. Rounding depends on the BLAS and the number of threads: in a short training it changes
# the 8th digit, in a long one, above all of a GAN, much more.
TOLERANCE = 1e-3
LARGER = {
    "conditional-gan/conditional-gan": 0.2,
    "conditional-gan/conditional-vae": 0.02,
    "convolutions/denoiser": 0.02,
    "diffusion/train": 0.05,
    "diffusion/complete": 0.5,
    "diffusion/bound": 0.1,
    "distances/scorer": 0.02,
    "distances/scale": 0.3,
    "gan/gan": 0.5,
    "gan/logs": 0.5,
    "pixels/pixelcnn": 0.02,
    "pixels/made": 0.02,
    "tasks/tasks": 0.03,
    "tasks/probe": 0.03,
    "text/text": 0.2,  # the text grows with the package
    "text/char-rnn": 0.05,
    "vae/vae": 0.02,
    "vae/draw": 0.1,
}


@pytest.fixture(scope="session")
def session(tmp_path_factory):
    """The session of a page, made at its first program: session(page)."""
    sessions = {}

    def of(page):
        if page not in sessions:
            sessions[page] = Session(page, replaced, tmp_path_factory.mktemp(page.stem))
        return sessions[page]

    return of


def replaced(program):
    """What runs of a program: its text, shortened."""
    code = program.code
    for text, replacement in [] if FULL else SHORTENED.get(str(program), []):
        assert text in code, f"{program} has no {text!r}"
        code = code.replace(text, replacement)
    return code


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_program(program, session, monkeypatch):
    page = session(program.page)
    monkeypatch.chdir(page.folder)
    monkeypatch.setenv("MINIGEN_CACHE", str(page.folder))
    printed = page.run(program.name)
    skipped = NEVER_COMPARED if FULL else NEVER_COMPARED | NOT_COMPARED_BECAUSE_SHORTENED
    tolerance = None if str(program) in skipped else LARGER.get(str(program), TOLERANCE)
    assert not difference(program.output or "", printed, tolerance)


def test_every_program_has_a_name_of_its_own():
    names = [str(program) for program in PROGRAMS]
    assert len(set(names)) == len(names) and not [name for name in names if name.endswith("/")]
    for listed in (SHORTENED, NOT_COMPARED_BECAUSE_SHORTENED, NEVER_COMPARED, LARGER):
        assert not set(listed) - set(names)


def test_the_comparison_notices_words_numbers_and_lines():
    written = "loss 0.201, 5,000 digits\n[1.  0.9]\nepoch 1  0.5 s\n"
    for same in (written, "loss 0.2011, 5,000 digits\n[ 1.   0.95]\nepoch 1  7.2 s\n"):
        assert not difference(written, same, TOLERANCE)
    for other in ("cost 0.201", "loss 0.203", "loss 0.201\n", "loss -0.201", "loss nan"):
        changed = written.replace("loss 0.201", other)
        assert difference(written, changed, TOLERANCE), other
        assert bool(difference(written, changed, None)) == (other not in ("loss 0.203", "loss -0.201"))
