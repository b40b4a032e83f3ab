// Draws the figures of a page with plotly: for wide or narrow paper, in the text colour of the page, and again when either changes.
window.workbenchFigure ??= (() => {
  const narrowBelow = 560;
  // A page has 16 WebGL contexts at most; from this number on, figures that need some keep them only while they are in view.
  const manyContexts = 12;
  const figures = new Map();
  let contexts = 0;

  const isNarrow = place => place.clientWidth < narrowBelow;
  const ink = place => getComputedStyle(place).color;

  const paint = (place, figure) => {
    Object.assign(figure, { drawn: true, narrow: isNarrow(place), ink: ink(place) });
    const layout = structuredClone(figure.narrow ? figure.layouts.narrow : figure.layouts.wide);
    layout.font.color = figure.ink;
    place.style.minHeight = layout.height + "px";
    return Plotly.react(place, figure.data, layout, { ...figure.config, displayModeBar: figure.narrow ? false : "hover" });
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
    const scenes = figure.data.flatMap(trace => trace.scene ?? (trace.type === "scattergl" ? trace.xaxis : []));
    const needed = new Set(scenes).size;
    contexts += needed;
    if (needed === 0 || contexts <= manyContexts) paint(place, figure);
    if (needed > 0) inView.observe(place);
    new ResizeObserver(repaint).observe(place);
  };

  // A theme may fade in, so the colour is looked at again when that is over.
  const later = () => { repaint(); setTimeout(repaint, 400); };
  for (const element of [document.documentElement, document.body])
    new MutationObserver(later).observe(element, { attributes: true, attributeFilter: ["class", "data-theme", "style"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);

  return (place, data, layouts, config) => {
    const begin = () => start(place, { data, layouts, config });
    if (window.Plotly) begin();
    else addEventListener("load", () => {
      if (window.Plotly) begin();
      else place.textContent = "This figure needs plotly.js, which could not be loaded.";
    });
  };
})();
