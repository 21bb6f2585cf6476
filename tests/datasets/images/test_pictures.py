"""A picture as pixels: orientation, modes, sizes, and files that are none."""

import contextlib
import io
import tracemalloc
import zlib

import numpy as np
import pytest
from helpers.idx_files import HTML
from helpers.mutations import mutated
from helpers.pictures import bytes_of, picture, write
from helpers.refusals import refused
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from minigen.datasets.images.pictures import MODES, read_pixels, size_of

COLOUR, GREY = picture(), picture(shape=(12, 10))
SIZE = (12, 10)


def read(path, size=SIZE, color="rgb", crop=False):
    return read_pixels(path, size, color, crop)


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "gif", "webp"])
def test_every_format_gives_its_pixels(tmp_path, suffix):
    path = write(tmp_path / f"a.{suffix}", COLOUR)
    assert size_of(path) == SIZE
    error = np.abs(read(path).astype(int) - COLOUR).max()
    assert error == 0 if suffix in ("png", "bmp") else error < 40
    assert read(path).dtype == np.uint8 and read(path, color="grey").shape == (12, 10, 1)


def test_grey_is_the_luma_of_the_colours_and_colours_of_grey_are_equal(tmp_path):
    luma = COLOUR @ [0.299, 0.587, 0.114]
    assert np.abs(read(write(tmp_path / "a.png", COLOUR), color="grey")[..., 0] - luma).max() <= 1
    assert (read(write(tmp_path / "b.png", GREY)) == GREY[..., None]).all()


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_upright(tmp_path, suffix, orientation):
    """Orientation 6, for example: the camera was held upright; the rows in the file are the columns of the scene."""
    scene = np.zeros((16, 32), "uint8")
    scene[:8, :8] = 255  # bright at the upper left
    stored = {
        1: scene,
        2: scene[:, ::-1],
        3: scene[::-1, ::-1],
        4: scene[::-1],
        5: scene.T,
        6: np.rot90(scene),
        7: scene[::-1, ::-1].T,
        8: np.rot90(scene, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = write(tmp_path / f"a.{suffix}", np.ascontiguousarray(stored), exif=exif)
    assert size_of(path) == (16, 32)
    assert np.abs(read(path, (16, 32), "grey")[..., 0].astype(int) - scene).max() < 30


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'


def chunk(name, data):
    """One chunk of a PNG file."""
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def turned_files():
    """By name: files of a picture (10, 6) that say in several places that it is to be turned to (6, 10)."""
    scene = np.zeros((10, 6, 3), "uint8")
    scene[:5, :3] = 255  # bright at the upper left; orientation 6 takes it to the upper right
    exif = Image.Exif()
    exif[0x0112] = 6
    png = bytes_of(scene)
    last = png.rindex(b"IEND") - 4
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    in_text = PngInfo()
    in_text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return {
        "xmp.jpg": bytes_of(scene, "jpg", xmp=XMP),
        "xmp.webp": bytes_of(scene, "webp", xmp=XMP),
        "xmp_before.png": bytes_of(scene, pnginfo=in_text),
        "xmp_after.png": png[:last] + xmp + png[last:],
        "exif_after.png": png[:last] + chunk(b"eXIf", exif.tobytes()[6:]) + png[last:],
    }


@pytest.mark.parametrize("name", turned_files())
def test_a_picture_is_upright_wherever_its_file_says_how_it_is_turned(tmp_path, name):
    (tmp_path / name).write_bytes(turned_files()[name])
    assert size_of(tmp_path / name) == (6, 10)
    pixels = read(tmp_path / name, (6, 10), "grey")[..., 0]
    assert pixels[:3, 6:].min() > 170 and pixels[4:].max() < 90 and pixels[:, :4].max() < 90


def test_the_size_of_a_picture_that_is_not_turned_takes_no_decoding(tmp_path):
    """All pictures of a folder are asked for their size at once."""
    path = write(tmp_path / "a.png", COLOUR)
    file = path.read_bytes()
    path.write_bytes(file[: file.index(b"IDAT") + 4])
    assert size_of(path) == SIZE


def test_sixteen_bits_a_pixel_keep_their_shades(tmp_path):
    path = write(tmp_path / "a.png", (257 * GREY.astype("uint16")))
    assert (read(path, color="grey")[..., 0] == GREY).all()


def test_a_transparent_shade_of_sixteen_bits_becomes_white(tmp_path):
    pixels = np.array([[4626, 4627], [0, 65535]], "uint16")
    png = bytes_of(pixels)
    place = png.index(b"IDAT") - 4
    (tmp_path / "a.png").write_bytes(png[:place] + chunk(b"tRNS", (4626).to_bytes(2, "big")) + png[place:])
    assert read(tmp_path / "a.png", (2, 2), "grey")[..., 0].tolist() == [[255, 18], [0, 255]]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB"])
def test_what_is_transparent_becomes_white(tmp_path, mode):
    """Where it is transparent, the file has black pixels below."""
    pixels, shown = np.full((4, 4), 60, "uint8"), np.full((4, 4), 255, "uint8")
    shown[1:3, 1:3] = pixels[1:3, 1:3] = 120
    pixels[shown == 255] = 0
    if mode in ("RGBA", "LA"):
        image = Image.fromarray(pixels).convert(mode)
        image.putalpha(Image.fromarray(((shown < 255) * 255).astype("uint8")))
        path = write(tmp_path / "a.png", image)
    else:
        image = Image.fromarray(pixels).convert(mode)
        path = write(tmp_path / "a.png", image, transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert (read(path, (4, 4), "grey")[..., 0] == shown).all()


def test_modes_that_pillow_converts(tmp_path):
    path = write(tmp_path / "a.jpg", Image.new("CMYK", (4, 4), (0, 255, 255, 0)), quality=95)
    assert np.abs(read(path, (4, 4)).astype(int) - [255, 0, 0]).max() < 8
    black_and_white = write(tmp_path / "b.png", np.eye(4, dtype=bool))
    assert (read(black_and_white, (4, 4), "grey")[..., 0] == 255 * np.eye(4)).all()
    palette = write(tmp_path / "c.png", Image.fromarray(COLOUR).convert("P", palette=Image.Palette.ADAPTIVE))
    assert np.abs(read(palette).astype(int) - COLOUR).max() < 40
    frames = [Image.fromarray(np.full((4, 4), v, "uint8")) for v in (10, 200)]
    film = write(tmp_path / "d.gif", frames[0], save_all=True, append_images=frames[1:])
    assert (read(film, (4, 4), "grey") == 10).all()


def test_a_picture_is_stretched_or_cropped_about_its_centre(tmp_path):
    wide = np.zeros((20, 60), "uint8")
    wide[:, 18:42] = 255  # white in the middle
    path = write(tmp_path / "a.png", wide)
    cropped, stretched = (read(path, (10, 10), "grey", crop)[..., 0] for crop in (True, False))
    assert (cropped == 255).all() and stretched[:, 0].max() == 0 and (stretched[:, 5] == 255).all()
    assert read(path, (30, 7)).shape == (30, 7, 3)


def test_a_small_version_is_the_mean_of_the_pixels_not_every_tenth(tmp_path):
    stripes = np.tile(np.array([0, 255], "uint8"), (40, 20))
    assert np.abs(read(write(tmp_path / "a.png", stripes), (4, 4), "grey").astype(int) - 128).max() <= 8
    large = np.tile(np.array([[0] * 8 + [255] * 8], "uint8"), (512, 32))
    assert np.abs(read(write(tmp_path / "b.jpg", large), (16, 16), "grey").astype(int) - 128).max() <= 16


# ---- files that are no pictures

BAD = {
    "empty.png": (b"", "an empty file"),
    "page.jpg": (HTML, "a web page (HTML)"),
    "notes.png": (b"hello, this is text", "68 65 6c 6c"),
    "archive.png": (b"PK\x03\x04" + bytes(60), "a zip archive"),
    "scan.png": (bytes_of(COLOUR, "tiff"), "a TIFF image"),
    "cut.png": (bytes_of(COLOUR)[:-40], "truncated"),
    "cut.jpg": (bytes_of(picture(0, (64, 64, 3)), "jpg")[:-200], "truncated"),
    "header.png": (bytes_of(COLOUR)[:20], ""),
}


@pytest.mark.parametrize("name", BAD)
def test_the_error_names_the_file_and_what_it_is(tmp_path, name):
    content, got = BAD[name]
    (tmp_path / name).write_bytes(content)
    with refused(ValueError, where=f"{tmp_path / name} cannot be read", expected="PNG, JPEG", got=got):
        read(tmp_path / name)


def test_a_picture_of_another_kind_is_to_be_converted(tmp_path):
    (tmp_path / "scan.png").write_bytes(bytes_of(COLOUR, "tiff"))
    with refused(ValueError, got="a TIFF image", fix="a PNG"):
        read(tmp_path / "scan.png")


def test_a_file_that_cannot_be_opened_is_an_os_error(tmp_path):
    with refused(FileNotFoundError, where="nowhere.png"):
        read(tmp_path / "nowhere.png")
    (tmp_path / "a.png").mkdir()
    with refused(IsADirectoryError, where="a.png"):
        size_of(tmp_path / "a.png")


@pytest.mark.parametrize("size", [(20_000, 10_000), (8_193, 8_193), (60_000, 60_000)])  # Pillow refuses the last
@pytest.mark.parametrize("function", [size_of, read])
def test_a_few_bytes_that_state_a_huge_picture_are_refused(tmp_path, size, function):
    header = size[1].to_bytes(4, "big") + size[0].to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(bomb)
    with refused(ValueError, where="bomb.png is too large", expected="67,108,864 pixels", fix="smaller"):
        function(tmp_path / "bomb.png")


def test_a_damaged_length_takes_no_memory(tmp_path):
    """Of an open file Pillow would ask for 3 GB here."""
    file = bytearray(bytes_of(COLOUR))
    place = file.index(b"IDAT") - 4
    file[place] = 200  # of its length the highest byte
    (tmp_path / "a.png").write_bytes(file)
    tracemalloc.start()
    with contextlib.suppress(ValueError):
        read(tmp_path / "a.png")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp"])
def test_damaged_pictures_are_read_or_refused(tmp_path, suffix):
    path, rng, whole = tmp_path / f"a.{suffix}", np.random.default_rng(0), bytes_of(COLOUR, suffix)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(100):
        path.write_bytes(mutated(whole, rng))
        try:
            assert read(path).shape == (12, 10, 3)
            outcomes["read"] += 1
        except (ValueError, OSError) as error:
            assert "expected:" in str(error) and "fix:" in str(error) and path.name in str(error)
            outcomes["refused"] += 1
    assert outcomes["refused"] > 20


def test_both_colours_are_modes_of_pillow():
    assert {Image.open(io.BytesIO(bytes_of(Image.new(mode, (2, 2))))).mode for mode in MODES.values()} == {"RGB", "L"}
