/* Light, dark, or as the system says: set before anything is drawn, remembered where the browser allows it. */
(() => {
  "use strict";
  const next = { system: "light", light: "dark", dark: "system" };
  const said = { system: "as the system", light: "light", dark: "dark" };
  const read = () => {
    try { return localStorage.getItem("mesh-theme") || "system"; } catch { return "system"; }
  };
  const apply = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) button.setAttribute("aria-label", `Theme: ${said[theme]}`);
    if (button) button.title = `Theme: ${said[theme]}`;
  };
  let theme = next[read()] ? read() : "system";
  apply(theme);
  document.addEventListener("DOMContentLoaded", () => {
    apply(theme);
    document.getElementById("theme").addEventListener("click", () => {
      theme = next[theme];
      try { localStorage.setItem("mesh-theme", theme); } catch { /* a page from disk may not remember */ }
      apply(theme);
    });
  });
})();
