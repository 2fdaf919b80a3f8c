/* The theme: light, dark or that of the system. Set before the first paint, stored if the browser allows it. */
(() => {
  "use strict";
  const next = { system: "light", light: "dark", dark: "system" };
  const labels = { system: "system", light: "light", dark: "dark" };
  const read = () => {
    try { return localStorage.getItem("mesh-theme") || "system"; } catch { return "system"; }
  };
  const apply = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) button.setAttribute("aria-label", `Theme: ${labels[theme]}`);
    if (button) button.title = `Theme: ${labels[theme]}`;
  };
  let theme = next[read()] ? read() : "system";
  apply(theme);
  document.addEventListener("DOMContentLoaded", () => {
    apply(theme);
    document.getElementById("theme").addEventListener("click", () => {
      theme = next[theme];
      try { localStorage.setItem("mesh-theme", theme); } catch { /* pages opened from disk may have no storage */ }
      apply(theme);
    });
  });
})();
