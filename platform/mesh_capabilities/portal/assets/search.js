/* The search. Its index is a script, so that pages opened from disk can load it; it is loaded on first use. */
(() => {
  "use strict";
  const root = document.body.dataset.root;
  const input = document.getElementById("search");
  const list = document.getElementById("found");
  const SHOWN = 12;
  const ENOUGH = 200;
  /* The order of results that match equally well. */
  const WEIGHT = { product: 0, term: 1, column: 2, port: 2, domain: 1, owner: 2, tag: 2 };
  let index = null;
  let loading = false;
  let at = -1;
  let results = [];

  const load = () => {
    if (index || loading) return;
    loading = true;
    const script = document.createElement("script");
    script.src = `${root}data/search.js`;
    document.head.append(script);
  };

  window.meshSearch = (data) => {
    const kinds = [];
    const add = (kind, name, more, where, href) => kinds.push({ kind, name, more, where, href, low: name.toLowerCase(), text: `${name} ${more}`.toLowerCase() });
    for (const [title, about, href] of data.domains) add("domain", title, about, about, href);
    for (const [name, purpose, owner, tags, status, href] of data.products) add("product", name, `${purpose} ${owner} ${tags}`, `${purpose} · ${owner}${status === "active" ? "" : ` · ${status}`}`, href);
    for (const [owner, href, count] of data.owners) add("owner", owner, "", `${count} ${count === 1 ? "product" : "products"}`, href);
    for (const [tag, href] of data.tags) add("tag", tag, "", "product tag", href);
    for (const [term, href] of data.terms) add("term", term, "", "in the glossary", href);
    const ports = data.ports.map(([name, about, product, anchor]) => ({ name, about, href: `${data.products[product][5]}#${anchor}`, alone: data.products[product][0] === name }));
    for (const port of ports) if (!port.alone) add("port", port.name, port.about, port.about, port.href);
    /* All columns as one text with a line each, so that one indexOf pass finds a word. */
    const lines = [];
    const owners = [];
    data.columns.forEach((names, port) => {
      if (names) for (const line of names.split("\n")) { lines.push(line); owners.push(port); }
    });
    const low = lines.map((line) => line.toLowerCase());
    const starts = new Uint32Array(lines.length + 1);
    starts[0] = 1; /* the text begins with a line end */
    low.forEach((line, number) => { starts[number + 1] = starts[number] + line.length + 1; });
    index = { kinds, ports, lines, low, owners, starts, text: `\n${low.join("\n")}\n` };
    loading = false;
    if (input.value) show();
  };

  const lineAt = (place) => {
    let from = 0;
    let to = index.lines.length - 1;
    while (from < to) {
      const middle = (from + to + 1) >> 1;
      if (index.starts[middle] <= place) from = middle; else to = middle - 1;
    }
    return from;
  };

  /* 0 is best: the whole name, its start, the start of a word in it, inside it, only in the description. */
  const grade = (low, word) => {
    const place = low.indexOf(word);
    if (place < 0) return 5;
    if (low === word || low.endsWith(`/${word}`)) return 0;
    if (place === 0 || low[place - 1] === "/") return 1;
    return /[\s_.\-\t]/.test(low[place - 1]) ? 2 : 3;
  };

  const find = (query) => {
    const words = query.toLowerCase().split(/[\s,]+/).filter(Boolean);
    if (!words.length || !index) return [];
    const hits = [];
    for (const entry of index.kinds) {
      if (!words.every((word) => entry.text.includes(word))) continue;
      const score = words.reduce((sum, word) => sum + grade(entry.low, word), 0) / words.length;
      hits.push({ entry, score: score * 10 + WEIGHT[entry.kind] });
    }
    /* A column matches by its name, with words of its port before it: `orders status`. */
    const seed = words.reduce((longest, word) => (word.length > longest.length ? word : longest), "");
    const found = new Map();
    for (const word of new Set([seed, ...words])) {
      const others = words.filter((other) => other !== word);
      /* Best matches first: the whole name, its start, the start of a word in it, anywhere. The search for each kind of
         match stops when there are more than can be shown, since a single letter occurs in most names. */
      for (const needle of [`\n${word}\n`, `\n${word}`, `_${word}`, word]) {
        const enough = found.size + ENOUGH;
        let place = index.text.indexOf(needle);
        while (place >= 0 && found.size < enough) {
          const line = lineAt(needle[0] === "\n" ? place + 1 : place);
          place = index.text.indexOf(needle, index.starts[line + 1] - 1);
          if (found.has(line)) continue;
          const low = index.low[line];
          const port = index.ports[index.owners[line]].name;
          if (!others.every((other) => low.includes(other) || port.includes(other))) continue;
          found.set(line, grade(low.split("\t")[0], word) * 10 + WEIGHT.column + Math.min(low.length, 90) / 100);
        }
      }
    }
    for (const [line, score] of found) hits.push({ line, score });
    hits.sort((one, other) => one.score - other.score);
    return hits.slice(0, SHOWN).map((hit) => hit.entry || column(hit.line));
  };

  const column = (line) => {
    const [name, term] = index.lines[line].split("\t");
    const port = index.ports[index.owners[line]];
    const plain = /^[a-z0-9][a-z0-9_]{0,79}$/.test(name);
    return { kind: "column", name, where: `${port.name}${term ? ` · ${term}` : ""}`, href: plain ? `${port.href}--${name}` : port.href };
  };

  /* Names are inserted as text, never as HTML. */
  const marked = (text, words) => {
    const parts = document.createDocumentFragment();
    const low = text.toLowerCase();
    let from = 0;
    while (from < text.length) {
      let best = -1;
      let length = 0;
      for (const word of words) {
        const place = low.indexOf(word, from);
        if (place >= 0 && (best < 0 || place < best)) { best = place; length = word.length; }
      }
      if (best < 0) break;
      parts.append(text.slice(from, best));
      const mark = document.createElement("mark");
      mark.textContent = text.slice(best, best + length);
      parts.append(mark);
      from = best + length;
    }
    parts.append(text.slice(from));
    return parts;
  };

  const show = () => {
    const query = input.value.trim();
    results = find(query);
    const words = query.toLowerCase().split(/[\s,]+/).filter(Boolean);
    list.replaceChildren(...results.map((result, number) => {
      const item = document.createElement("li");
      item.id = `found-${number}`;
      item.setAttribute("role", "option");
      for (const [kind, text] of [["name", result.name], ["kind", result.kind], ["where", result.where]]) {
        const part = document.createElement("span");
        part.className = kind;
        part.append(kind === "name" ? marked(text, words) : text);
        item.append(part);
      }
      item.addEventListener("pointermove", () => choose(number));
      item.addEventListener("click", () => go(number));
      return item;
    }));
    if (query && index && !results.length) {
      const item = document.createElement("li");
      item.className = "nothing";
      item.setAttribute("role", "option");
      item.setAttribute("aria-disabled", "true");
      item.textContent = `No result for “${query}”.`;
      list.append(item);
    }
    list.hidden = !query || !index;
    input.setAttribute("aria-expanded", String(!list.hidden));
    choose(results.length ? 0 : -1);
  };

  const choose = (number) => {
    at = number;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    if (at < 0) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", `found-${at}`);
    list.children[at].scrollIntoView({ block: "nearest" });
  };

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const go = (number) => {
    if (!results[number]) return;
    close();
    location.href = root + results[number].href;
  };

  input.addEventListener("focus", load);
  input.addEventListener("input", () => { load(); show(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { close(); input.blur(); return; }
    if (event.key === "Enter") { event.preventDefault(); go(at); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !results.length) return;
    event.preventDefault();
    if (list.hidden) { list.hidden = false; input.setAttribute("aria-expanded", "true"); }
    choose((at + step + results.length) % results.length);
  });
  input.addEventListener("blur", () => setTimeout(close, 150));
  document.addEventListener("keydown", (event) => {
    const writing = /^(input|select|textarea)$/i.test(document.activeElement.tagName);
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
})();
