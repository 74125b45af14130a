/**
 * Light or dark, before the first paint: a classic script in the head, so nothing flashes.
 *
 * The system's choice holds until the operator makes another; going back to the system's own
 * forgets it.
 */
(() => {
  const KEY = "acc-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // Storage is forbidden: the system's choice it is.
    }
  };

  const store = (theme) => {
    try {
      if (theme === systemTheme()) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // The choice then holds for this page only.
    }
  };

  const systemTheme = () => (system.matches ? "dark" : "light");

  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new CustomEvent("acc:theme"));
  };

  show(stored() ?? systemTheme());
  system.addEventListener("change", () => show(stored() ?? systemTheme()));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-action='theme']")) return;
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    store(theme);
    show(theme);
  });
})();
