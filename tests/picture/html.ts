/** Draws a dashboard's panels with data from Prometheus, where the dashboard has them. @module */

import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { InstantResult, RangeResult } from "../synthetic/prometheus.ts";

/** A panel with the answers to its queries, by refId. */
export interface AnsweredPanel {
  readonly panel: Panel;
  readonly instant: ReadonlyMap<string, readonly InstantResult[]>;
  readonly range: readonly { readonly legend: string; readonly result: readonly RangeResult[] }[];
}

const rowPixels = 30;
const colors = [
  "#7eb26d",
  "#eab839",
  "#6ed0e0",
  "#ef843c",
  "#e24d42",
  "#1f78c1",
  "#ba43a9",
  "#705da0",
  "#508642",
  "#cca300",
  "#447ebc",
  "#c15c17",
];
const named: Readonly<Record<string, string>> = {
  green: "#3a7d44",
  yellow: "#c9a227",
  orange: "#d9822b",
  red: "#c4342d",
  "dark-purple": "#6a2c91",
};

interface Step {
  readonly value: number | null;
  readonly color: string;
}

/** Start and end, in Unix seconds: the same for all graphs, as in Grafana. */
type Period = readonly [number, number];

/** The whole page. */
export function page(title: string, note: string, panels: readonly AnsweredPanel[]): string {
  const bottom = Math.max(
    ...panels.map(({ panel: { gridPos } }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)),
  );
  const times = panels.flatMap(({ range }) =>
    range.flatMap(({ result }) => result.flatMap(({ values }) => values.map(([time]) => time)))
  );
  const period: Period = [Math.min(...times), Math.max(...times)];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${
    escape(title)
  }</title><style>
body{background:#111217;color:#ccccdc;font:12px "DejaVu Sans",sans-serif;margin:12px;width:1480px}
h1{font-size:20px;margin:0}p{margin:4px 0 10px;color:#9a9aa8}main{position:relative;height:${
    bottom * rowPixels
  }px}
section{position:absolute;box-sizing:border-box;padding:3px}
section>div{background:#181b1f;border:1px solid #2c3235;height:100%;box-sizing:border-box;padding:6px;overflow:hidden}
section.row{font-size:15px;padding-top:8px}h2{font-size:12px;margin:0 0 4px}
table{border-collapse:collapse;width:100%}td,th{padding:2px 5px;text-align:left;border:1px solid #25282d;white-space:nowrap;font-weight:normal}
th{color:#6e9fff}.stats{display:flex;height:75%;gap:4px}.stats b{flex:1;border-radius:3px;padding:6px;font-size:26px;color:#fff}
.stats small{display:block;font-size:11px;font-weight:normal}svg text{fill:#9a9aa8;font-size:10px}</style>
<h1>${escape(title)}</h1><p>${escape(note)}</p><main>${
    panels.map((one) => section(one, period)).join("")
  }</main></html>`;
}

function section({ panel, instant, range }: AnsweredPanel, period: Period): string {
  const { x = 0, y = 0, w = 24, h = 1 } = panel.gridPos ?? {};
  const style = `left:${x / 24 * 100}%;top:${y * rowPixels}px;width:${w / 24 * 100}%;height:${
    h * rowPixels
  }px`;
  if (panel.type === "row") {
    return `<section class="row" style="${style}">▾ ${escape(panel.title ?? "")}</section>`;
  }
  const body = panel.type === "stat"
    ? stats(instant, panel)
    : panel.type === "table"
    ? (isMatrix(panel) ? matrix(instant, panel) : rows(instant, panel))
    : panel.type === "timeseries"
    ? lines(range, panel, [w, h], period)
    : `<p>(drawn by Grafana)</p>`;
  return `<section style="${style}"><div><h2>${
    escape(panel.title ?? "")
  }</h2>${body}</div></section>`;
}

const isMatrix = (panel: Panel) =>
  (panel.transformations ?? []).some(({ id }) => id === "groupingToMatrix");

function stats(instant: AnsweredPanel["instant"], panel: Panel): string {
  const legends = new Map((panel.targets ?? []).map((target) => {
    const { refId = "", legendFormat = "" } = target as { refId?: string; legendFormat?: string };
    return [refId, legendFormat];
  }));
  const cells = [...instant].map(([refId, [first]]) => {
    const value = Number(first?.value[1] ?? 0);
    const color = colorOf(value, stepsOf(panel.fieldConfig?.defaults));
    return `<b style="background:${color}"><small>${
      escape(legends.get(refId) ?? "")
    }</small>${value}</b>`;
  });
  return `<div class="stats">${cells.join("")}</div>`;
}

function rows(instant: AnsweredPanel["instant"], panel: Panel): string {
  const names = renames(panel);
  const byKey = new Map<string, Record<string, string>>();
  for (const [refId, result] of instant) {
    const column = instant.size > 1 ? `Value #${refId}` : "Value";
    for (const { metric, value } of result) {
      const { __name__: _, ...labels } = metric;
      const key = JSON.stringify(labels);
      byKey.set(key, { ...byKey.get(key) ?? labels, [column]: value[1] });
    }
  }
  const [sorted] = (panel.options as { sortBy?: { displayName: string }[] } | undefined)?.sortBy ??
    [];
  const key = Object.keys(names).find((name) => names[name] === sorted?.displayName) ?? "";
  const all = [...byKey.values()]
    .sort((one, two) => Number(two[key] ?? 0) - Number(one[key] ?? 0)).slice(0, 14);
  if (all.length === 0) return `<p>${escape(panel.fieldConfig?.defaults.noValue ?? "No data")}</p>`;
  const columns = Object.keys(names).filter((name) => all.some((row) => (row[name] ?? "") !== ""));
  const cells = all.map((row) =>
    `<tr>${columns.map((name) => cell(row[name], names[name] ?? name, panel)).join("")}</tr>`
  );
  const heads = columns.map((name) => `<th>${escape(names[name] ?? name)}</th>`).join("");
  return `<table><tr>${heads}</tr>${cells.join("")}</table>`;
}

function renames(panel: Panel): Record<string, string> {
  const organize = (panel.transformations ?? []).find(({ id }) => id === "organize");
  return (organize?.options as { renameByName?: Record<string, string> })?.renameByName ?? {};
}

function cell(text: string | undefined, column: string, panel: Panel): string {
  const override = panel.fieldConfig?.overrides.find(({ matcher: { options } }) =>
    options === column ||
    (typeof options === "string" && options.startsWith("/") &&
      new RegExp(options.slice(1, -1)).test(column))
  );
  const property = (name: string) => override?.properties.find(({ id }) => id === name)?.value;
  const unit = property("unit") as string | undefined;
  if (text === undefined || unit === undefined) return `<td>${escape(text ?? "")}</td>`;
  const steps = (property("thresholds") as { steps?: readonly Step[] } | undefined)?.steps;
  const style = steps ? ` style="background:${colorOf(Number(text), steps)};color:#fff"` : "";
  return `<td${style}>${shown(Number(text), unit)}</td>`;
}

function matrix(instant: AnsweredPanel["instant"], panel: Panel): string {
  const result = [...instant.values()][0] ?? [];
  const from = [...new Set(result.map(({ metric }) => metric["source_node"] ?? ""))].sort();
  const to = [...new Set(result.map(({ metric }) => metric["destination_node"] ?? ""))].sort();
  const unit = panel.fieldConfig?.defaults.unit ?? "";
  const override = panel.fieldConfig?.overrides[0]?.properties
    .find(({ id }) => id === "thresholds")?.value as { steps: readonly Step[] } | undefined;
  const values = new Map(
    result.map((
      { metric, value },
    ) => [`${metric["source_node"]}>${metric["destination_node"]}`, Number(value[1])]),
  );
  const line = (source: string) =>
    to.map((destination) => {
      const value = values.get(`${source}>${destination}`);
      return value === undefined
        ? "<td></td>"
        : `<td style="background:${colorOf(value, override?.steps ?? [])};color:#fff">${
          shown(value, unit)
        }</td>`;
    }).join("");
  return `<table><tr><th>source</th>${to.map((name) => `<th>${escape(name)}</th>`).join("")}</tr>` +
    from.map((source) => `<tr><td>${escape(source)}</td>${line(source)}</tr>`).join("") +
    "</table>";
}

function lines(
  range: AnsweredPanel["range"],
  panel: Panel,
  [w, h]: readonly [number, number],
  [start, end]: Period,
): string {
  const width = w / 24 * 1480 - 30;
  const height = h * rowPixels - 45;
  const all = range.flatMap(({ legend, result }) =>
    result.map(({ metric, values }) => ({
      name: legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
      points: values.map(([time, value]) => [time, Number(value)] as const),
    }))
  );
  const top = Math.max(1e-6, ...all.flatMap(({ points }) => points.map(([, value]) => value))) *
    1.05;
  const plot = width * 0.72;
  const left = 55;
  const xOf = (time: number) => left + (time - start) / Math.max(1, end - start) * (plot - left);
  const yOf = (value: number) => height - 14 - value / top * (height - 20);
  const unit = panel.fieldConfig?.defaults.unit ?? "";
  const paths = all.map(({ points }, index) =>
    `<polyline fill="none" stroke="${colors[index % colors.length]}" stroke-width="1.3" points="${
      points.map(([time, value]) => `${xOf(time).toFixed(1)},${yOf(value).toFixed(1)}`).join(" ")
    }"/>`
  );
  const grid = [0, 0.5, 1].map((part) =>
    `<line x1="${left}" x2="${plot}" y1="${yOf(top * part)}" y2="${
      yOf(top * part)
    }" stroke="#2c3235"/>` +
    `<text x="0" y="${yOf(top * part) + 3}">${shown(top * part, unit)}</text>`
  );
  const max = ({ points }: typeof all[number]) => Math.max(...points.map(([, value]) => value));
  const legend = all.map((one, index) => ({
    ...one,
    color: colors[index % colors.length],
    max: max(one),
  }))
    .sort((one, two) => two.max - one.max).slice(0, Math.floor(height / 14))
    .map(({ name, color, max }, index) =>
      `<rect x="${plot + 10}" y="${index * 14 + 3}" width="9" height="3" fill="${color}"/>` +
      `<text x="${plot + 24}" y="${index * 14 + 9}">${escape(name)}: ${shown(max, unit)}</text>`
    );
  return `<svg width="${width}" height="${height}">${grid.join("")}${paths.join("")}${
    legend.join("")
  }</svg>`;
}

function stepsOf(defaults: { readonly thresholds?: unknown } | undefined): readonly Step[] {
  return (defaults?.thresholds as { steps?: readonly Step[] } | undefined)?.steps ?? [];
}

function colorOf(value: number, steps: readonly Step[]): string {
  const reached = steps.filter((step) => step.value === null || value >= step.value);
  return named[reached.at(-1)?.color ?? ""] ?? "#3a3d42";
}

function shown(value: number, unit: string): string {
  if (unit === "percentunit") return `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)}%`;
  if (unit === "s") {
    return value < 0.001 ? `${Math.round(value * 1e6)} µs` : `${(value * 1000).toFixed(1)} ms`;
  }
  if (unit === "dateTimeFromNow") return `${Math.round((Date.now() - value) / 1000)} s ago`;
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
