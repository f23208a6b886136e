// A button that copies the page's address.

const MESSAGE_MS = 2000;

export default function ({ parentElement }) {
  const button = parentElement.querySelector(".cnnlab-copy-link");
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(window.location.href);
      button.textContent = "Link copied";
    } catch {
      window.prompt("Copy this link:", window.location.href);
    }
    setTimeout(() => { button.textContent = "Copy link"; }, MESSAGE_MS);
  };
}
