// A card shows a figure as a small still picture: no titles, scales or legends. Defined first, it stands in for what
// the figures bring along to draw themselves with.
window.workbenchFigure = (place, data, layouts, config) => {
  const layout = structuredClone(layouts.narrow);
  const frame = place.closest(".thumbnail");
  Object.assign(layout, { width: frame.clientWidth, height: frame.clientHeight, margin: { l: 6, r: 6, t: 6, b: 6 } });
  Object.assign(layout, { title: undefined, annotations: [], showlegend: false });
  for (const [name, part] of Object.entries(layout)) {
    if (/^[xy]axis\d*$/.test(name)) Object.assign(part, { title: undefined, showticklabels: false, ticks: "" });
    if (/^coloraxis\d*$/.test(name)) part.showscale = false;
  }
  const still = data.map((trace) => ("z" in trace ? { ...trace, showscale: false } : trace));
  Plotly.newPlot(place, still, layout, { ...config, staticPlot: true, responsive: false });
};
