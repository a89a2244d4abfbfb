// A board to draw on: the pixels of a label map, or black lines on white. Nothing is smoothed, as a network that has
// learned from label maps has never seen a color between two labels.

import { buttons, field, make, row } from "./dom.js";

const STEPS = 40;

export function board(height, width, palette, changed) {
  const side = Math.max(height, width);
  const canvas = make("canvas", { width, height, tabIndex: 0, role: "img" });
  canvas.setAttribute(
    "aria-label",
    "Drawing. With the keyboard: arrows move the pen, Shift in larger steps, Space puts it down and lifts it, F fills.",
  );
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const colors = palette.length ? palette : ["#ffffff", "#000000"];
  const ground = colors[0];
  const state = { color: colors[1] || colors[0], tool: "pen", size: Math.max(1, Math.round(side / 32)), done: [], down: false };
  const cursor = make("div", { class: "cursor", hidden: true });
  let at = { x: Math.floor(width / 2), y: Math.floor(height / 2) };

  function keep() {
    state.done.push(context.getImageData(0, 0, width, height));
    if (state.done.length > STEPS) state.done.shift();
  }

  function clear() {
    context.fillStyle = ground;
    context.fillRect(0, 0, width, height);
  }

  // A disc of whole pixels.
  function dot({ x, y }) {
    const radius = state.size / 2;
    context.fillStyle = state.tool === "eraser" ? ground : state.color;
    for (let down = Math.ceil(-radius); down <= radius; down++) {
      const half = Math.floor(Math.sqrt(Math.max(radius * radius - down * down, 0)));
      context.fillRect(x - half, y + down, Math.max(2 * half, 1), 1);
    }
  }

  function line(from, to) {
    const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y), 1);
    for (let step = 0; step <= steps; step++)
      dot({
        x: Math.round(from.x + ((to.x - from.x) * step) / steps),
        y: Math.round(from.y + ((to.y - from.y) * step) / steps),
      });
  }

  // All pixels of one color that hang together with the one at a place.
  function fill({ x, y }) {
    const image = context.getImageData(0, 0, width, height);
    const pixels = new Uint32Array(image.data.buffer);
    context.fillStyle = state.color;
    context.fillRect(x, y, 1, 1);
    const [color] = new Uint32Array(context.getImageData(x, y, 1, 1).data.buffer);
    const old = pixels[y * width + x];
    if (old === color) return;
    const rest = [y * width + x];
    while (rest.length) {
      const place = rest.pop();
      if (pixels[place] !== old) continue;
      pixels[place] = color;
      const column = place % width;
      if (column > 0) rest.push(place - 1);
      if (column < width - 1) rest.push(place + 1);
      if (place >= width) rest.push(place - width);
      if (place < width * (height - 1)) rest.push(place + width);
    }
    context.putImageData(image, 0, 0);
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    const clip = (value, most) => Math.min(Math.max(Math.floor(value), 0), most - 1);
    return {
      x: clip(((event.clientX - box.left) / box.width) * width, width),
      y: clip(((event.clientY - box.top) / box.height) * height, height),
    };
  }

  function showCursor() {
    const scale = canvas.getBoundingClientRect().width / width;
    const size = Math.max(state.size, 2) * scale;
    cursor.hidden = document.activeElement !== canvas || !canvas.matches(":focus-visible");
    Object.assign(cursor.style, {
      left: `${(at.x + 0.5) * scale - size / 2}px`,
      top: `${(at.y + 0.5) * scale - size / 2}px`,
      width: `${size}px`,
      height: `${size}px`,
    });
  }

  function start(where) {
    keep();
    if (state.tool === "fill") fill(where);
    else dot(where);
    changed();
  }

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    at = place(event);
    state.down = state.tool !== "fill";
    start(at);
  });
  canvas.addEventListener("pointermove", (event) => {
    // Without a button it is the keyboard that has put the pen down.
    if (!state.down || !event.buttons) return;
    const to = place(event);
    line(at, to);
    at = to;
    changed();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (state.down = false));
  canvas.addEventListener("focus", showCursor);
  canvas.addEventListener("blur", () => {
    state.down = false;
    showCursor();
  });
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in moves) {
      const step = event.shiftKey ? Math.max(Math.round(side / 16), 2) : 1;
      const clip = (value, most) => Math.min(Math.max(value, 0), most - 1);
      const to = { x: clip(at.x + moves[event.key][0] * step, width), y: clip(at.y + moves[event.key][1] * step, height) };
      if (state.down) {
        line(at, to);
        changed();
      }
      at = to;
    } else if (event.key === " ") {
      state.down = !state.down && state.tool !== "fill";
      if (state.down || state.tool === "fill") start(at);
    } else if (event.key.toLowerCase() === "f" && !event.ctrlKey && !event.metaKey) {
      keep();
      fill(at);
      changed();
    } else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) {
      undo();
    } else return;
    event.preventDefault();
    showCursor();
  });

  function undo() {
    const last = state.done.pop();
    if (!last) return;
    context.putImageData(last, 0, 0);
    changed();
  }

  // A picture in the place of the drawing.
  async function show(blob) {
    const picture = await createImageBitmap(blob);
    keep();
    context.imageSmoothingEnabled = false;
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, width, height);
    context.drawImage(picture, 0, 0, width, height);
    changed();
  }

  const size = make("input", {
    type: "range",
    min: "1",
    max: String(Math.max(Math.round(side / 6), 2)),
    value: String(state.size),
    oninput: () => (state.size = Number(size.value)),
  });
  const tools = buttons(
    "Tool",
    ["pen", "eraser", "fill"].map((name) => ({ name, value: name })),
    "pen",
    (tool) => (state.tool = tool),
  );
  const swatches = colors.map((color, index) =>
    make("button", {
      type: "button",
      class: "color",
      title: color,
      "aria-label": `Color ${index + 1}, ${color}`,
      "aria-pressed": String(color === state.color),
      onclick: (event) => {
        state.color = color;
        for (const other of swatches) other.setAttribute("aria-pressed", String(other === event.currentTarget));
      },
    }),
  );
  // Set by script: a style in the HTML would be against the page's own policy.
  swatches.forEach((swatch, index) => (swatch.style.background = colors[index]));
  const chosen = make("div", { class: "row", role: "group", "aria-label": "Color" }, ...swatches);
  const erase = make("button", { type: "button", onclick: () => (keep(), clear(), changed()) }, "clear");
  tools.append(make("button", { type: "button", onclick: undo }, "undo"), erase);
  clear();
  return {
    element: make("div", {}, tools, chosen, row(field("Width", size)), make("div", { class: "board" }, canvas, cursor)),
    canvas,
    show,
    // At once: toBlob waits until the browser has nothing else to do, for as long as all of the rest takes.
    file: () => ({ b64: canvas.toDataURL("image/png").split(",")[1] }),
  };
}
