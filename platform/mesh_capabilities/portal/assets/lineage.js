/* The lineage page: a port or a column in the middle, upstream on the left, downstream on the right. */
(() => {
  "use strict";
  const root = document.body.dataset.root;
  const LIMIT = 60; /* ports in one picture */
  const known = new Map();
  const waiting = new Map();
  const pick = Object.fromEntries(["domain", "port", "column"].map((name) => [name, document.getElementById(`pick-${name}`)]));
  const stage = document.getElementById("stage");
  const says = document.getElementById("walk-says");
  const paths = document.getElementById("paths");
  const NOTHING = { columns: [], up: [], down: [], rowsUp: [], rowsDown: [], tables: [], readers: [] };
  let ports = {};

  window.meshPorts = (data) => { ports = data; };
  window.meshLineage = (port, data) => {
    known.set(port, data);
    if (waiting.has(port)) waiting.get(port)(data);
  };
  const load = (port) => {
    if (known.has(port)) return Promise.resolve(known.get(port));
    if (!ports[port]) return Promise.resolve(NOTHING); /* a source table has no lineage of its own */
    return new Promise((done) => {
      waiting.set(port, done);
      const script = document.createElement("script");
      script.src = root + ports[port][2];
      script.onerror = () => { known.set(port, NOTHING); done(NOTHING); };
      document.head.append(script);
    });
  };

  const address = () => decodeURIComponent(location.hash.slice(1));
  const split = (text) => {
    const port = Object.keys(ports).filter((name) => text === name || text.startsWith(`${name}.`)).sort((a, b) => b.length - a.length)[0];
    return port ? [port, text.slice(port.length + 1)] : ["", ""];
  };
  const go = (port, column) => { location.hash = encodeURIComponent(column ? `${port}.${column}` : port); };

  /* Breadth-first search in one direction. Each column is visited once, so a cycle ends. */
  const walk = async (port, column, way) => {
    const steps = [];
    const depth = new Map([[`${port}\n${column}`, 0]]);
    const ahead = [[port, column]];
    const stations = new Set([port]);
    let cut = false;
    while (ahead.length) {
      const [here, name] = ahead.shift();
      const data = await load(here);
      const next = column
        ? data[way].filter((edge) => edge[0] === name).map((edge) => [edge[1], edge[2]])
        : [...new Set([...data[way], ...data[way === "up" ? "tables" : "readers"].map(([other]) => ["", other])].map((edge) => edge[1]))].map((other) => [other, ""]);
      for (const [other, otherColumn] of next) {
        if (other === here && otherColumn === name) continue;
        if (!stations.has(other) && stations.size >= LIMIT) { cut = true; continue; }
        stations.add(other);
        const from = depth.get(`${here}\n${name}`);
        steps.push({ from: [here, name], to: [other, otherColumn] });
        const key = `${other}\n${otherColumn}`;
        if (depth.has(key)) continue;
        depth.set(key, from + 1);
        ahead.push([other, otherColumn]);
      }
    }
    return { steps, depth, cut };
  };

  const station = (name, columns, focus, column) => {
    const box = document.createElement("section");
    box.className = `station d${ports[name] ? ports[name][1] : 7}${focus ? " focus" : ""}`;
    box.dataset.port = name;
    const head = document.createElement("header");
    const title = document.createElement(ports[name] ? "a" : "span");
    title.textContent = name;
    if (ports[name]) title.href = root + ports[name][0];
    head.append(title);
    if (!ports[name]) head.append(Object.assign(document.createElement("span"), { className: "soft small", textContent: " source" }));
    box.append(head);
    for (const one of columns) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = one;
      button.title = one;
      button.dataset.column = one;
      button.setAttribute("aria-pressed", String(focus && one === column));
      if (ports[name]) button.addEventListener("click", () => go(name, focus && one === column ? "" : one));
      else button.disabled = true;
      box.append(button);
    }
    if (!columns.length && ports[name]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "show this port";
      button.addEventListener("click", () => go(name, ""));
      box.append(button);
    }
    return box;
  };

  const tree = (title, port, column, walked) => {
    const part = document.createElement("section");
    const head = document.createElement("h2");
    head.textContent = title;
    part.append(head);
    const onward = new Map();
    for (const { from, to } of walked.steps) {
      const key = from.join("\n");
      if (!onward.has(key)) onward.set(key, []);
      onward.get(key).push(to);
    }
    const shown = new Set();
    const list = (key) => {
      const below = onward.get(key) || [];
      if (!below.length || shown.has(key)) return null;
      shown.add(key);
      const items = document.createElement("ul");
      for (const [other, name] of below) {
        const item = document.createElement("li");
        const label = name ? `${other}.${name}` : other;
        const button = document.createElement(ports[other] ? "button" : "span");
        if (ports[other]) { button.type = "button"; button.addEventListener("click", () => go(other, name)); }
        button.textContent = label;
        item.append(button);
        const inner = list(`${other}\n${name}`);
        if (inner) item.append(inner);
        items.append(item);
      }
      return items;
    };
    part.append(list(`${port}\n${column}`) || Object.assign(document.createElement("p"), { className: "none", textContent: "None." }));
    return part;
  };

  const rowsOf = (data, column) => {
    const part = document.createElement("section");
    const head = document.createElement("h2");
    head.textContent = column ? "Selects the rows of" : "Its rows are selected by";
    const edges = column ? data.rowsDown.filter((edge) => edge[0] === column).map((edge) => [edge[1], ""]) : data.rowsUp;
    if (!edges.length) return null;
    const items = document.createElement("ul");
    for (const [port, name] of edges) {
      const item = document.createElement("li");
      const button = document.createElement(ports[port] ? "button" : "span");
      if (ports[port]) { button.type = "button"; button.addEventListener("click", () => go(port, name)); }
      button.textContent = name ? `${port}.${name}` : port;
      item.append(button);
      items.append(item);
    }
    part.append(head, items);
    return part;
  };

  const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
  let turn = 0;
  const show = async () => {
    const mine = ++turn;
    const [port, column] = split(address());
    if (!port) { choose(Object.keys(ports)[0] || "", ""); stage.replaceChildren(); says.textContent = "Choose a port."; paths.replaceChildren(); return; }
    const data = await load(port);
    const up = await walk(port, column, "up");
    const down = await walk(port, column, "down");
    if (mine !== turn) return; /* the selection changed while data were loading */
    choose(port, column);
    /* The layer of a port is the length of the longest path to it, so no arrow points back. */
    const layer = new Map([[port, 0]]);
    const columns = new Map([[port, new Set(data.columns)]]);
    for (const [walked, sign] of [[up, -1], [down, 1]]) {
      for (let round = 0; round < LIMIT; round += 1) {
        let moved = false;
        for (const { from, to } of walked.steps) {
          const place = (layer.get(from[0]) ?? 0) + sign;
          if (to[0] === port || from[0] === to[0] || Math.abs(place) > LIMIT) continue;
          if (!layer.has(to[0]) || (place - layer.get(to[0])) * sign > 0) { if (round < 12 || !layer.has(to[0])) { layer.set(to[0], place); moved = true; } }
        }
        if (!moved) break;
      }
      for (const { to } of walked.steps) {
        if (!columns.has(to[0])) columns.set(to[0], new Set());
        if (to[1]) columns.get(to[0]).add(to[1]);
      }
    }
    const order = [...new Set(layer.values())].sort((a, b) => a - b);
    const boxes = new Map();
    stage.replaceChildren(...order.map((place) => {
      const column_ = document.createElement("div");
      column_.className = "layer";
      for (const name of [...layer.keys()].filter((one) => layer.get(one) === place).sort()) {
        const box = station(name, [...(columns.get(name) || [])], name === port, column);
        boxes.set(name, box);
        column_.append(box);
      }
      return column_;
    }));
    draw(boxes, [...up.steps.map(({ from, to }) => [to, from]), ...down.steps.map(({ from, to }) => [from, to])], Boolean(column));
    const counts = [layer.size - 1, up.depth.size - 1, down.depth.size - 1];
    says.textContent = `${column ? `${port}.${column}` : port}: ${column ? `${many(counts[1], "column")} upstream, ${many(counts[2], "column")} downstream` : `${many(counts[1], "table")} upstream, ${many(counts[2], "port")} downstream`}.${up.cut || down.cut ? ` The picture shows ${LIMIT} ports; select one of them to see more.` : ""}`;
    paths.replaceChildren(...[tree("Derived from", port, column, up), tree("Used by", port, column, down), rowsOf(data, column)].filter(Boolean));
    const focus = boxes.get(port);
    const view = document.getElementById("walk");
    view.scrollLeft = focus.offsetLeft + focus.offsetWidth / 2 - view.clientWidth / 2;
  };

  const SVG = "http://www.w3.org/2000/svg";
  const draw = (boxes, edges, lit) => {
    const svg = document.createElementNS(SVG, "svg");
    const frame = stage.getBoundingClientRect();
    svg.setAttribute("width", frame.width);
    svg.setAttribute("height", frame.height);
    svg.setAttribute("aria-hidden", "true");
    const spot = ([name, column]) => {
      const box = boxes.get(name);
      const inner = column && [...box.querySelectorAll("button")].find((button) => button.dataset.column === column);
      return (inner || box.querySelector("header")).getBoundingClientRect();
    };
    const drawn = new Set();
    for (const [from, to] of edges) {
      const key = [...from, ...to].join("\n");
      if (drawn.has(key) || !boxes.has(from[0]) || !boxes.has(to[0])) continue;
      drawn.add(key);
      const [a, b] = [spot(from), spot(to)];
      const [x1, y1] = [a.right - frame.left, a.top + a.height / 2 - frame.top];
      const [x2, y2] = [b.left - frame.left, b.top + b.height / 2 - frame.top];
      const bend = Math.max((x2 - x1) / 2, 30);
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
      if (lit) path.classList.add("lit");
      svg.append(path);
    }
    stage.append(svg);
  };

  const options = (select, entries, chosen, first) => {
    const all = first === undefined ? entries : [["", first], ...entries];
    select.replaceChildren(...all.map(([value, label]) => Object.assign(document.createElement("option"), { value, textContent: label })));
    select.value = chosen;
  };
  const choose = (port, column) => {
    const domain = port.split("/")[0];
    const names = Object.keys(ports);
    options(pick.domain, [...new Set(names.map((name) => name.split("/")[0]))].map((name) => [name, name]), domain);
    options(pick.port, names.filter((name) => name.split("/")[0] === domain).map((name) => [name, name.slice(domain.length + 1)]), port);
    options(pick.column, ((known.get(port) || NOTHING).columns).map((name) => [name, name]), column, "all columns");
  };
  pick.domain.addEventListener("change", () => go(Object.keys(ports).find((name) => name.split("/")[0] === pick.domain.value), ""));
  pick.port.addEventListener("change", () => go(pick.port.value, ""));
  pick.column.addEventListener("change", () => go(pick.port.value, pick.column.value));
  document.getElementById("pick").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", show);
  addEventListener("resize", () => { if (stage.childElementCount) show(); });
  addEventListener("DOMContentLoaded", () => {
    if (!address() && Object.keys(ports).length) history.replaceState(null, "", `#${encodeURIComponent(Object.keys(ports)[0])}`);
    show();
  });
})();
