// Draws the figures of a page with plotly: for wide or narrow paper, in the text colour of the page, and again when either changes.
window.workbenchFigure ??= (() => {
  const narrowBelow = 560;
  // A page has 16 WebGL contexts at most; from this number on, figures that need some keep them only while they are in view.
  const manyContexts = 12;
  const figures = new Map();
  let contexts = 0;

  const touched = matchMedia("(hover: none)");

  const isNarrow = place => place.clientWidth < narrowBelow;
  const ink = place => getComputedStyle(place).color;
  // What a figure has for the page to put its own colour in.
  const pagesInk = "#767676";

  const paint = (place, figure) => {
    Object.assign(figure, { drawn: true, narrow: isNarrow(place), ink: ink(place) });
    const layout = structuredClone(figure.narrow ? figure.layouts.narrow : figure.layouts.wide);
    if (layout.font?.color === pagesInk) layout.font.color = figure.ink;
    place.style.minHeight = layout.height + "px";
    return Plotly.react(place, figure.data, layout, { ...figure.config, displayModeBar: figure.narrow || touched.matches ? false : "hover" });
  };

  const repaint = () => figures.forEach((figure, place) => {
    if (figure.drawn && (isNarrow(place) !== figure.narrow || ink(place) !== figure.ink)) paint(place, figure);
  });

  const inView = new IntersectionObserver(entries => entries.forEach(({ target, isIntersecting }) => {
    const figure = figures.get(target);
    if (isIntersecting && !figure.drawn) paint(target, figure);
    else if (!isIntersecting && figure.drawn && contexts > manyContexts) {
      Plotly.purge(target);
      figure.drawn = false;
    }
  }), { rootMargin: "100px" });

  const start = (place, figure) => {
    figures.set(place, figure);
    // One for each space, and three for plotly's flat WebGL plots.
    const needed = new Set(figure.data.flatMap(trace => trace.scene ?? [])).size + (figure.data.some(trace => trace.type === "scattergl") ? 3 : 0);
    contexts += needed;
    if (needed === 0 || contexts <= manyContexts) paint(place, figure);
    if (needed > 0) inView.observe(place);
    new ResizeObserver(repaint).observe(place);
  };

  for (const element of [document.documentElement, document.body])
    new MutationObserver(repaint).observe(element, { attributes: true, attributeFilter: ["class", "data-theme", "style"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  // A theme that fades in has its colour only then.
  document.addEventListener("transitionend", repaint);

  return (place, data, layouts, config) => {
    const begin = () => start(place, { data, layouts, config });
    if (window.Plotly) begin();
    else addEventListener("load", () => {
      if (window.Plotly) begin();
      else place.textContent = "This figure needs plotly.js, which could not be loaded.";
    });
  };
})();
