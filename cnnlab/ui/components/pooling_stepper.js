// One window of pooling: its values, and what max, average and min keep of them.

const SOURCE = { max: "cnnlab-step-max", min: "cnnlab-step-min" };

// What one kind of pooling keeps here, as lines for the reader.
function keptLines(kind, place, window, style) {
  const text = value => written(value, style), value = kind.values.values[place];
  const found = [["kept", kind.sources === null ? averageText(window, value, style)
    : `${text(value)}, from row ${source(kind, place).row + 1}, column ${source(kind, place).column + 1}`]];
  if (kind.keras === null) return found;
  const difference = Math.abs(value - kind.keras.values[place]);
  const differs = difference > 1e-3 * style.limit ? `, which differs by ${text(difference)}` : "";
  return [...found, ["keras", `Keras computed ${text(kind.keras.values[place])}${differs}`]];
}

function averageText(window, value, style) {
  const count = window.length, sum = window.reduce((sum, value) => sum + value, 0);
  const shown = count > 4 ? `sum of ${count} values: ${written(sum, style)}` : `(${sumText(window, style)})`;
  return `${shown} / ${count} = ${written(value, style)}`;
}

// The pixel that was kept: of the input, counted from 0.
function source(kind, place) {
  return { row: kind.sources[place * 2], column: kind.sources[place * 2 + 1] };
}

// What stands around the pictures and stays while the window moves.
function label(root, part, data, kinds, [rows, columns]) {
  root.setAttribute("aria-label", data.alt);
  part("input-title").textContent = data.title;
  part("input-bar").innerHTML = data.bar;
  part("dropped").hidden = !data.dropped;
  part("dropped").textContent = data.dropped;
  for (const [name, kind] of Object.entries(kinds)) {
    const node = part(`kind-${name}`);
    node.querySelector(".cnnlab-step-share").textContent = kind.share;
    node.querySelector("canvas").setAttribute("aria-label",
      `What ${name} pooling keeps: ${rows} by ${columns} values. The arrow keys move the window, Home and ` +
      "End go to the corners; the line below tells the value.");
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".cnnlab-stepper");
  const part = name => root.querySelector(`.cnnlab-step-${name}`);
  const input = unpacked(data.values), size = data.size;
  const kinds = Object.fromEntries(Object.entries(data.kinds).map(([name, kind]) => [name, {
    ...kind, values: unpacked(kind.values), keras: kind.keras && unpacked(kind.keras) }]));
  const [height, width] = input.shape, [rows, columns] = kinds.max.values.shape;
  const limit = data.limit, style = { ...notation(limit), limit };
  const used = { height: rows * size, width: columns * size };
  const inputImage = picture(input.values, height, width, limit);
  const images = Object.fromEntries(Object.entries(kinds).map(([name, kind]) =>
    [name, picture((kind.keras ?? kind.values).values, rows, columns, limit)]));
  label(root, part, data, kinds, [rows, columns]);

  const show = (row, column) => {
    const place = row * columns + column, corner = { row: row * size, column: column * size };
    const window = Array.from({ length: size * size }, (_, index) => input.values[
      (corner.row + Math.floor(index / size)) * width + corner.column + index % size]);
    const outlines = [{ ...corner, height: size, width: size }], marks = {};
    for (const [name, mark] of Object.entries(SOURCE)) {
      const from = source(kinds[name], place);
      outlines.push({ ...from, height: 1, width: 1, dashed: name === "min" });
      marks[(from.row - corner.row) * size + from.column - corner.column] ??= mark;
    }
    drawMap(part("input").querySelector("canvas"), inputImage, outlines, [0, 0], used);
    part("input").querySelector("canvas").setAttribute("aria-label",
      `${data.title}: ${height} by ${width} values; the window covers rows ${span(corner.row, size)} and ` +
      `columns ${span(corner.column, size)}`);
    fillGrid(part("window"), "Window", window, limit, style, index => marks[index] ?? "");
    for (const [name, kind] of Object.entries(kinds)) {
      const node = part(`kind-${name}`);
      drawMap(node.querySelector("canvas"), images[name], [{ row, column, height: 1, width: 1 }]);
      setLines(node.querySelector(".cnnlab-sum"), keptLines(kind, place, window, style));
    }
  };
  const highest = kinds.max.values.values;
  const strongest = highest.reduce((best, value, place) => value > highest[best] ? place : best, 0);
  const begin = { row: Math.floor(strongest / columns), column: strongest % columns };
  return steer(root, rows, columns, begin, show);
}
