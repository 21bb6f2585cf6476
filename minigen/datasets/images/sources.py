"""The data sets that have a name: where their files are, and the checksums that were published for them.

Checksums: Fashion-MNIST, KMNIST and EMNIST as in TensorFlow Datasets, QMNIST as in torchvision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Part(NamedTuple):
    """One of the four arrays of a data set: of "train" or of "test", "images" or "labels"."""

    split: str
    kind: str


FOUR = [Part(split, kind) for split in ("train", "test") for kind in ("images", "labels")]
SPLITS_OF_EMNIST = ("balanced", "byclass", "bymerge", "digits", "letters", "mnist")


class Source(NamedTuple):
    """One data set in four files, in the order of FOUR.

    files       name of a file without ".gz": (SHA-256 of the .gz file, SHA-256 of the idx bytes inside). Another gzip
                program makes another .gz of the same data: only the second identifies them. "" where none is published
    mirrors     what stands before the name in the address
    archive     (name, SHA-256) of one zip file on the mirrors that has all the files
    transposed  the images are stored column by column
    digits      the classes are the ten digits
    """

    files: Mapping[str, tuple[str, str]]
    mirrors: tuple[str, ...]
    archive: tuple[str, str] | None = None
    transposed: bool = False
    digits: bool = False


Files = dict[str, tuple[str, str]]


def _four(sums: Sequence[str], prefix: str = "", test: str = "t10k", labels: str = "idx1-ubyte") -> Files:
    """The usual names of four files, with the SHA-256 of each .gz."""
    kinds = "images-idx3-ubyte", f"labels-{labels}"
    names = [f"{prefix}{split}-{kind}" for split in ("train", test) for kind in kinds]
    return {name: (checksum, "") for name, checksum in zip(names, sums, strict=True)}


MNIST = {
    "train-images-idx3-ubyte": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}
FASHION = _four(
    (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    )
)
KMNIST = _four(
    (
        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
    )
)
QMNIST = _four(
    (
        "9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
        "2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
        "43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
        "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
    ),
    prefix="qmnist-",
    test="test",
    labels="idx2-int",
)
EMNIST_ARCHIVE = ("gzip.zip", "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e")
NO_SUMS = ("", "", "", "")  # of the files inside: the checksum of the archive covers them

GOOGLE, AMAZON = "https://storage.googleapis.com/", "https://ossci-datasets.s3.amazonaws.com/"
GITHUB, CODH = "https://raw.githubusercontent.com/", "codh.rois.ac.jp/kmnist/dataset/kmnist/"

SOURCES = {
    "mnist": Source(MNIST, (f"{GOOGLE}cvdf-datasets/mnist/", f"{AMAZON}mnist/"), digits=True),
    "fashion-mnist": Source(
        FASHION,
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            f"{GITHUB}zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
    ),
    "kmnist": Source(KMNIST, (f"https://{CODH}", f"http://{CODH}")),
    "qmnist": Source(QMNIST, (f"{GITHUB}facebookresearch/qmnist/master/",), digits=True),
} | {
    f"emnist-{split}": Source(
        _four(NO_SUMS, prefix=f"emnist-{split}-", test="test"),
        ("https://biometrics.nist.gov/cs_links/EMNIST/",),
        archive=EMNIST_ARCHIVE,
        transposed=True,
        digits=split in ("digits", "mnist"),
    )
    for split in SPLITS_OF_EMNIST
}
