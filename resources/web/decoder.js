"use strict";

// The decoder, from a point of the latent space to a picture, in plain JavaScript.
//
// The network is a list of steps, as training/layer_chain.py describes them. Features are flat arrays: single
// numbers, or rows of pixels with their channels side by side. Each step has room of its own for what it makes.

/** Numbers of half precision, little-endian and in Base64, as a Float32Array. */
function halvesFrom(text) {
  const bytes = atob(text.trim());
  const numbers = new Float32Array(bytes.length / 2);
  const bits = new Uint32Array(numbers.buffer);
  for (let i = 0; i < numbers.length; i++) {
    const half = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
    const exponent = (half >> 10) & 31;
    if (exponent === 0) {
      numbers[i] = (half & 0x8000 ? -1 : 1) * (half & 1023) * 2 ** -24;
    } else {
      bits[i] = ((half & 0x8000) << 16) | ((exponent + 112) << 23) | ((half & 1023) << 13);
    }
  }
  return numbers;
}

/** A matrix, given by its entries, in strips of four columns, so that `multiply` reads it in one go. */
function inStrips(rows, columns, entry) {
  const strips = new Float32Array(rows * Math.ceil(columns / 4) * 4);
  for (let column = 0; column < columns; column++) {
    const strip = (column >> 2) * rows * 4 + (column & 3);
    for (let row = 0; row < rows; row++) strips[strip + 4 * row] = entry(row, column);
  }
  return strips;
}

/**
 * The product of two matrices, [rows, inner] and [inner, columns]; the second one in strips.
 *
 * Two rows by four columns at a time: eight sums stay in the processor's registers. `rows` is even and `columns`
 * a multiple of four.
 */
function multiply(left, rows, inner, strips, columns, product) {
  for (let column = 0; column < columns; column += 4) {
    const strip = column * inner;
    for (let row = 0; row < rows; row += 2) {
      let upper = row * inner, lower = upper + inner, at = strip;
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      for (const end = lower; upper < end; upper++, lower++, at += 4) {
        const x = left[upper], y = left[lower];
        const p = strips[at], q = strips[at + 1], r = strips[at + 2], s = strips[at + 3];
        a += x * p; b += x * q; c += x * r; d += x * s;
        e += y * p; f += y * q; g += y * r; h += y * s;
      }
      let to = row * columns + column;
      product[to] = a; product[to + 1] = b; product[to + 2] = c; product[to + 3] = d;
      to += columns;
      product[to] = e; product[to + 1] = f; product[to + 2] = g; product[to + 3] = h;
    }
  }
}

const even = (number) => number + (number & 1);

/** What makes of each kind of step a function from features to features. */
const STEPS = {
  dense({ kernel, bias }, { before, shape }) {
    const inner = before[0], columns = shape[0], made = new Float32Array(columns);
    return (x) => {
      made.set(bias);
      let row = 0;
      for (; row + 3 < inner; row += 4) {
        const p = x[row], q = x[row + 1], r = x[row + 2], s = x[row + 3];
        const i = row * columns, j = i + columns, k = j + columns, l = k + columns;
        for (let c = 0; c < columns; c++) {
          made[c] += p * kernel[i + c] + q * kernel[j + c] + r * kernel[k + c] + s * kernel[l + c];
        }
      }
      for (; row < inner; row++) {
        for (let c = 0; c < columns; c++) made[c] += x[row] * kernel[row * columns + c];
      }
      return made;
    };
  },

  waves({ kernel }, { before, shape }) {
    const inner = before[0], waves = (shape[0] - inner) / 2, made = new Float32Array(shape[0]);
    return (x) => {
      made.set(x);
      for (let wave = 0; wave < waves; wave++) {
        let angle = 0;
        for (let i = 0; i < inner; i++) angle += x[i] * kernel[i * waves + wave];
        made[inner + wave] = Math.sin(angle);
        made[inner + waves + wave] = Math.cos(angle);
      }
      return made;
    };
  },

  silu() {
    return (x) => {
      for (let i = 0; i < x.length; i++) x[i] /= 1 + Math.exp(-x[i]);
      return x;
    };
  },

  relu() {
    return (x) => {
      for (let i = 0; i < x.length; i++) if (x[i] < 0) x[i] = 0;
      return x;
    };
  },

  even({ scale, epsilon }) {
    return (x) => {
      let squares = 0;
      for (const value of x) squares += value * value;
      const factor = 1 / Math.sqrt(squares / x.length + epsilon);
      for (let i = 0; i < x.length; i++) x[i] *= factor * scale[i];
      return x;
    };
  },

  reshape() {
    return (x) => x;
  },

  /** Every pixel's neighbourhood becomes a row; the rows times the kernels are the new pixels. Stride 1. */
  convolve({ kernel, bias }, { before, shape, sides }) {
    const [height, width, channels] = before, [tall, wide] = sides, columns = shape[2];
    const inner = tall * wide * channels, rows = even(height * width);
    const strips = inStrips(inner, columns, (row, column) => kernel[row * columns + column]);
    const around = new Float32Array(rows * inner), made = new Float32Array(rows * columns);
    const above = (tall - 1) >> 1, aside = (wide - 1) >> 1;
    return (x) => {
      let to = 0;
      for (let y = 0; y < height; y++) {
        for (let at = 0; at < width; at++) {
          for (let v = y - above; v < y - above + tall; v++) {
            for (let u = at - aside; u < at - aside + wide; u++, to += channels) {
              if (v < 0 || v >= height || u < 0 || u >= width) continue; // zero it stays
              const from = (v * width + u) * channels;
              for (let c = 0; c < channels; c++) around[to + c] = x[from + c];
            }
          }
        }
      }
      multiply(around, rows, inner, strips, columns, made);
      const pixels = height * width * columns;
      for (let i = 0; i < pixels; i++) made[i] += bias[i % columns];
      return made.subarray(0, pixels);
    };
  },

  /** Every pixel becomes a patch, as large as the kernel; where patches overlap, they add up. */
  enlarge({ kernel, bias }, { before, shape, sides, stride }) {
    const [height, width, channels] = before, [newHeight, newWidth, newChannels] = shape;
    const [tall, wide] = sides, patch = tall * wide * newChannels, rows = even(height * width);
    const strips = inStrips(channels, patch, (row, column) => kernel[column * channels + row]);
    const pixels = new Float32Array(rows * channels), patches = new Float32Array(rows * patch);
    const made = new Float32Array(newHeight * newWidth * newChannels);
    const above = (tall - stride) >> 1, aside = (wide - stride) >> 1;
    return (x) => {
      pixels.set(x);
      multiply(pixels, rows, channels, strips, patch, patches);
      for (let i = 0; i < made.length; i++) made[i] = bias[i % newChannels];
      let from = 0;
      for (let y = 0; y < height; y++) {
        for (let at = 0; at < width; at++) {
          for (let v = y * stride - above; v < y * stride - above + tall; v++) {
            for (let u = at * stride - aside; u < at * stride - aside + wide; u++, from += newChannels) {
              if (v < 0 || v >= newHeight || u < 0 || u >= newWidth) continue;
              const to = (v * newWidth + u) * newChannels;
              for (let c = 0; c < newChannels; c++) made[to + c] += patches[from + c];
            }
          }
        }
      }
      return made;
    };
  },

  /** Channels become patches of pixels. */
  patches(_tensors, { before, shape, stride }) {
    const [height, width, channels] = before, colours = shape[2], run = stride * colours;
    const made = new Float32Array(height * width * channels);
    return (x) => {
      let from = 0;
      for (let y = 0; y < height; y++) {
        for (let at = 0; at < width; at++) {
          for (let row = 0; row < stride; row++) {
            const to = ((y * stride + row) * width + at) * run;
            for (let i = 0; i < run; i++) made[to + i] = x[from++];
          }
        }
      }
      return made;
    };
  },
};

/** Draws pictures of `size` × `size` pixels in one colour channel or three. */
class Decoder {
  constructor({ size, channels, latentDim, steps }, numbers) {
    const tensor = (entry) => {
      if (typeof entry === "number") return entry;
      const [offset, shape] = entry;
      return numbers.subarray(offset, offset + shape.reduce((product, side) => product * side, 1));
    };
    let before = [latentDim];
    this.size = size;
    this.channels = channels;
    this.steps = steps.map(({ kind, shape, stride, tensors }) => {
      const named = Object.fromEntries(Object.entries(tensors).map(([name, entry]) => [name, tensor(entry)]));
      const run = STEPS[kind](named, { before, shape, stride, sides: tensors.kernel ? tensors.kernel[1] : [] });
      before = shape;
      return run;
    });
  }

  /** The picture at a point of the latent space, written into an ImageData. */
  draw(latent, image) {
    let features = Float32Array.from(latent);
    for (const step of this.steps) features = step(features);
    const { channels } = this, pixels = image.data;
    for (let i = 0, pixel = 0; i < features.length; i += channels, pixel += 4) {
      for (let c = 0; c < 3; c++) {
        pixels[pixel + c] = 255 / (1 + Math.exp(-features[channels === 1 ? i : i + c])); // rounds by itself
      }
      pixels[pixel + 3] = 255;
    }
    return image;
  }
}
