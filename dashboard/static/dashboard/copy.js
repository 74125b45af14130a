/** Copies what a field holds, where a button names the field. */

/** Follow the buttons; a page that may not reach the clipboard selects the text instead. */
export function wireCopies() {
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (!button) return;
    const field = document.getElementById(button.dataset.copy);
    const words = button.querySelector("[data-copy-words]");
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      words.textContent = "Copied";
    } catch {
      // Browsers give the clipboard to https and localhost only.
      words.textContent = "Press Ctrl-C";
      field.focus();
    }
  });
}
