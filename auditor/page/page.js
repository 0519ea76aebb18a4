"use strict";
// Sorts, searches and turns the pages of tables, and shows what a mark says. Texts are set as text, never as HTML.
(() => {
  const NOT_KNOWN = "–";
  const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  function shown(column, key) {
    if (key === null) return NOT_KNOWN;
    if (column.kind === "text") return key;
    if (column.kind === "number") return column.written.format(key);
    const at = new Date(Math.floor(key) * 1000);
    return isNaN(at) ? `${key} s after 1970` : at.toISOString().slice(0, 19).replace("T", " ");
  }

  // Columns of values to sort by, in the order of the rows: of the island if there is one, else of what stands there.
  function readColumns(headings, rows, island) {
    if (island) {
      return JSON.parse(island.textContent).map((column, place) => ({
        ...column,
        look: headings[place].className,
        written: new Intl.NumberFormat("en-US", {
          minimumFractionDigits: column.digits, maximumFractionDigits: column.digits,
        }),
        keys: column.values || column.codes.map((code) => (code < 0 ? null : column.texts[code])),
      }));
    }
    return headings.map((heading, place) => {
      const kind = heading.classList[0];
      const keys = rows.map((row) => {
        const cell = row.cells[place];
        if (cell.dataset.key === undefined) return cell.textContent;
        return cell.dataset.key === "" ? null : Number(cell.dataset.key);
      });
      return { kind, keys };
    });
  }

  function drawn(columns, row) {
    const line = document.createElement("tr");
    columns.forEach((column, place) => {
      const cell = document.createElement(place ? "td" : "th");
      if (!place) cell.scope = "row";
      cell.className = column.look;
      const text = shown(column, column.keys[row]);
      if (column.tones && Object.hasOwn(column.tones, text)) {
        const mark = document.createElement("span");
        mark.className = `mark ${column.tones[text]}`;
        mark.textContent = text;
        cell.append(mark);
      } else {
        cell.textContent = text;
      }
      line.append(cell);
    });
    return line;
  }

  // What is not known comes last, whichever way the others run.
  function compare(column, direction, one, other) {
    const a = column.keys[one];
    const b = column.keys[other];
    if (a === null || b === null) return (a === null) - (b === null) || one - other;
    return direction * (column.kind === "text" ? byName.compare(a, b) : a - b) || one - other;
  }

  function liven(root) {
    const headings = [...root.querySelectorAll("thead th")];
    const body = root.querySelector("tbody");
    const lines = [...body.rows];
    const island = root.querySelector("script");
    const columns = readColumns(headings, lines, island);
    const all = columns[0].keys.map((_, row) => row);
    const atOnce = island ? Number(root.dataset.atOnce) : all.length;
    const count = root.querySelector(".count");
    const input = root.querySelector("input");
    const [back, on] = ["back", "on"].map((name) => root.querySelector(`.${name}`));
    let sorted = all;
    let found = all;
    let start = 0;
    let texts = null;

    function show() {
      const page = found.slice(start, start + atOnce);
      body.replaceChildren(...page.map((row) => (island ? drawn(columns, row) : lines[row])));
      const n = found.length.toLocaleString("en-US");
      const of = found.length < all.length ? `${n} of ${all.length.toLocaleString("en-US")} rows` : `${n} rows`;
      const last = (start + page.length).toLocaleString("en-US");
      count.textContent = page.length < found.length ? `${(start + 1).toLocaleString("en-US")}–${last} of ${of}` : of;
      if (island) {
        back.disabled = start === 0;
        on.disabled = start + atOnce >= found.length;
      }
    }

    function search() {
      const words = input ? input.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
      if (words.length && !texts) {
        texts = all.map((row) => columns.map((column) =>
          island || column.kind === "text" ? shown(column, column.keys[row]) : lines[row].textContent,
        ).join("\n").toLowerCase());
      }
      found = words.length ? sorted.filter((row) => words.every((word) => texts[row].includes(word))) : sorted;
      start = 0;
      show();
    }

    headings.forEach((heading, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const column = columns[place];
        const before = heading.getAttribute("aria-sort");
        // Numbers are looked at for the largest first, names from A on.
        const first = column.kind === "text" ? 1 : -1;
        const direction = before ? (before === "ascending" ? -1 : 1) : first;
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        sorted = [...all].sort((one, other) => compare(column, direction, one, other));
        search();
      });
    });
    if (input) input.addEventListener("input", search);
    if (island) {
      back.addEventListener("click", () => { start = Math.max(0, start - atOnce); show(); });
      on.addEventListener("click", () => { start += atOnce; show(); });
      root.querySelector(".only-without").hidden = true;
    }
    if (input || island) {
      root.querySelector(".tools").hidden = false;
      show();
    }
  }

  function listen() {
    const hover = document.getElementById("hover");
    const says = (target) => {
      const mark = target instanceof Element && target.closest("figure svg [role=graphics-symbol][aria-label]");
      return mark && !mark.getAttribute("aria-roledescription").includes("axis") ? mark : null;
    };
    const point = (event) => {
      const mark = says(event.target);
      hover.hidden = !mark;
      if (!mark) return;
      hover.textContent = mark.getAttribute("aria-label");
      const left = Math.min(event.clientX + 14, innerWidth - hover.offsetWidth - 8);
      const above = event.clientY - hover.offsetHeight - 12;
      hover.style.left = `${Math.max(8, left)}px`;
      hover.style.top = `${above < 8 ? event.clientY + 18 : above}px`;
    };
    document.addEventListener("pointermove", point);
    document.addEventListener("pointerdown", point);
    document.addEventListener("scroll", () => { hover.hidden = true; }, { capture: true, passive: true });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") hover.hidden = true; });
  }

  for (const root of document.querySelectorAll(".table")) liven(root);
  listen();
})();
