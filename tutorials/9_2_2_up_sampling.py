"""
Section 9.2.2: up-sampling, up-convolution, transposed convolution, "deconvolution"
===================================================================================

The chapter says of UpSampling2D that it is sometimes called up-convolution, deconvolution or transposed convolution,
and that it works by inserting zeros. Here the three operators are applied to a 4 x 4 image, to show how they differ,
what they have in common, and why deconvolution means something else.
"""

import numpy as np

from minigen import Conv2DTranspose, Tensor, conv2d, conv2d_transpose, grad, plot, up_sampling2d, zero_insertion2d
from minigen.cli import tutorial_flags

ARGS = tutorial_flags(__doc__, epochs=1, quick_epochs=1, batch_size=1)
rng = np.random.default_rng(ARGS.seed)
image = np.arange(1.0, 17.0).reshape(1, 4, 4, 1)  # (images, rows, columns, channels)


def kernel(numbers):
    """A kernel for one channel in and one out: (rows, columns, 1, 1)."""
    return np.array(numbers, float)[:, :, None, None]


# %%
# UpSampling2D repeats each pixel. It inserts no zeros.

nearest = up_sampling2d(image, 2)
print("repeated:", nearest[0, :4, :4, 0], sep="\n")

# %%
# Inserting zeros is another way to enlarge an image. Usually a convolution follows, which fills the gaps. With a 2 x 2
# box of ones, which copies each pixel over its block, both agree to the last bit: repetition is the insertion of zeros
# followed by a box filter. (The row and column of zeros in front let the box reach the first pixel.)

zeros = zero_insertion2d(image, 2)
print("zeros inserted:", zeros[0, :4, :4, 0], sep="\n")
box = kernel(np.ones((2, 2)))
in_front = np.pad(zeros, [(0, 0), (1, 0), (1, 0), (0, 0)])
assert np.array_equal(conv2d(in_front, box), nearest)

# %%
# Conv2DTranspose does both at once: each pixel of the image adds its multiple of the kernel to the output, `strides`
# pixels apart. With the box as kernel it is the same operator again; with learned weights it is more general.

assert np.array_equal(conv2d_transpose(image, box, strides=2), nearest)
layer = Conv2DTranspose(1, 2, strides=2, kernel_initializer="ones").astype("float64")
assert np.array_equal(layer(image).numpy(), nearest)

# %%
# So the remark in the chapter holds for transposed convolution, and for UpSampling2D together with the Conv2D after it:
# repetition followed by a convolution with W is the insertion of zeros followed by a convolution with (box * W), a 4 x
# 4 kernel. In this way minigen computes the pair of layers on the small image, with 4 multiplications per pixel in
# place of 9.

w = rng.standard_normal((3, 3, 1, 1))
w_as_image = np.pad(w.transpose(2, 0, 1, 3), [(0, 0), (1, 1), (1, 1), (0, 0)])
box_w = conv2d(w_as_image, box)[0, :, :, :, None]  # box * W: (4, 4, 1, 1)
around = np.pad(zeros, [(0, 0), (2, 1), (2, 1), (0, 0)])
difference = np.abs(conv2d(around, box_w) - conv2d(nearest, w, padding="same")).max()
print(f"UpSampling2D + Conv2D(W) against zeros + Conv2D(box * W): {difference:.1e}")
assert difference < 1e-12

# %%
# The gradients agree too. For the repetition, dL/dx is the sum of dL/dy over each 2 x 2 block.

g = rng.standard_normal(nearest.shape)
gradients = []
for operator in (lambda x: up_sampling2d(x, 2), lambda x: conv2d_transpose(x, box, strides=2)):
    x = Tensor(image, requires_grad=True)
    gradients.append(grad((operator(x) * g).sum(), [x])[0].numpy())
block_sums = g.reshape(1, 4, 2, 4, 2, 1).sum(axis=(2, 4))
assert np.allclose(gradients[0], block_sums, atol=1e-12) and np.allclose(gradients[1], block_sums, atol=1e-12)

# %%
# Why "transposed"? A convolution is a matrix A applied to the pixels; its gradient applies Aᵀ. The transposed
# convolution is this Aᵀ, used in the forward pass. The test of an adjoint: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for all x and y.

x, w = rng.standard_normal((1, 9, 9, 2)), rng.standard_normal((3, 3, 2, 5))
y = rng.standard_normal(conv2d(x, w, strides=2).shape)
left, right = (conv2d(x, w, strides=2) * y).sum(), (x * conv2d_transpose(y, w, strides=2)).sum()
print(f"⟨A x, y⟩ = {left:.12f}, ⟨x, Aᵀ y⟩ = {right:.12f}")
assert abs(left - right) < 1e-12 * abs(left) + 1e-12

# %%
# And why not "deconvolution"? In signal processing this is the inverse of a convolution: it recovers the sharp image
# from the blurred one. Blur an image with a known kernel (with periodic boundaries, so that the edges do not matter),
# then apply both.

sharp = np.zeros((16, 16))
sharp[4:12, 7:9] = sharp[4:6, 5:11] = 1
blur = np.zeros((16, 16))
blur[:3, :3] = np.outer([1, 3, 1], [1, 3, 1]) / 25
blur = np.roll(blur, (-1, -1), axis=(0, 1))  # its centre at pixel (0, 0)
spectrum = np.fft.fft2(blur)  # a convolution multiplies spectra; no entry is 0 here, so it has an inverse
blurred = np.fft.ifft2(np.fft.fft2(sharp) * spectrum).real
inverse = np.fft.ifft2(np.fft.fft2(blurred) / spectrum).real  # deconvolution: A⁻¹
transposed = np.fft.ifft2(np.fft.fft2(blurred) * spectrum.conj()).real  # transposed convolution: Aᵀ
print(f"error of the blurred image     {np.abs(blurred - sharp).max():.3f}")
print(f"error after deconvolution      {np.abs(inverse - sharp).max():.1e}")
print(f"error after the transposed one {np.abs(transposed - sharp).max():.3f}: blurred twice, not sharpened")
assert np.abs(inverse - sharp).max() < 1e-12 < np.abs(blurred - sharp).max() < np.abs(transposed - sharp).max()
pictures = up_sampling2d(np.stack([sharp, blurred, inverse, transposed])[..., None], 5)
figure = plot.grid(pictures, columns=4, labels=["sharp: x", "blurred: A x", "inverse: A⁻¹ A x", "transposed: Aᵀ A x"])
print(plot.save(figure, f"{ARGS.out}/tutorial-deconvolution.png"))
