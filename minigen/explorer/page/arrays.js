"use strict";

// The arrays of the page: base64 text -> bytes, compressed by zlib -> bytes -> tensors.
//
// A tensor is {shape, data}: a list of sizes, and the numbers row by row. It has no axis for the batch, since the page
// computes one sample at a time. An image is (rows, columns, channels).

function product(sizes) {
  return sizes.reduce((a, b) => a * b, 1);
}

function zeros(shape) {
  return { shape, data: new Float32Array(product(shape)) };
}

function bytesOfBase64(text) {
  const characters = atob(text.trim());
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

async function decompressed(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")); // "deflate" is zlib
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A number in 16 bits has a sign s, an exponent e of 5 bits and a mantissa m of 10 bits:
//     (-1)^s 2^(e - 15) (1 + m / 1024),   and for e = 0   (-1)^s 2^(-14) m / 1024
// An exponent of 31 would be infinite or no number; the page has none of them.
function numberOfBits(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = (bits & 1023) / 1024;
  return exponent === 0 ? sign * 2 ** -14 * mantissa : sign * 2 ** (exponent - 15) * (1 + mantissa);
}

// The n numbers in bytes[from...]: the high bytes of all of them first, then the low ones, which compresses better.
function float16(bytes, from, n) {
  const data = new Float32Array(n);
  for (let i = 0; i < n; i++) data[i] = numberOfBits((bytes[from + i] << 8) | bytes[from + n + i]);
  return data;
}

// All arrays of the page; `described` has the type and the shape of each. Their bytes follow each other.
async function readArrays(text, described) {
  const bytes = await decompressed(bytesOfBase64(text));
  let from = 0;
  return described.map(({ type, shape }) => {
    const n = product(shape);
    const data = type === "uint8" ? bytes.subarray(from, from + n) : float16(bytes, from, n);
    from += type === "uint8" ? n : 2 * n;
    return { shape, data };
  });
}
