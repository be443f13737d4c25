"use strict";

// The page: a plane with a handle on it, and the picture that the handle's place stands for.

const STEP = 8, LONG_STEP = 40; // of the arrow keys, in CSS pixels
const PATIENCE = 12; // milliseconds at a time for tiles that nobody waits for

const byId = (id) => document.getElementById(id);

/** The plane on the screen: map, points, rings and the handle. */
class Plane {
  constructor(canvas, map, onMove) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.ground = canvasOf(1); // the map
    this.marks = canvasOf(1); // points and rings
    this.view = new View();
    this.map = map;
    this.onMove = onMove;
    this.handle = page.start;
    this.showsPoints = this.showsMap = true;
    this.stale = new Set(); // which of the two are to be painted anew
    this.isWaiting = false;
    this.pointers = new Map(); // fingers, or the mouse: where each one is
    this.listen();
    this.resize();
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  resize() {
    const { width, height } = this.canvas.getBoundingClientRect();
    this.ratio = window.devicePixelRatio || 1;
    [this.view.width, this.view.height] = [width, height];
    for (const { canvas } of [this.pen, this.ground, this.marks]) {
      canvas.width = Math.max(Math.round(width * this.ratio), 1);
      canvas.height = Math.max(Math.round(height * this.ratio), 1);
    }
    this.stale = new Set(["ground", "marks"]);
    this.paint(); // at once, as a canvas of another size is blank
  }

  /** Have these, and the handle, painted with the next frame. */
  refresh(...stale) {
    for (const name of stale) this.stale.add(name);
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.paint();
    });
  }

  refreshAll() {
    this.refresh("ground", "marks");
  }

  moveTo(x, y) {
    this.handle = [x, y];
    this.refresh();
  }

  paint() {
    if (this.stale.has("ground")) this.paintGround(this.ground);
    if (this.stale.has("marks")) this.paintMarks(this.marks);
    this.stale.clear();
    if (this.shown !== this.handle) this.onMove(...this.handle);
    this.shown = this.handle;
    const { pen } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(this.ground.canvas, 0, 0);
    pen.drawImage(this.marks.canvas, 0, 0);
    pen.scale(this.ratio, this.ratio);
    const [x, y] = this.view.toScreen(...this.handle);
    disc(pen, x, y, 13, "rgb(0 0 0 / 25%)");
    disc(pen, x, y, 11.5, "#fff");
    disc(pen, x, y, 8.5, colour("--accent"));
    disc(pen, x, y, 2, "#fff");
    this.fillIn();
  }

  paintGround(pen) {
    const { width, height } = this.view;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.fillStyle = colour("--well");
    pen.fillRect(0, 0, width, height);
    if (this.showsMap) this.map.paint(pen, this.view, this.ratio);
  }

  paintMarks(pen) {
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.view.width, this.view.height);
    if (this.showsPoints) this.paintPoints(pen);
    this.paintRings(pen);
  }

  /** Smaller dots the more there are, and the smaller the plane is. */
  paintPoints(pen) {
    const { learned, heldOut } = page.points, { view } = this;
    const most = 60 / (learned.length + heldOut.length) ** 0.4;
    const radius = Math.min(Math.max(most * Math.sqrt(view.home / 90), 1.25), 4);
    const side = 2 * radius + 2; // CSS pixels
    for (const [points, name] of [[learned, "--accent"], [heldOut, "--held-out"]]) {
      const dot = canvasOf(Math.ceil(side * this.ratio));
      dot.scale(dot.canvas.width / side, dot.canvas.width / side);
      disc(dot, side / 2, side / 2, radius + 0.75, "rgb(255 255 255 / 80%)");
      disc(dot, side / 2, side / 2, radius, colour(name));
      for (let i = 0; i < points.length; i += 2) {
        const [x, y] = view.toScreen(points[i], points[i + 1]);
        pen.drawImage(dot.canvas, x - side / 2, y - side / 2, side, side);
      }
    }
  }

  /** One, two and three standard deviations of the prior. */
  paintRings(pen) {
    const [x, y] = this.view.toScreen(...page.priorMean);
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const sigma of [1, 2, 3]) {
      const radius = sigma * this.view.scale;
      for (const [width, style] of [[3, "rgb(0 0 0 / 27%)"], [1.25, "rgb(255 255 255 / 85%)"]]) {
        pen.beginPath();
        pen.arc(x, y, radius, 0, 2 * Math.PI);
        pen.lineWidth = width;
        pen.strokeStyle = style;
        pen.stroke();
      }
      const left = x + radius * Math.SQRT1_2, top = y - radius * Math.SQRT1_2;
      pen.beginPath();
      pen.roundRect(left - 14, top - 9, 28, 18, 4);
      pen.fillStyle = colour("--ground");
      pen.fill();
      pen.fillStyle = colour("--text");
      pen.fillText(`${sigma}σ`, left, top + 0.5);
    }
  }

  /** Decode tiles that are missing, for as long as nothing else wants the time. */
  fillIn() {
    if (!this.showsMap || this.isFilling) return;
    this.isFilling = true;
    setTimeout(() => {
      this.isFilling = false;
      if (this.pointers.size) return; // all time belongs to the hand
      const end = performance.now() + PATIENCE;
      let missing = this.map.nextMissing(this.view, this.ratio);
      if (!missing) return;
      do this.map.decode(missing);
      while (performance.now() < end && (missing = this.map.nextMissing(this.view, this.ratio)));
      this.refresh("ground");
    });
  }

  // ---------------------------------------------------------------- hands

  listen() {
    const { canvas, view } = this;
    const place = (event) => [event.offsetX, event.offsetY];
    canvas.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button === 2) return;
      canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, place(event));
      this.pans = event.button === 1 || event.shiftKey;
      if (this.pointers.size === 1 && !this.pans) this.moveTo(...view.toPlane(...place(event)));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.pointers.has(event.pointerId)) return;
      const before = this.span();
      this.pointers.set(event.pointerId, place(event));
      if (this.pointers.size === 1 && !this.pans) {
        this.moveTo(...view.toPlane(...place(event)));
      } else {
        this.follow(before, this.span());
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => {
        this.pointers.delete(event.pointerId);
        this.pans = this.pointers.size > 0; // the finger that is left must not make the handle jump
        this.fillIn();
      });
    }
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      view.zoomBy(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), ...place(event));
      this.refreshAll();
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.press(event));
  }

  /** The middle of the fingers and how far they are from it. */
  span() {
    const places = [...this.pointers.values()];
    const x = places.reduce((sum, place) => sum + place[0], 0) / places.length;
    const y = places.reduce((sum, place) => sum + place[1], 0) / places.length;
    return { x, y, reach: Math.hypot(places[0][0] - x, places[0][1] - y) };
  }

  /** Move and zoom the plane with the fingers. */
  follow(before, after) {
    this.view.pan(after.x - before.x, after.y - before.y);
    if (before.reach > 8 && after.reach > 8) this.view.zoomBy(after.reach / before.reach, after.x, after.y);
    this.refreshAll();
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = (event.shiftKey ? LONG_STEP : STEP) / this.view.scale, [x, y] = this.handle;
    const keys = {
      ArrowLeft: () => this.stepTo(x - step, y),
      ArrowRight: () => this.stepTo(x + step, y),
      ArrowUp: () => this.stepTo(x, y + step),
      ArrowDown: () => this.stepTo(x, y - step),
      Home: () => this.stepTo(...page.priorMean),
      "+": () => this.zoom(1.25),
      "=": () => this.zoom(1.25),
      "-": () => this.zoom(0.8),
      0: () => this.reset(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  /** Move the handle, and the view where the handle would leave it. */
  stepTo(x, y) {
    const { view } = this, edge = 24 / view.scale;
    const [left, top] = view.toPlane(0, 0), [right, bottom] = view.toPlane(view.width, view.height);
    view.x += Math.max(x + edge - right, 0) - Math.max(left - x + edge, 0);
    view.y += Math.max(y + edge - top, 0) - Math.max(bottom - y + edge, 0);
    this.handle = [x, y];
    this.refreshAll();
  }

  zoom(factor) {
    this.view.zoomBy(factor, ...this.view.toScreen(...this.handle));
    this.refreshAll();
  }

  reset() {
    this.view.reset();
    this.refreshAll();
  }
}

function disc(pen, x, y, radius, style) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = style;
  pen.fill();
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

/** The large picture, its place in words, and how long it took. */
class Picture {
  constructor() {
    this.pen = byId("picture").getContext("2d");
    this.pixels = new ImageData(page.size, page.size);
    this.times = [];
    byId("picture").width = byId("picture").height = page.size;
  }

  show(x, y) {
    const before = performance.now();
    this.pen.putImageData(decoder.draw(latentAt(x, y), this.pixels), 0, 0);
    byId("place").textContent = `${page.axes[0]} ${signed(x)}   ${page.axes[1]} ${signed(y)}`;
    this.tellSpeed(performance.now() - before);
  }

  /** The median of the last pictures; the first ones are slow, before the browser has compiled the decoder. */
  tellSpeed(milliseconds) {
    this.times.push(milliseconds);
    if (this.times.length < 10) return;
    this.times = this.times.slice(-30);
    const usual = [...this.times].sort((one, other) => one - other);
    byId("speed").textContent = `drawn in ${Math.max(Math.round(usual[usual.length >> 1]), 1)} ms`;
  }

  save() {
    byId("picture").toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = "decoded.png";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
  }
}

function signed(number) {
  const text = Math.abs(number).toFixed(2);
  return (number < 0 && Number(text) ? "−" : "+") + text;
}

const picture = new Picture();
picture.show(...page.start);
const drawn = byId("map");
const plane = new Plane(byId("plane"), new TileMap(drawn), (x, y) => picture.show(x, y));
drawn.decode().then(() => plane.refreshAll(), () => {}); // without it, tiles are decoded here
document.documentElement.classList.add("live");
byId("what").open = window.innerWidth > 1000 && window.innerHeight > 1020; // where there is room for it

byId("zoom-in").addEventListener("click", () => plane.zoom(1.5));
byId("zoom-out").addEventListener("click", () => plane.zoom(1 / 1.5));
byId("reset").addEventListener("click", () => plane.reset());
byId("save").addEventListener("click", () => picture.save());
for (const [id, name] of [["show-map", "showsMap"], ["show-points", "showsPoints"]]) {
  byId(id).addEventListener("change", (event) => {
    plane[name] = event.target.checked;
    plane.refreshAll();
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plane.refreshAll());
