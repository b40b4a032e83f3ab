// Light and dark, which the figures follow by themselves, and a report of what was drawn.
(function () {
  "use strict";
  const root = document.documentElement;
  const errors = [];
  window.addEventListener("error", (event) => {
    errors.push(event.message || "not loaded: " + (event.target.src || event.target.href));
  }, true);
  window.addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
  const printError = console.error;
  console.error = (...words) => {
    errors.push(words.join(" "));
    printError(...words);
  };

  // Pages opened from disk may be refused a memory; the choice then lasts for one page.
  function remembered() {
    try { return localStorage.getItem("workbench-theme"); } catch { return null; }
  }
  function remember(theme) {
    try { localStorage.setItem("workbench-theme", theme); } catch { }
  }

  const preferred = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = remembered() || preferred;

  const marks =
    ".scatterlayer .point, .scatterlayer .js-line, .barlayer .point, .heatmaplayer image, .imagelayer image, " +
    ".layer-below image, .layer-above image, .contourlayer path, .boxlayer path, .violinlayer path, .glimages, .gl-container canvas";

  function drawn(place) {
    const filled = (trace) => {
      const first = trace[0] || {};
      // WebGL series keep their places in the trace itself.
      if (first.x === false) return first.trace !== undefined && first.trace.x.length > 0;
      return first.z ? first.z.length > 0 : trace.length > 0 && first.x !== false;
    };
    return {
      name: place.closest("figure[id]")?.id ?? place.getAttribute("aria-label"),
      traces: place._fullData ? place._fullData.length : 0,
      drawn: place.calcdata ? place.calcdata.filter(filled).length : 0,
      marks: place.querySelectorAll(marks).length,
    };
  }

  // What a test, or a person with the console open, asks: did every figure draw, and does the page fit its window?
  window.workbenchFigures = () => ({
    figures: Array.from(document.querySelectorAll(".workbench-plot"), drawn),
    errors: errors,
    overflow: root.scrollWidth - root.clientWidth,
  });

  window.addEventListener("load", () => {
    for (const button of document.querySelectorAll("button.theme"))
      button.addEventListener("click", () => {
        root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
        remember(root.dataset.theme);
      });

    // What may be wider than a telephone scrolls by itself, by the keyboard too.
    for (const wide of document.querySelectorAll("pre, figure[id], .katex-display")) wide.tabIndex = 0;

    // Plotly draws some series after the page has loaded.
    setTimeout(() => { root.dataset.figures = JSON.stringify(window.workbenchFigures()); }, 1000);
  });
})();
