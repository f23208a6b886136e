// One output pixel of one filter: the patch, the kernel, their products and their sum.

const LISTED = 5;  // input maps that have a button

const ACTIVATIONS = {
  relu: x => Math.max(0, x),
  elu: x => x > 0 ? x : Math.expm1(x),
  gelu: x => x * (1 + erf(x / Math.SQRT2)) / 2,
  silu: x => x / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  sigmoid: x => 1 / (1 + Math.exp(-x)),
  linear: x => x,
};

// The error function by a series without cancellation (Abramowitz and Stegun, 7.1.6); beyond 6 it is 1.
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [sum, term] = [0, x];
  for (let n = 0; n < 150; n++) {
    sum += term;
    term *= 2 * x * x / (2 * n + 3);
  }
  return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
}

// The input pixel under each weight of the kernel, row by row: its index, or null outside the map.
function pixelsUnderKernel({ maps, side, corner }, row, column) {
  const [height, width] = maps.shape, first = corner(row, column);
  return Array.from({ length: side * side }, (_, place) => {
    const y = first.row + Math.floor(place / side), x = first.column + place % side;
    return y >= 0 && y < height && x >= 0 && x < width ? y * width + x : null;
  });
}

// The part of each input map in the sum.
function contributionsOf({ maps, kernel }, places) {
  const channels = maps.shape[2], sums = new Float64Array(channels);
  places.forEach((pixel, weight) => {
    for (let channel = 0; pixel !== null && channel < channels; channel++)
      sums[channel] += maps.values[pixel * channels + channel] * kernel.values[weight * channels + channel];
  });
  return [...sums];
}

// The format of sums: small products are visible, with at most two extra decimals.
function sumsFormat({ output, products }) {
  return numberFormat(Math.min(output, Math.max(products, output / 100)), 1);
}

const total = numbers => numbers.reduce((sum, number) => sum + number, 0);

function productsText(products, style) {
  if (products.length <= 9) return formatSum(products, style);
  return `${formatSum(products.slice(0, 4), style)} + … (${products.length} products)`;
}

// From the products to the sum over all input maps, as lines of text.
function sumLines({ sums: style, nameOf }, { products, contributions, listed, chosen }) {
  const text = value => formatNumber(value, style), channels = contributions.length;
  const ofMap = channels > 1 ? `${nameOf(chosen)}: ` : "";
  const lines = [["products", `${ofMap}${productsText(products, style)} = ${text(total(products))}`]];
  if (channels === 1) return lines;
  const largest = listed.map(channel => contributions[channel]), sum = total(contributions);
  const others = channels - largest.length;
  const all = others ? [...largest, sum - total(largest)] : largest;
  const rest = others ? ` (the other ${others})` : "";
  const allOfThem = nameOf.channels ? listed.map(nameOf).join(" + ") : `All ${channels} input maps`;
  return [...lines, ["maps", `${allOfThem}: ${formatSum(all, style)}${rest} = ${text(sum)}`]];
}

// From this sum to the layer's output, and Keras's own value of it.
function valueLines({ sums: style }, data, sum, output) {
  const text = value => formatNumber(value, style), lines = [];
  const [bias] = unpackArray(data.bias).values, biased = sum + bias;
  if (bias || !data.norm) lines.push(["bias", `+ bias ${text(bias)} = ${text(biased)}`]);
  const [scale, shift] = data.norm ? unpackArray(data.norm).values : [1, 0], value = biased * scale + shift;
  if (data.norm)
    lines.push(["norm", `Batch normalisation: ${text(biased)} × ${formatSum([scale, shift], style)} = ` +
      text(value)]);
  const active = ACTIVATIONS[data.activation](value);
  lines.push(["activation", data.activation === "linear" ? `No activation: ${text(value)}`
    : `${data.activation}(${text(value)}) = ${text(active)}`]);
  if (!data.by_keras) return lines;
  const difference = Math.abs(active - output);
  const differs = difference > 1e-3 * data.limits.output ? `, which differs by ${text(difference)}` : "";
  return [...lines, ["keras", `Keras computed ${text(output)}${differs}`]];
}

// Buttons for the input maps with the largest parts, which show their patches, and the sum of all others.
function listContributions(node, { sums: style, nameOf }, { contributions, listed, chosen }, choose) {
  const rest = node.querySelector("span"), largest = Math.abs(contributions[listed[0]]) || 1;
  while (node.children.length <= listed.length) {
    const button = document.createElement("button");
    button.type = "button";
    rest.before(button);
  }
  while (node.children.length > listed.length + 1) node.firstElementChild.remove();
  listed.forEach((channel, index) => {
    const button = node.children[index];
    const name = nameOf.channels ? nameOf(channel) : `Map ${channel + 1}`;
    button.textContent = `${name}: ${formatNumber(contributions[channel], style)}`;
    button.setAttribute("aria-pressed", channel === chosen);
    button.style.setProperty("--cnnlab-share", Math.abs(contributions[channel]) / largest);
    button.onclick = () => choose(channel);
  });
  const others = contributions.length - listed.length;
  const sum = total(contributions) - total(listed.map(channel => contributions[channel]));
  rest.textContent = others ? `The other ${others}: ${formatNumber(sum, style)}` : "";
}

// Titles, colour bars and labels, which stay while the window moves.
function label(root, part, data, outputShape, channels) {
  root.setAttribute("aria-label", data.alt);
  root.classList.toggle("cnnlab-step-large", data.kernel.shape[0] > 5);
  part("input-title").textContent = data.titles.input;
  part("output-title").textContent = data.titles.output;
  for (const [name, bar] of Object.entries(data.bars)) part(`${name}-bar`).innerHTML = bar;
  part("hatched").hidden = !data.hatched;
  part("hatched").textContent = data.hatched;
  part("maps").hidden = part("contributions").hidden = channels === 1;
  part("maps").querySelector("input").max = channels;
  part("maps").querySelector("span").textContent = data.channels.length ? "Channel" : "Input map";
  part("colours").hidden = !data.channels.length;
  part("output").querySelector("canvas").setAttribute("aria-label",
    `${data.titles.output}: ${outputShape.join(" by ")} values. The arrow keys move the window, Home and ` +
    "End go to the corners; the value is in the sum below.");
}

// What an input map is called: a channel by its colour.
function namesOf(channels) {
  const names = channels.map(name => name[0].toUpperCase() + name.slice(1));
  return Object.assign(number => names[number] ?? `Input map ${number + 1}`, { channels: names.length > 0 });
}

const chosenMaps = new WeakMap();  // root → the input map whose patch is shown

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".cnnlab-stepper");
  const part = name => root.querySelector(`.cnnlab-step-${name}`);
  const [maps, kernel, output] = [data.maps, data.kernel, data.output].map(unpackArray);
  const [height, width, channels] = maps.shape, [rows, columns] = output.shape;
  const limits = data.limits, side = kernel.shape[0];
  const { margins, stride } = data;
  // The first pixel under the kernel at an output pixel; outside the map where there is padding.
  const cornerOf = (row, column) => (
    { row: row * stride - margins.rows[0], column: column * stride - margins.columns[0] });
  const layer = { maps, kernel, side, corner: cornerOf, sums: sumsFormat(limits),
                  nameOf: namesOf(data.channels) };
  const last = cornerOf(rows - 1, columns - 1);
  const used = { height: Math.min(height, last.row + side), width: Math.min(width, last.column + side) };
  const colours = data.channels.length ? colourImage(maps.values, height, width, data.white) : null;
  const outputImage = mapImage(output.values, rows, columns, limits.output);
  let inputImage = null, imageOf = null;
  label(root, part, data, output.shape, channels);

  const draw = (row, column) => {
    const places = pixelsUnderKernel(layer, row, column), contributions = contributionsOf(layer, places);
    const order = [...contributions.keys()].sort((one, other) =>
      Math.abs(contributions[other]) - Math.abs(contributions[one]));
    if (!(chosenMaps.get(root) < channels)) chosenMaps.set(root, order[0]);
    const chosen = chosenMaps.get(root), listed = order.slice(0, LISTED);
    if (imageOf !== chosen)
      inputImage = mapImage(maps.values, height, width, limits.input, imageOf = chosen, channels);
    const corner = cornerOf(row, column);
    const input = part("input").querySelector("canvas");
    const window = { ...corner, height: side, width: side };
    drawMap(input, inputImage, [window], margins, used);
    if (colours) drawMap(part("colours").querySelector("canvas"), colours, [window], margins, used);
    drawMap(part("output").querySelector("canvas"), outputImage, [{ row, column, height: 1, width: 1 }]);

    const patch = places.map(pixel => pixel === null ? 0 : maps.values[pixel * channels + chosen]);
    const weights = places.map((_, place) => kernel.values[place * channels + chosen]);
    const products = patch.map((value, place) => value * weights[place]);
    const outside = place => places[place] === null ? "cnnlab-step-outside" : "";
    fillGrid(part("patch"), "Patch", patch, limits.input, numberFormat(limits.input), outside);
    fillGrid(part("kernel"), "Kernel", weights, limits.kernel, numberFormat(limits.kernel));
    fillGrid(part("products"), "Products", products, limits.products, numberFormat(limits.products), outside);
    const parts = { products, contributions, listed, chosen };
    setLines(part("lines"), [...sumLines(layer, parts), ...valueLines(
      layer, data, total(contributions), output.values[row * columns + column])]);

    const choose = channel => { chosenMaps.set(root, channel); draw(row, column); };
    const slider = part("maps").querySelector("input");
    slider.value = chosen + 1;
    slider.oninput = () => choose(Number(slider.value) - 1);
    const name = data.channels[chosen] ?? `input map ${chosen + 1} of ${channels}`;
    const number = channels > 1 ? name : "one input map";
    part("maps").querySelector("output").textContent = data.channels[chosen] ?? `${chosen + 1} of ${channels}`;
    listContributions(part("contributions"), layer, parts, choose);
    input.setAttribute("aria-label", `${data.titles.input}: ${number}, ${height} by ${width} values; the ` +
      `window covers rows ${rangeText(corner.row, side)} and columns ${rangeText(corner.column, side)}`);
  };
  const strongest = output.values.reduce((best, value, place) =>
    Math.abs(value) > Math.abs(output.values[best]) ? place : best, 0);
  const start = { row: Math.floor(strongest / columns), column: strongest % columns };
  return moveWindow(root, rows, columns, start, draw);
}
