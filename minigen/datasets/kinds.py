"""What kind of file it is, by its first bytes: for the messages of readers that expected another kind."""

from __future__ import annotations

from pathlib import Path

SIGNATURES = {
    "a gzip file": b"\x1f\x8b",
    "a bzip2 file": b"BZh",
    "an xz file": b"\xfd7zXZ\x00",
    "a zip archive": b"PK\x03\x04",
    "a NumPy file (npy)": b"\x93NUMPY",
    "a PNG image": b"\x89PNG",
    "a JPEG image": b"\xff\xd8\xff",
    "a GIF image": b"GIF8",
    "a PDF document": b"%PDF-",
    "an HDF5 file": b"\x89HDF",
    "a 7z archive": b"7z\xbc\xaf\x27\x1c",
    "a zstd file": b"\x28\xb5\x2f\xfd",
}
PACKED = {"a gzip file": "gzip", "a bzip2 file": "bz2", "an xz file": "lzma"}  # Python's module for it


def kind_of(first: bytes) -> str:
    """The kind of a file with these first bytes (some hundred), such as "a gzip file", or ""."""
    for kind, signature in SIGNATURES.items():
        if first.startswith(signature):
            is_npz = kind == "a zip archive" and b".npy" in first[30:100]  # the name of the first file inside
            return "a NumPy archive (npz)" if is_npz else kind
    return ""


def how_to_open(path: Path, kind: str) -> str:
    """The Python that unpacks or loads a file of this kind, or ""."""
    if kind in PACKED:
        return f"{PACKED[kind]}.decompress(Path({str(path)!r}).read_bytes())"
    if kind == "a zip archive":
        return f"zipfile.ZipFile({str(path)!r}).extractall({f'{path}.unpacked'!r})"
    if kind.startswith("a NumPy"):
        return f"np.load({str(path)!r})"
    return ""
