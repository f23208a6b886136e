// A drawing is a list of strokes { points, width, erase, dx, dy }, in units of the picture that is sent.
// The lists are never changed, only replaced, so that undo goes back to an older list; strokes that were
// moved over the edge are kept.

const SEND_MS = 125;  // while a drawing moves, it is sent at most eight times a second
const ERASER = 2;  // times as wide as the pen, so that erasing along a line leaves no rim
const STYLUS_ERASER = 5;  // the button of the eraser end of a pen (Pointer Events, chapter 4.1)
const UNDO_STEPS = 200;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Pads by their key in Python. Drawings outlive their node, since Streamlit makes a new one when the page
// is opened again.
const pads = window.cnnlabDrawingPads ??= new Map();

function newPad() {
  return { strokes: [], history: [], tool: "pen", width: 12, line: null, grip: null, timer: 0, sent: null };
}

function paint(canvas, strokes, side) {
  const context = canvas.getContext("2d", { willReadFrequently: true }), scale = canvas.width / side;
  context.resetTransform();
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.lineCap = context.lineJoin = "round";
  for (const { points, width, erase, dx, dy } of strokes) {
    context.setTransform(scale, 0, 0, scale, scale * dx, scale * dy);
    context.fillStyle = context.strokeStyle = erase ? "#000" : "#fff";
    context.lineWidth = width;
    context.beginPath();  // a line without length would not be drawn, so it begins with a dot
    context.arc(...points[0], width / 2, 0, 2 * Math.PI);
    context.fill();
    context.beginPath();
    points.forEach(point => context.lineTo(...point));
    context.stroke();
  }
}

function show(pad) {
  const { canvas, root } = pad, size = Math.round(2 * pad.side * window.devicePixelRatio);
  if (canvas.width !== size) canvas.width = canvas.height = size;
  paint(canvas, pad.strokes, pad.side);
  root.dataset.tool = pad.tool;
  for (const button of root.querySelectorAll("[data-tool]"))
    button.setAttribute("aria-pressed", button.dataset.tool === pad.tool);
  root.querySelector("[data-action=undo]").setAttribute("aria-disabled", !pad.history.length);
  root.querySelector("[data-action=clear]").setAttribute("aria-disabled", !pad.strokes.length);
}

// One byte of grey for each pixel, row by row, in base64.
function encoded(pad) {
  pad.small ??= document.createElement("canvas");
  pad.small.width = pad.small.height = pad.side;
  paint(pad.small, pad.strokes, pad.side);
  const { data } = pad.small.getContext("2d").getImageData(0, 0, pad.side, pad.side);
  let bytes = "";
  for (let red = 0; red < data.length; red += 4) bytes += String.fromCharCode(data[red]);
  return btoa(bytes);
}

function send(pad) {
  clearTimeout(pad.timer);
  pad.timer = 0;
  const grey = encoded(pad);
  if (grey === pad.sent) return;
  pad.sent = grey;
  pad.setStateValue("grey", grey);
}

function sendSoon(pad) {
  pad.timer ||= setTimeout(() => send(pad), SEND_MS);
}

function remember(pad) {
  pad.history = [...pad.history, pad.strokes].slice(-UNDO_STEPS);
}

function undo(pad) {
  if (!pad.history.length || pad.line || pad.grip) return;
  pad.strokes = pad.history.pop();
  show(pad);
  send(pad);
}

function clear(pad) {
  if (!pad.strokes.length) return;
  remember(pad);
  pad.strokes = [];
  show(pad);
  send(pad);
}

const moved = (strokes, x, y) => strokes.map(stroke => ({ ...stroke, dx: stroke.dx + x, dy: stroke.dy + y }));

function place(pad, event) {
  const { left, top, width, height } = pad.canvas.getBoundingClientRect();
  return [(event.clientX - left) * pad.side / width, (event.clientY - top) * pad.side / height];
}

function begin(pad, event) {
  const turned = event.button === STYLUS_ERASER;
  if (!event.isPrimary || (event.button !== 0 && !turned)) return;
  const erase = turned || pad.tool === "eraser", grips = pad.tool === "move" && !erase;
  if (grips && !pad.strokes.length) return;
  pad.canvas.setPointerCapture(event.pointerId);
  remember(pad);
  const point = place(pad, event);
  if (grips) {
    pad.grip = { point, strokes: pad.strokes };
  } else {
    pad.line = { points: [point], width: pad.width * (erase ? ERASER : 1), erase, dx: 0, dy: 0 };
    pad.strokes = [...pad.strokes, pad.line];
  }
  show(pad);
}

function follow(pad, event) {
  if (!event.isPrimary || !(pad.line || pad.grip)) return;
  if (pad.line) {
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed.length ? passed : [event]) pad.line.points.push(place(pad, each));
  } else {
    const [x, y] = place(pad, event), { point, strokes } = pad.grip;
    pad.strokes = moved(strokes, x - point[0], y - point[1]);
    sendSoon(pad);
  }
  show(pad);
}

function end(pad, event) {
  if (!event.isPrimary || !(pad.line || pad.grip)) return;
  if (pad.grip?.strokes === pad.strokes) pad.history.pop();  // gripped, but not moved
  pad.line = pad.grip = null;
  show(pad);
  send(pad);
}

function pressed(pad, event) {
  const arrow = event.target === pad.canvas && ARROWS[event.key];
  if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    undo(pad);
  } else if (arrow && pad.strokes.length && !pad.line && !pad.grip) {
    if (!event.repeat) remember(pad);
    pad.strokes = moved(pad.strokes, ...arrow.map(direction => direction * pad.side / pad.steps));
    show(pad);
    sendSoon(pad);
  } else return;
  event.preventDefault();
}

// Runs again whenever the data or the theme change: handlers are assigned, never added.
export default function ({ data, parentElement, setStateValue }) {
  if (!pads.has(data.key)) pads.set(data.key, newPad());
  const pad = pads.get(data.key), root = parentElement.querySelector(".cnnlab-pad");
  const canvas = root.querySelector("canvas"), slider = root.querySelector("input");
  const isNew = pad.canvas !== canvas;
  Object.assign(pad, { canvas, root, side: data.side, steps: data.steps, setStateValue });
  if (isNew) Object.assign(pad, { line: null, grip: null, sent: null });
  if (isNew && pad.strokes.length) sendSoon(pad);

  canvas.setAttribute("aria-label", data.label);
  canvas.onpointerdown = event => begin(pad, event);
  canvas.onpointermove = event => follow(pad, event);
  canvas.onpointerup = canvas.onpointercancel = event => end(pad, event);
  root.onkeydown = event => pressed(pad, event);
  for (const button of root.querySelectorAll("[data-tool]"))
    button.onclick = () => { pad.tool = button.dataset.tool; show(pad); };
  root.querySelector("[data-action=undo]").onclick = () => undo(pad);
  root.querySelector("[data-action=clear]").onclick = () => clear(pad);
  slider.value = pad.width;
  slider.oninput = () => { pad.width = slider.valueAsNumber; };
  show(pad);
  return () => clearTimeout(pad.timer);
}
