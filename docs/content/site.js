// Mathematics, the menu on a narrow screen, tooltips in code, and search; all of it works from a folder on disk.
(function () {
  "use strict";
  const root = document.documentElement.dataset.root;

  renderMathInElement(document.querySelector("main"), {
    delimiters: [
      { left: "\\[", right: "\\]", display: true },
      { left: "\\(", right: "\\)", display: false },
    ],
    throwOnError: true,
  });

  // A lesson's code is folded, here as on the pages that the lessons write themselves.
  if (/\/\d\d-[^/]*\.html$/.test(location.pathname))
    for (const code of document.querySelectorAll("main pre.fssnip")) {
      const fold = document.createElement("details");
      const summary = document.createElement("summary");
      fold.className = "code";
      summary.textContent = "Code";
      code.replaceWith(fold);
      fold.append(summary, code);
    }

  const menu = document.getElementById("menu");
  const menuSwitch = document.querySelector(".menu-switch");
  menuSwitch.addEventListener("click", () => {
    menuSwitch.setAttribute("aria-expanded", String(menu.classList.toggle("open")));
    scrollTo(0, 0);
  });

  document.addEventListener("mouseover", (event) => {
    const word = event.target.closest("[data-fsdocs-tip]");
    for (const open of document.querySelectorAll(".fsdocs-tip:popover-open")) open.hidePopover();
    const tip = word && document.getElementById(word.dataset.fsdocsTip);
    if (!tip) return;
    tip.showPopover();
    const box = word.getBoundingClientRect();
    const below = box.bottom + 6 + tip.offsetHeight < innerHeight;
    tip.style.left = Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = (below ? box.bottom + 6 : Math.max(8, box.top - tip.offsetHeight - 6)) + "px";
  });

  // The index is a script, not a file to fetch, for a page on disk may fetch nothing.
  const input = document.querySelector(".search input");
  const found = document.querySelector(".found");
  let loading = null;

  function index() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = root + "content/search-index.js";
      script.onload = () => resolve(window.workbenchIndex);
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  }

  // A word counts ten times in a title and four times in a heading; a page must hold every word.
  function score(entry, words) {
    let sum = 0;
    for (const word of words) {
      const title = entry.title.toLowerCase();
      const here =
        (title === word ? 20 : title.includes(word) ? 10 : 0) +
        (entry.headings.toLowerCase().includes(word) ? 4 : 0) +
        (entry.text.toLowerCase().includes(word) ? 1 : 0);
      if (here === 0) return 0;
      sum += here;
    }
    return sum;
  }

  function excerpt(entry, word) {
    const at = entry.text.toLowerCase().indexOf(word);
    const small = document.createElement("small");
    if (at < 0) small.textContent = entry.text.slice(0, 90);
    else {
      const mark = document.createElement("mark");
      mark.textContent = entry.text.slice(at, at + word.length);
      small.append(entry.text.slice(Math.max(0, at - 30), at), mark, entry.text.slice(at + word.length, at + 80));
    }
    return small;
  }

  async function search() {
    const words = input.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const entries = words.length === 0 ? [] : await index();
    const best = entries
      .map((entry) => ({ entry, score: score(entry, words) }))
      .filter((hit) => hit.score > 0)
      .sort((one, other) => other.score - one.score)
      .slice(0, 12);
    found.replaceChildren(
      ...best.map(({ entry }) => {
        const link = document.createElement("a");
        link.href = root + entry.uri;
        link.append(entry.title, excerpt(entry, words[0]));
        const item = document.createElement("li");
        item.append(link);
        return item;
      }),
    );
    if (words.length > 0 && best.length === 0) found.textContent = "Nothing found.";
    found.hidden = words.length === 0;
  }

  input.addEventListener("focus", index, { once: true });
  input.addEventListener("input", search);
  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    found.querySelector("a")?.click();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) found.hidden = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") found.hidden = true;
    if (event.key === "/" && document.activeElement.tagName !== "INPUT") {
      event.preventDefault();
      input.focus();
    }
  });
})();
