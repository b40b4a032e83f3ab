// Light and dark for the page and its figures, small figures for cards, and a report of what was drawn.
(function () {
  "use strict";
  const root = document.documentElement;
  const errors = [];
  window.addEventListener("error", (event) => {
    errors.push(event.message || "not loaded: " + (event.target.src || event.target.href));
  }, true);

  // Pages opened from disk may be refused a memory; the choice then lasts for one page.
  function remembered() {
    try { return localStorage.getItem("workbench-theme"); } catch { return null; }
  }
  function remember(theme) {
    try { localStorage.setItem("workbench-theme", theme); } catch { }
  }

  const preferred = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = remembered() || preferred;

  const plots = () => Array.from(document.querySelectorAll(".js-plotly-plot"));

  // Every axis, plane or scene of a figure takes the colours of the page.
  function paint(plot) {
    const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
    const lines = { color: colour("--quiet"), gridcolor: colour("--rule"), linecolor: colour("--rule"), zerolinecolor: colour("--quiet") };
    const update = {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      "font.color": colour("--text"),
      "legend.bgcolor": "rgba(0,0,0,0)",
      "modebar.bgcolor": "rgba(0,0,0,0)",
      "modebar.color": colour("--rule"),
      "modebar.activecolor": colour("--quiet"),
    };
    for (const key of Object.keys(plot._fullLayout)) {
      const axes = /^[xy]axis\d*$/.test(key) ? [key] : /^scene\d*$/.test(key) ? ["x", "y", "z"].map((axis) => `${key}.${axis}axis`) : [];
      for (const axis of axes)
        for (const [line, value] of Object.entries(lines)) update[`${axis}.${line}`] = value;
    }
    return Plotly.relayout(plot, update);
  }

  // A card shows the picture alone: no titles, scales or legends.
  function shrink(plot) {
    const frame = plot.closest(".thumbnail");
    const update = { width: frame.clientWidth, height: frame.clientHeight, showlegend: false, title: { text: "" }, annotations: [] };
    update.margin = { l: 8, r: 8, t: 8, b: 8 };
    for (const key of Object.keys(plot._fullLayout))
      if (/^[xy]axis\d*$/.test(key)) {
        update[`${key}.title.text`] = "";
        update[`${key}.showticklabels`] = false;
      } else if (/^coloraxis\d*$/.test(key)) update[`${key}.showscale`] = false;
    plot._fullData.forEach((trace, i) => {
      if (trace.showscale) Plotly.restyle(plot, { showscale: false }, [i]);
    });
    return Plotly.relayout(plot, update);
  }

  const marks =
    ".scatterlayer .point, .scatterlayer .js-line, .barlayer .point, .heatmaplayer image, .imagelayer image, " +
    ".layer-below image, .layer-above image, .contourlayer path, .boxlayer path, .violinlayer path, .glimages, .gl-container canvas";

  function drawn(figure) {
    const plot = figure.querySelector(".js-plotly-plot");
    const filled = (trace) => {
      const first = trace[0] || {};
      return first.z ? first.z.length > 0 : trace.length > 0 && first.x !== false;
    };
    return {
      name: figure.id,
      traces: plot && plot._fullData ? plot._fullData.length : 0,
      drawn: plot && plot.calcdata ? plot.calcdata.filter(filled).length : 0,
      marks: plot ? plot.querySelectorAll(marks).length : 0,
    };
  }

  // What a test, or a person with the console open, asks: did every figure draw?
  window.workbenchFigures = () => ({
    figures: Array.from(document.querySelectorAll("figure")).filter((figure) => !figure.querySelector("table")).map(drawn),
    errors: errors,
  });

  window.addEventListener("load", async () => {
    for (const button of document.querySelectorAll("button.theme"))
      button.addEventListener("click", () => {
        root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
        remember(root.dataset.theme);
        plots().forEach(paint);
      });

    for (const plot of plots()) {
      if (plot.closest(".thumbnail")) await shrink(plot);
      await paint(plot);
    }

    root.dataset.figures = JSON.stringify(window.workbenchFigures());
  });
})();
