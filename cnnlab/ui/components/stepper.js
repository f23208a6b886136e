// Shared by the convolution and the pooling stepper: maps as pictures, numbers as text, and the window that
// moves over the output by pointer, keys, buttons or by itself.

const STEP_MS = 250;
// From low over middle to high; the same colours as in cnnlab/views/palette.py.
const [LOW, MIDDLE, HIGH] = [[245, 147, 34], [232, 234, 235], [8, 119, 189]];
const NOT_FINITE = [194, 24, 91];
const DARK_INK = "#1d2733", LIGHT_INK = "#ffffff";

// { shape, values: base64 of little-endian float32 } to { shape, values: Float32Array }
function unpackArray({ shape, values }) {
  const bytes = Uint8Array.from(atob(values), character => character.charCodeAt(0));
  return { shape, values: new Float32Array(bytes.buffer) };
}

function colorOf(value, limit) {
  if (!Number.isFinite(value)) return NOT_FINITE;
  const share = Math.max(-1, Math.min(1, value / limit));
  const end = share < 0 ? LOW : HIGH;
  return MIDDLE.map((middle, channel) => Math.round(middle + Math.abs(share) * (end[channel] - middle)));
}

// Black or white text, whichever is easier to read on a colour (relative luminance as in WCAG 2.2). The
// contrast is 4.58 at least; with a dark grey in place of black there would be colours on which neither reads.
function textColorOn(rgb) {
  const [red, green, blue] = rgb.map(part => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : LIGHT_INK;
}

// The format of numbers up to `limit`, and its width in characters: two decimals from 0.5 to 5, more or
// fewer for smaller or larger scales, powers of ten for very small and very large ones.
function numberFormat(limit, more = 0) {
  const magnitude = Math.floor(Math.log10(2 * limit));
  if (magnitude > 4 || magnitude < -2) return { exponential: true, digits: 1 + more, width: 8 };
  const width = magnitude < 0 ? 5 - magnitude : Math.max(5, magnitude + 2);
  return { exponential: false, digits: Math.max(0, 2 - magnitude) + more, width };
}

function formatNumber(value, { exponential, digits }) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "−∞" : "∞";
  const text = exponential ? value.toExponential(digits) : value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replaceAll("-", "−");
}

// "0.12 + 0.30 − 0.05"
function formatSum(values, style) {
  return values.map(value => formatNumber(value, style)).join(" + ").replaceAll("+ −", "− ");
}

// A map as a small canvas, a pixel a value: values[start + place · step] is the value at a place.
function mapImage(values, height, width, limit, start = 0, step = 1) {
  const canvas = document.createElement("canvas");
  [canvas.height, canvas.width] = [height, width];
  const pixels = new ImageData(width, height);
  for (let place = 0; place < height * width; place++)
    pixels.data.set([...colorOf(values[start + place * step], limit), 255], place * 4);
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

// An image in colour as a small canvas: values are red, green and blue of each pixel, from 0 to `white`.
function colourImage(values, height, width, white) {
  const canvas = document.createElement("canvas");
  [canvas.height, canvas.width] = [height, width];
  const pixels = new ImageData(width, height);
  for (let place = 0; place < height * width; place++) {
    const rgb = values.subarray(3 * place, 3 * place + 3);
    pixels.data.set([...rgb.map(value => Math.round(255 * value / white)), 255], 4 * place);
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

// Draws a map's image enlarged, with `rows` and `columns` of padding, [before, after] each, and outlines
// { row, column, height, width, dashed } in pixels of the map. What lies beyond `used` is hatched.
function drawMap(canvas, image, outlines, padding = { rows: [0, 0], columns: [0, 0] }, used = {}) {
  const [above, below] = padding.rows, [before, after] = padding.columns;
  const [rows, columns] = [image.height + above + below, image.width + before + after];
  const scale = Math.max(4, Math.round(640 / Math.max(rows, columns)));
  [canvas.height, canvas.width] = [rows * scale, columns * scale];
  canvas.style.aspectRatio = `${columns} / ${rows}`;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.scale(scale, scale);
  context.translate(before, above);
  const textColor = getComputedStyle(canvas).getPropertyValue("--st-text-color");
  if (above + below + before + after) hatch(context, textColor, -above, -before, rows, columns);
  context.drawImage(image, 0, 0);
  const { height = image.height, width = image.width } = used;
  if (height < image.height) hatch(context, DARK_INK, height, 0, image.height - height, image.width);
  if (width < image.width) hatch(context, DARK_INK, 0, width, height, image.width - width);
  for (const outline of outlines) drawOutline(context, outline, scale);
}

function hatch(context, color, row, column, height, width) {
  context.save();
  context.beginPath();
  context.rect(column, row, width, height);
  context.clip();
  context.strokeStyle = color;
  context.globalAlpha = 0.55;
  context.lineWidth = 0.12;
  for (let x = column - height; x < column + width; x += 0.6) {
    context.moveTo(x, row + height);
    context.lineTo(x + height, row);
  }
  context.stroke();
  context.restore();
}

// Dark on a light halo, so that it stands out on every colour of the scale.
function drawOutline(context, { row, column, height, width, dashed }, scale) {
  for (const [stroke, thickness] of [[LIGHT_INK, 8], [DARK_INK, 4]]) {
    context.setLineDash(dashed && stroke === DARK_INK ? [8 / scale, 6 / scale] : []);
    [context.strokeStyle, context.lineWidth] = [stroke, thickness / scale];
    context.strokeRect(column, row, width, height);
  }
}

// Numbers in a square of coloured cells; `classOf(place)` may name a CSS class for a cell.
function fillGrid(node, label, values, limit, style, classOf = () => "") {
  const side = Math.sqrt(values.length);
  node.style.setProperty("--cnnlab-cell", `calc(${style.width}ch + 0.5em)`);
  node.style.gridTemplateColumns = `repeat(${side}, var(--cnnlab-cell))`;
  while (node.children.length > values.length) node.lastChild.remove();
  while (node.children.length < values.length) node.append(document.createElement("span"));
  values.forEach((value, place) => {
    const [cell, rgb] = [node.children[place], colorOf(value, limit)];
    cell.textContent = formatNumber(value, style);
    cell.className = classOf(place);
    cell.style.backgroundColor = `rgb(${rgb})`;
    cell.style.color = textColorOn(rgb);
  });
  const texts = values.map(value => formatNumber(value, style));
  const lines = Array.from({ length: side }, (_, row) => texts.slice(row * side, (row + 1) * side).join(", "));
  node.setAttribute("aria-label", `${label}, row by row: ${lines.join("; ")}`);
}

function setLines(list, lines) {
  list.replaceChildren(...lines.map(([name, text]) => {
    const line = document.createElement("li");
    line.className = `cnnlab-sum-${name}`;
    line.textContent = text;
    return line;
  }));
}

// Rows or columns, counted from 1: "3" or "3 to 5".
function rangeText(first, count) {
  return count === 1 ? `${first + 1}` : `${first + 1} to ${first + count}`;
}

const states = new WeakMap();  // root → position of its window, kept over new data and themes

// Moves the window over `rows` × `columns` output pixels; `draw(row, column)` draws one position. Returns
// a function that stops it.
function moveWindow(root, rows, columns, start, draw) {
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!states.has(root)) states.set(root, { ...start, playing: !reduced, held: false });
  const state = states.get(root);
  const [back, play, next] = root.querySelectorAll(".cnnlab-step-controls button");
  const place = root.querySelector(".cnnlab-step-place");

  const go = (row, column) => {
    state.row = Math.max(0, Math.min(rows - 1, row));
    state.column = Math.max(0, Math.min(columns - 1, column));
    [root.dataset.row, root.dataset.column] = [state.row, state.column];
    const held = state.held ? ", held" : "";
    place.textContent = `Row ${state.row + 1} of ${rows}, column ${state.column + 1} of ${columns}${held}`;
    draw(state.row, state.column);
  };
  const move = by => {
    const next = (state.row * columns + state.column + by + rows * columns) % (rows * columns);
    go(Math.floor(next / columns), next % columns);
  };
  const setPlaying = playing => {
    clearInterval(state.timer);
    if (playing) state.timer = setInterval(() => { if (!document.hidden) move(1); }, STEP_MS);
    state.playing = playing;
    play.textContent = playing ? "Pause" : "Play";
    for (const list of root.querySelectorAll(".cnnlab-sum"))
      list.setAttribute("aria-live", playing ? "off" : "polite");
  };
  const by = (rowsDown, columnsRight) => {
    setPlaying(false);
    go(state.row + rowsDown, state.column + columnsRight);
  };

  back.onclick = () => { setPlaying(false); move(-1); };
  next.onclick = () => { setPlaying(false); move(1); };
  play.onclick = () => { state.held = false; setPlaying(!state.playing); };
  const keys = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
                 Home: [-rows, -columns], End: [rows, columns] };
  for (const canvas of root.querySelectorAll(".cnnlab-step-output canvas")) {
    const pixel = event => {
      const box = canvas.getBoundingClientRect();
      return [Math.floor((event.clientY - box.top) / box.height * rows),
              Math.floor((event.clientX - box.left) / box.width * columns)];
    };
    canvas.onpointermove = event => {
      if (state.held || event.pointerType === "touch") return;
      setPlaying(false);
      go(...pixel(event));
    };
    canvas.onclick = event => {
      const [row, column] = pixel(event);
      state.held = !(state.held && row === state.row && column === state.column);
      setPlaying(false);
      go(row, column);
    };
    canvas.onkeydown = event => {
      if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();  // the page must not scroll
      by(...keys[event.key]);
    };
  }
  setPlaying(state.playing);
  go(state.row, state.column);
  return () => clearInterval(state.timer);
}
