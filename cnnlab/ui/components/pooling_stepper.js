// One window of pooling: its values, and the outputs of max, average and min pooling.

const SOURCE = { max: "cnnlab-step-max", min: "cnnlab-step-min" };

// The output of one kind of pooling for the window, as lines of text.
function pooledLines(kind, place, window, style) {
  const text = value => formatNumber(value, style), value = kind.values.values[place];
  const lines = [["kept", kind.sources === null ? averageText(window, value, style)
    : `${text(value)}, from row ${source(kind, place).row + 1}, column ${source(kind, place).column + 1}`]];
  if (kind.keras === null) return lines;
  const difference = Math.abs(value - kind.keras.values[place]);
  const differs = difference > 1e-3 * style.limit ? `, which differs by ${text(difference)}` : "";
  return [...lines, ["keras", `Keras computed ${text(kind.keras.values[place])}${differs}`]];
}

function averageText(window, value, style) {
  const count = window.length, sum = window.reduce((sum, value) => sum + value, 0);
  const sumOf = count > 4 ? `sum of ${count} values: ${formatNumber(sum, style)}`
    : `(${formatSum(window, style)})`;
  return `${sumOf} / ${count} = ${formatNumber(value, style)}`;
}

// The input pixel whose value is the output, counted from 0.
function source(kind, place) {
  return { row: kind.sources[place * 2], column: kind.sources[place * 2 + 1] };
}

// Titles, colour bars and labels, which stay while the window moves.
function label(root, part, data, kinds, [rows, columns]) {
  root.setAttribute("aria-label", data.alt);
  part("input-title").textContent = data.title;
  part("input-bar").innerHTML = data.bar;
  part("dropped").hidden = !data.dropped;
  part("dropped").textContent = data.dropped;
  for (const [name, kind] of Object.entries(kinds)) {
    const node = part(`kind-${name}`);
    node.querySelector(".cnnlab-step-share summary").textContent = kind.share.short;
    node.querySelector(".cnnlab-step-share p").textContent = kind.share.details;
    node.querySelector("canvas").setAttribute("aria-label",
      `Output of ${name} pooling: ${rows} by ${columns} values. The arrow keys move the window, Home and ` +
      "End go to the corners; the value is in the line below.");
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".cnnlab-stepper");
  const part = name => root.querySelector(`.cnnlab-step-${name}`);
  const input = unpackArray(data.values), size = data.size;
  const kinds = Object.fromEntries(Object.entries(data.kinds).map(([name, kind]) => [name, {
    ...kind, values: unpackArray(kind.values), keras: kind.keras && unpackArray(kind.keras) }]));
  const [height, width] = input.shape, [rows, columns] = kinds.max.values.shape;
  const limit = data.limit, style = { ...numberFormat(limit), limit };
  const used = { height: rows * size, width: columns * size };
  const inputImage = mapImage(input.values, height, width, limit);
  const images = Object.fromEntries(Object.entries(kinds).map(([name, kind]) =>
    [name, mapImage((kind.keras ?? kind.values).values, rows, columns, limit)]));
  label(root, part, data, kinds, [rows, columns]);

  const draw = (row, column) => {
    const place = row * columns + column, corner = { row: row * size, column: column * size };
    const window = Array.from({ length: size * size }, (_, index) => input.values[
      (corner.row + Math.floor(index / size)) * width + corner.column + index % size]);
    const outlines = [{ ...corner, height: size, width: size }], marks = {};
    for (const [name, mark] of Object.entries(SOURCE)) {
      const from = source(kinds[name], place);
      outlines.push({ ...from, height: 1, width: 1, dashed: name === "min" });
      marks[(from.row - corner.row) * size + from.column - corner.column] ??= mark;
    }
    drawMap(part("input").querySelector("canvas"), inputImage, outlines, undefined, used);
    part("input").querySelector("canvas").setAttribute("aria-label",
      `${data.title}: ${height} by ${width} values; the window covers rows ` +
      `${rangeText(corner.row, size)} and columns ${rangeText(corner.column, size)}`);
    fillGrid(part("window"), "Window", window, limit, style, index => marks[index] ?? "");
    for (const [name, kind] of Object.entries(kinds)) {
      const node = part(`kind-${name}`);
      drawMap(node.querySelector("canvas"), images[name], [{ row, column, height: 1, width: 1 }]);
      setLines(node.querySelector(".cnnlab-sum"), pooledLines(kind, place, window, style));
    }
  };
  const highest = kinds.max.values.values;
  const strongest = highest.reduce((best, value, place) => value > highest[best] ? place : best, 0);
  const start = { row: Math.floor(strongest / columns), column: strongest % columns };
  return moveWindow(root, rows, columns, start, draw);
}
