/* The behaviour of pages: tabs, copying code, relative times, the current section, highlighted paths. */
(() => {
  "use strict";

  /* Ways to read a port: one tab at a time, the same on all ports, stored for the next page. */
  const remembered = () => { try { return localStorage.getItem("mesh-way"); } catch { return null; } };
  const groups = [...document.querySelectorAll("[data-ways]")].map((box) => {
    const ways = [...box.querySelectorAll(".way")];
    const list = document.createElement("div");
    list.className = "tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Ways to read it");
    const tabs = ways.map((way) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `${way.id}-tab`;
      tab.textContent = way.querySelector("h4").textContent;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", way.id);
      way.setAttribute("role", "tabpanel");
      way.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", () => chooseAll(way.dataset.way));
      list.append(tab);
      return tab;
    });
    list.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const tab = tabs[(to + tabs.length) % tabs.length];
      tab.focus();
      tab.click();
    });
    box.prepend(list);
    box.classList.add("tabbed");
    const choose = (key) => ways.forEach((way, at) => {
      const chosen = way.dataset.way === key;
      way.hidden = !chosen;
      tabs[at].setAttribute("aria-selected", String(chosen));
      tabs[at].tabIndex = chosen ? 0 : -1;
    });
    return { choose, keys: ways.map((way) => way.dataset.way) };
  });
  const chooseAll = (key) => {
    for (const group of groups) group.choose(group.keys.includes(key) ? key : group.keys[0]);
    try { localStorage.setItem("mesh-way", key); } catch { /* no storage */ }
  };
  if (groups.length) chooseAll(remembered() || groups[0].keys[0]);

  for (const block of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const code = block.querySelector("code");
      let copied = true;
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        copied = document.execCommand("copy");
      }
      button.textContent = copied ? "Copied" : "Selected";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.append(button);
  }

  /* Relative times and freshness are computed when the page is viewed. */
  const ago = (milliseconds) => {
    const seconds = Math.abs(milliseconds) / 1000;
    for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
      if (seconds >= size) return `${Math.round(seconds / size)} ${unit}`;
    }
    return `${Math.round(seconds)} s`;
  };
  for (const time of document.querySelectorAll("time[datetime]")) {
    const passed = Date.now() - Date.parse(time.dateTime);
    if (passed >= 0) time.title = `${ago(passed)} ago`;
  }
  for (const chip of document.querySelectorAll("[data-due]")) {
    const left = Date.parse(chip.dataset.due) - Date.now();
    chip.classList.remove("outline");
    chip.classList.add(left >= 0 ? "good" : "warn");
    chip.title = chip.textContent;
    chip.textContent = left >= 0 ? `fresh for ${ago(left)}` : `late by ${ago(left)}`;
  }

  /* Highlights the current section in the table of contents. */
  const links = [...document.querySelectorAll(".side a")];
  const parts = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  const mark = () => {
    let now = 0;
    parts.forEach((part, at) => { if (part && part.getBoundingClientRect().top < 140) now = at; });
    links.forEach((link, at) => link.classList.toggle("now", at === now));
  };
  if (links.length) {
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; mark(); });
    }, { passive: true });
    mark();
  }

  /* Hovering over a node highlights everything upstream and downstream of it. */
  for (const picture of document.querySelectorAll("svg.mesh")) {
    const arrows = [...picture.querySelectorAll(".arrow")];
    const nodes = new Map([...picture.querySelectorAll(".node")].map((node) => [node.dataset.key, node]));
    const reach = (key, from, to, lit) => {
      const seen = new Set([key]);
      for (const name of seen) { /* iterating a set also visits members added meanwhile */
        for (const arrow of arrows) {
          if (arrow.dataset[from] !== name) continue;
          lit.add(arrow);
          seen.add(arrow.dataset[to]);
        }
      }
      return seen;
    };
    const light = (key) => {
      const lit = new Set();
      const seen = key ? new Set([...reach(key, "from", "to", lit), ...reach(key, "to", "from", lit)]) : new Set();
      picture.classList.toggle("pointed", Boolean(key));
      for (const arrow of arrows) arrow.classList.toggle("lit", lit.has(arrow));
      for (const [name, node] of nodes) node.classList.toggle("lit", seen.has(name));
    };
    for (const [key, node] of nodes) {
      node.addEventListener("pointerenter", () => light(key));
      node.addEventListener("pointerleave", () => light(null));
      node.addEventListener("focus", () => light(key));
      node.addEventListener("blur", () => light(null));
    }
  }
})();
