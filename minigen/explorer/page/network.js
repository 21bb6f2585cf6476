"use strict";

// A network is {inputs, calls, outputs}. Its tensors are numbered: the inputs first, then the output of each call. The
// calls stand in an order in which they can run.

const WEIGHTS = {
  // of the layers, as entries of their calls; all others have none
  Dense: ["kernel", "bias"],
  Conv2D: ["kernel", "bias"],
  Conv2DTranspose: ["kernel", "bias"],
  BatchNormalization: ["scale", "shift"],
};

// The network with its weights in place of their numbers, so that it can run. null stays null.
function withWeights(network, arrays) {
  if (network === null || network === undefined) return null;
  const calls = network.calls.map((call) => {
    if (!Object.hasOwn(LAYERS, call.layer)) throw new Error(`unknown layer: ${call.layer}`);
    const found = { ...call };
    for (const name of WEIGHTS[call.layer] || []) found[name] = call[name] === null ? null : arrays[call[name]];
    if (call.layer === "Conv2DTranspose") found.kernel = withLastAxesSwapped(found.kernel);
    return found;
  });
  return { ...network, calls };
}

// (kh, kw, a, b) -> (kh, kw, b, a)
function withLastAxesSwapped({ shape: [kh, kw, a, b], data }) {
  const swapped = zeros([kh, kw, b, a]);
  for (let tap = 0; tap < kh * kw; tap++) {
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) swapped.data[(tap * b + j) * a + i] = data[(tap * a + i) * b + j];
    }
  }
  return swapped;
}

// The outputs of the network for a list of inputs, each a list of numbers: a list of Float32Array.
function run(network, inputs) {
  const tensors = network.inputs.map(({ shape }, i) => ({ shape, data: Float32Array.from(inputs[i]) }));
  for (const call of network.calls) {
    const given = call.inputs.map((i) => tensors[i]);
    tensors[call.output] = LAYERS[call.layer](given, call);
  }
  return network.outputs.map((i) => tensors[i].data);
}

// The row of zeros with a one at `label`: how a network is told the class.
function oneHot(label, classes) {
  return Float32Array.from({ length: classes }, (_, i) => (i === label ? 1 : 0));
}
