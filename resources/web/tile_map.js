"use strict";

// What is seen of the plane, and the pictures all over it.

const page = JSON.parse(document.getElementById("page").textContent);
const decoder = new Decoder(page, halvesFrom(document.getElementById("weights").textContent));

const HOME_REACH = 3.5; // from the middle to the nearer edge, in standard deviations of the prior
const MOST_SCALE = 40; // times that of the whole plane
const LARGEST_TILE = 72; // device pixels; larger ones are replaced by four
const MOST_TILES = 3000; // that are kept; the oldest go first
const TILE_SIDE = Math.min(page.size, 64); // pixels in which a tile is kept

/** The latent point that a point of the plane stands for. */
function latentAt(x, y) {
  const [right, up] = page.directions;
  return page.middle.map((value, i) => value + x * right[i] + y * up[i]);
}

/** Which part of the plane is seen: `x`, `y` in the middle, and `scale` CSS pixels to a standard deviation. */
class View {
  constructor() {
    this.width = this.height = 1;
    this.zoom = 1;
    this.x = this.y = 0;
  }

  get home() {
    return Math.min(this.width, this.height) / (2 * HOME_REACH);
  }

  get scale() {
    return this.home * this.zoom;
  }

  /** From the plane to CSS pixels of the canvas, and back. */
  toScreen(x, y) {
    return [this.width / 2 + (x - this.x) * this.scale, this.height / 2 - (y - this.y) * this.scale];
  }

  toPlane(left, top) {
    return [this.x + (left - this.width / 2) / this.scale, this.y - (top - this.height / 2) / this.scale];
  }

  /** Zoom so that what is at a place on the screen stays there. */
  zoomBy(factor, left = this.width / 2, top = this.height / 2) {
    const [x, y] = this.toPlane(left, top);
    this.zoom = Math.min(Math.max(this.zoom * factor, 0.25), MOST_SCALE);
    const [newX, newY] = this.toPlane(left, top);
    this.x += x - newX;
    this.y += y - newY;
  }

  pan(right, down) {
    this.x -= right / this.scale;
    this.y += down / this.scale;
  }

  reset() {
    this.zoom = 1;
    this.x = this.y = 0;
  }
}

/** Decodings all over the plane, in levels of tiles, each twice as fine as the one before. */
class TileMap {
  constructor(drawn) {
    this.drawn = drawn; // level 0 around the middle, which comes with the page
    this.tiles = new Map();
    this.pixels = new ImageData(page.size, page.size);
    this.picture = canvasOf(page.size);
  }

  /** The level that a view needs, and which of its tiles it shows: first and last column, first and last row. */
  wanted(view, ratio) {
    const coarsest = page.map.spacing * view.scale * ratio;
    const level = Math.max(0, Math.ceil(Math.log2(coarsest / LARGEST_TILE)));
    return { level, range: this.range(view, level) };
  }

  range(view, level) {
    const spacing = page.map.spacing / 2 ** level;
    const [left, top] = view.toPlane(0, 0), [right, bottom] = view.toPlane(view.width, view.height);
    return [left, right, bottom, top].map((edge) => Math.floor(edge / spacing));
  }

  isThere(level, column, row) {
    const half = page.map.tiles / 2;
    const comesAlong = level === 0 && column >= -half && column < half && row >= -half && row < half;
    return comesAlong || this.tiles.has(`${level}/${column}/${row}`);
  }

  /** The tile that is missing nearest to the middle of the view, or null. */
  nextMissing(view, ratio) {
    const { level, range: [left, right, bottom, top] } = this.wanted(view, ratio);
    const spacing = page.map.spacing / 2 ** level;
    let nearest = null, least = Infinity;
    for (let column = left; column <= right; column++) {
      for (let row = bottom; row <= top; row++) {
        const distance = Math.hypot((column + 0.5) * spacing - view.x, (row + 0.5) * spacing - view.y);
        if (distance < least && !this.isThere(level, column, row)) {
          nearest = [level, column, row];
          least = distance;
        }
      }
    }
    return nearest;
  }

  decode([level, column, row]) {
    const spacing = page.map.spacing / 2 ** level;
    const point = latentAt((column + 0.5) * spacing, (row + 0.5) * spacing);
    this.picture.putImageData(decoder.draw(point, this.pixels), 0, 0);
    const tile = canvasOf(TILE_SIDE);
    tile.drawImage(this.picture.canvas, 0, 0, TILE_SIDE, TILE_SIDE);
    this.tiles.set(`${level}/${column}/${row}`, tile.canvas);
    if (this.tiles.size > MOST_TILES) this.tiles.delete(this.tiles.keys().next().value);
  }

  /** Paint what is there, finer levels over coarser ones. */
  paint(pen, view, ratio) {
    const reach = (page.map.spacing * page.map.tiles) / 2, side = 2 * reach * view.scale;
    if (this.drawn.naturalWidth) pen.drawImage(this.drawn, ...view.toScreen(-reach, reach), side, side);
    const { level: finest } = this.wanted(view, ratio);
    for (let level = 0; level <= finest; level++) {
      const [left, right, bottom, top] = this.range(view, level);
      const spacing = page.map.spacing / 2 ** level;
      for (let column = left; column <= right; column++) {
        for (let row = bottom; row <= top; row++) {
          const tile = this.tiles.get(`${level}/${column}/${row}`);
          if (!tile) continue;
          const [x, y] = view.toScreen(column * spacing, (row + 1) * spacing);
          const size = spacing * view.scale;
          pen.drawImage(tile, x, y, size + 0.5, size + 0.5); // no seams
        }
      }
    }
  }
}

function canvasOf(side) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  return canvas.getContext("2d");
}
