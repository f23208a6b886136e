// The networks with one image. What stays the same keeps its nodes; only pictures, bars and texts change.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".cnnlab-live");
  drawImage(root, data, setTriggerValue);
  const networks = root.querySelector(".cnnlab-live-networks");
  const structure = JSON.stringify(data.networks.map(structureOf));
  if (networks.structure !== structure) {
    networks.replaceChildren(...data.networks.map(build));
    networks.structure = structure;
  }
  data.networks.forEach((network, number) => update(networks.children[number], network));
  networks.onclick = event => {
    const tile = event.target.closest("button[data-number]");
    if (tile) {
      setTriggerValue("opened", {
        network: [...networks.children].indexOf(tile.closest("section")),
        layer: tile.dataset.layer,
        number: Number(tile.dataset.number),
      });
    }
  };
}

// What a section is made of; it is built anew where this changes.
function structureOf(network) {
  return [network.layers.map(layer => [layer.name, layer.wide, layer.tiles.length]), network.bars.length,
          Boolean(network.bars_note)];
}

function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// Sets only what differs, so that nothing is decoded or read out again.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setPicture(node, src, alt) {
  if (src ? node.getAttribute("src") !== src : node.hasAttribute("src")) {
    if (src) node.src = src;
    else node.removeAttribute("src");
  }
  if (node.alt !== alt) node.alt = alt;
}

function drawImage(root, data, setTriggerValue) {
  setPicture(root.querySelector(".cnnlab-live-chosen"), data.image.src, data.image.label);
  setText(root.querySelector("figcaption"), data.image.label);
  const strip = root.querySelector(".cnnlab-live-strip");
  while (strip.children.length > data.strip.length) strip.lastChild.remove();
  while (strip.children.length < data.strip.length) {
    const button = element("button", "");
    button.type = "button";
    button.append(element("img", ""));
    strip.append(button);
  }
  data.strip.forEach((thumbnail, number) => {
    const button = strip.children[number];
    setPicture(button.firstChild, thumbnail.src, thumbnail.label);
    button.title = thumbnail.label;
    button.setAttribute("aria-pressed", number === data.chosen);
    button.onclick = () => setTriggerValue("chosen", number);
  });
}

function build(network) {
  const section = element("section", "cnnlab-live-network");
  const head = element("p", "cnnlab-live-head");
  head.append(element("strong", "cnnlab-live-title"), element("span", "cnnlab-live-state"));
  const flow = element("div", "cnnlab-live-flow");
  flow.tabIndex = 0;
  flow.setAttribute("role", "group");
  flow.append(...network.layers.map(buildLayer), buildBars(network));
  section.append(head, flow);
  return section;
}

function buildLayer(layer) {
  const wide = layer.wide ? " cnnlab-live-wide" : "";
  const column = element("div", `cnnlab-live-layer${wide}`);
  column.append(element("p", "cnnlab-live-name"), element("i", "cnnlab-live-breadth"));
  const tiles = element("div", "cnnlab-live-tiles");
  for (const tile of layer.tiles) {
    const holder = element(tile.number ? "button" : "div", tile.number ? "" : "cnnlab-live-units");
    if (tile.number) holder.type = "button";
    holder.append(element("img", ""));
    tiles.append(holder);
  }
  column.append(tiles, element("p", "cnnlab-live-costs"));
  return column;
}

function buildBars({ bars, bars_note: note }) {
  const list = element("ol", "cnnlab-live-bars");
  for (const bar of bars) {
    const row = element("li", "");
    const track = element("span", "cnnlab-live-track");
    track.append(element("i", ""));
    row.append(element("span", "cnnlab-live-class", bar.label), track, element("span", "cnnlab-live-share"));
    list.append(row);
  }
  if (note) list.append(element("li", "cnnlab-live-note", note));
  return list;
}

function update(section, network) {
  section.style.setProperty("--cnnlab-network", network.color);
  section.setAttribute("aria-label", `${network.title}, ${network.state}`);
  setText(section.querySelector(".cnnlab-live-title"), network.title);
  const answer = network.answer ? ` · ${network.answer}` : "";
  setText(section.querySelector(".cnnlab-live-state"), ` ${network.state} · ${network.costs}${answer}`);
  const flow = section.querySelector(".cnnlab-live-flow");
  flow.setAttribute("aria-label", `Layers of ${network.title}`);
  network.layers.forEach((layer, number) => updateLayer(flow.children[number], layer));
  network.bars.forEach((bar, number) => updateBar(flow.lastChild.children[number], bar));
}

function updateLayer(column, layer) {
  const name = column.querySelector(".cnnlab-live-name"), costs = [layer.shown, ...layer.costs].filter(Boolean);
  setText(name, `${layer.name} ${layer.shape}`);
  name.title = costs.join(", ");
  column.querySelector(".cnnlab-live-breadth").style.width = `${100 * layer.breadth}%`;
  setText(column.querySelector(".cnnlab-live-costs"), costs.join("\n"));
  const tiles = column.querySelector(".cnnlab-live-tiles").children;
  layer.tiles.forEach((tile, number) => {
    const holder = tiles[number];
    setPicture(holder.firstChild, tile.src, tile.text);
    holder.classList.toggle("cnnlab-live-empty", !tile.src);
    if (tile.number) {
      holder.dataset.number = tile.number;
      holder.dataset.layer = layer.name;
      holder.title = `${tile.text}.\n${layer.formula}\nClick to look inside.`;
      holder.disabled = !tile.src;
    }
  });
}

function updateBar(row, bar) {
  row.className = `${bar.best ? "cnnlab-live-best" : ""} ${bar.true ? "cnnlab-live-true" : ""}`;
  row.querySelector("i").style.transform = `scaleX(${bar.share})`;
  setText(row.querySelector(".cnnlab-live-class"), bar.true ? `✓ ${bar.label}` : bar.label);
  setText(row.querySelector(".cnnlab-live-share"), bar.text || "–");
}
