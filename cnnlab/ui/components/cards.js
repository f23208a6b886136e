// Cards keep their nodes as long as their number stays; only pictures, texts and switches change.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".cnnlab-cards");
  root.setAttribute("aria-label", data.label);
  root.style.setProperty("--cnnlab-picture", `${data.width / 16}rem`);
  const shape = JSON.stringify([data.switch, data.cards.map(card => [card.pictures.length, card.lines.length])]);
  if (root.shape !== shape) {
    root.replaceChildren(...data.cards.map(card => build(card, data.switch)));
    root.shape = shape;
  }
  data.cards.forEach((card, place) => update(root.children[place], card, data));
  root.onclick = event => {
    const button = event.target.closest("button");
    if (button) {
      const number = Number(button.parentElement.dataset.number);
      setTriggerValue(button.getAttribute("role") === "switch" ? "switched" : "opened", number);
    }
  };
}

function element(name, className) {
  const node = document.createElement(name);
  node.className = className;
  return node;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function build(card, switchLabel) {
  const holder = element("div", "cnnlab-card");
  // A single picture carries its title; several have it below them.
  const small = card.pictures.length === 1 && !card.lines.length ? " cnnlab-card-small" : "";
  const open = element("button", `cnnlab-card-open${small}`);
  open.type = "button";
  const pictures = element("span", "cnnlab-card-pictures");
  pictures.append(...card.pictures.map(() => element("img", "")));
  open.append(pictures, element("strong", ""), ...card.lines.map(() => element("span", "cnnlab-card-line")));
  holder.append(open);
  if (switchLabel) {
    const button = element("button", "cnnlab-card-switch");
    button.type = "button";
    button.setAttribute("role", "switch");
    holder.append(button);
  }
  return holder;
}

function update(holder, card, data) {
  holder.dataset.number = card.number;
  const open = holder.querySelector(".cnnlab-card-open");
  open.setAttribute("aria-pressed", card.number === data.opened);
  const images = open.querySelectorAll("img");
  card.pictures.forEach((picture, place) => {
    if (images[place].getAttribute("src") !== picture.src) images[place].src = picture.src;
    if (images[place].alt !== picture.text) images[place].alt = picture.text;
    images[place].title = `${picture.text}. Click to ${data.action}.`;
  });
  setText(open.querySelector("strong"), card.title);
  const lines = open.querySelectorAll(".cnnlab-card-line");
  card.lines.forEach((line, place) => setText(lines[place], line));
  const button = holder.querySelector(".cnnlab-card-switch");
  if (button) {
    button.setAttribute("aria-checked", card.on);
    button.setAttribute("aria-label", `${data.switch} ${card.title.toLowerCase()}`);
    setText(button, data.switch);
  }
}
