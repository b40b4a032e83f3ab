// Draws the figures of a page with plotly: for wide or narrow paper, in the text colour of the page, and again when either changes.
window.workbenchFigure ??= (() => {
  const figures = [];
  const narrowBelow = 560;

  const paint = figure => {
    const { place, data, layouts, config } = figure;
    figure.narrow = place.clientWidth < narrowBelow;
    figure.ink = getComputedStyle(place).color;
    const layout = structuredClone(figure.narrow ? layouts.narrow : layouts.wide);
    layout.font.color = figure.ink;
    return Plotly.react(place, data, layout, { ...config, displayModeBar: figure.narrow ? false : "hover" });
  };

  const repaint = () => figures.forEach(figure => {
    const narrow = figure.place.clientWidth < narrowBelow;
    if (narrow !== figure.narrow || getComputedStyle(figure.place).color !== figure.ink) paint(figure);
  });

  const start = figure => {
    figures.push(figure);
    paint(figure);
    new ResizeObserver(repaint).observe(figure.place);
  };

  // A theme may fade in, so the colour is looked at again when that is over.
  const later = () => { repaint(); setTimeout(repaint, 400); };
  for (const element of [document.documentElement, document.body])
    new MutationObserver(later).observe(element, { attributes: true, attributeFilter: ["class", "data-theme", "style"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);

  return (place, data, layouts, config) => {
    const figure = { place, data, layouts, config };
    if (window.Plotly) start(figure);
    else addEventListener("load", () => {
      if (window.Plotly) start(figure);
      else place.textContent = "This figure needs plotly.js, which could not be loaded.";
    });
  };
})();
