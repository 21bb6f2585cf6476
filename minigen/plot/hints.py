"""What to write for arrays that are no images: the hints in the errors of the figures."""

from __future__ import annotations

import math

import numpy as np

from ..types import Shape


def fix_of_shape(shape: Shape, image_shape: Shape | None, counted: bool) -> str:
    """What to write for an array of this shape, or "" if it is one of images.

    `image_shape` is the shape of an image, if it is known; `counted`: it is known that the first axis counts images. A
    shape with two meanings is refused: (64, 64) may be one image or 64 flat ones of 8 x 8.
    """
    if 0 in shape:
        return "one image or more; check the slice that made them"
    if image_shape is not None:
        return _fix_of_other_shape(shape, image_shape)
    last = shape[-1] if shape else 0
    side, side_in_colour = math.isqrt(last), math.isqrt(last // 3)
    if len(shape) == 2 and side**2 == last:
        may_be_one = shape[0] == last > 1 and not counted
        return f"x.reshape(-1, {side}, {side}) for flat images, x[None] for a single one" if may_be_one else ""
    if len(shape) == 2 and 3 * side_in_colour**2 == last:
        colour = f"{side_in_colour}, {side_in_colour}, 3"
        return f"image_shape=({colour}) or x.reshape(-1, {colour}) for flat colour images, x[None] for a single one"
    if len(shape) == 3:
        may_be_one = last in (1, 3) and not counted
        return "x[None] for a single image, x[..., None] for several that are so narrow" if may_be_one else ""
    if len(shape) == 4 and last in (1, 3):
        return ""
    if len(shape) == 4 and shape[1] in (1, 3):
        return "x.transpose(0, 2, 3, 1): the channels come last"
    if len(shape) == 4:
        return "x[..., :3] for the colours only, x[..., :1] for the first channel in grey"
    return "image_shape=(h, w) or x.reshape(-1, h, w) for flat images, x[None] for a single one"


def _fix_of_other_shape(shape: Shape, image_shape: Shape) -> str:
    """The same for images whose shape is given."""
    h, w, channels = (*image_shape, 1)[:3]
    image_shapes = [(h * w * channels,), (h, w, channels), *([(h, w)] if channels == 1 else [])]
    if shape[1:] in image_shapes:
        return ""
    if shape in image_shapes:
        return "x[None] for a single image"
    if len(shape) > 2:
        return "the same call without image_shape=, which is for flat images"
    return f"image_shape=(h, w) with h w = {shape[-1] if shape else 0}, or (h, w, 3) with three times as many numbers"


def fix_of_range(a: np.ndarray) -> tuple[str, str]:
    """(what is wrong with the pixels, what to write)."""
    low, high = float(a.min()), float(a.max())
    if not math.isfinite(low) or not math.isfinite(high):
        got = f"{np.count_nonzero(~np.isfinite(a))} pixels that are NaN or infinite"
        return got, "np.nan_to_num(x, posinf=1, neginf=0), or find what made them"
    fix = "data_range=(x.min(), x.max()), or np.clip(x, 0, 1)"
    if a.dtype.kind != "f" and low >= 0 and high <= 255:
        fix = 'data_range=(0, 255), or x.astype("float32") / 255'
    elif low >= 0 and 1.5 < high <= 255:
        fix = "data_range=(0, 255) or x / 255 for pixels up to 255"
    elif -1.000001 <= low and high <= 1.000001:
        fix = "data_range=(-1, 1) or (x + 1) / 2 for images in [-1, 1], np.clip(x, 0, 1) for others"
    return f"pixels in [{low:g}, {high:g}]", fix
