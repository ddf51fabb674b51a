/** The matrix as one self-contained page, to attach to a ticket. @module */

import { adviceOf, percent } from "../diagnosis/report.ts";
import type { Diagnosis } from "../diagnosis/report.ts";
import { foldByZone, pairsText, worstCells } from "./matrix.ts";
import type { Cell, ExternalTarget, Matrix } from "./matrix.ts";
import { lossColours, lossStep, shortLoss } from "./text.ts";

/** Above so many nodes the page shows zones: a million cells would stop a browser. */
const foldAbove = 200;
const worstShown = 50;
const maxSourcesShown = 50;

/** The page. `made` is shown as the time of the measurement. */
export function matrixHtml(
  matrix: Matrix,
  { report, smallestLoss }: Diagnosis,
  made: Date,
): string {
  const verdicts = report.verdicts.map((verdict) => {
    const who = verdict.kind === "zone-pair" ? verdict.zones : verdict.nodes;
    const title = `${verdict.kind} ${who.join(" – ")}: ${percent(verdict.loss)} lost`;
    return `<li><b>${escape(title)}</b><br>${escape(verdict.evidence)}.<br>` +
      `<i>Next: ${escape(adviceOf(verdict))}.</i></li>`;
  });
  const healthy = report.pairs === 0
    ? "Nothing can be said: no pair of nodes was measured."
    : smallestLoss === undefined
    ? "No fault found, but so few probes were seen that not even a cut link would show."
    : `No fault found. A link that loses ${percent(smallestLoss)} would have been named.`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Node ping matrix</title>
<style>${pageStyle}${lossColours.map((colour, step) => `.l${step}{background:${colour}}`).join("")}
.l3,.l4{color:#fff}</style>
</head>
<body>
<h1>Node ping</h1>
<p>${pairsText(matrix)}, measured by ${report.sources} of ${matrix.nodes.length} nodes;
page made at ${escape(made.toISOString())}.</p>
<h2>Verdicts</h2>
${verdicts.length === 0 ? `<p>${healthy}</p>` : `<ol>${verdicts.join("\n")}</ol>`}
<h2>Matrix</h2>
<p>Rows are sources, columns destinations; a cell is the loss in %, ? not measured, - not probed.
${["none", "below 1 %", "below 10 %", "below 50 %", "more"].map(legend).join(" ")}</p>
<p id="now">Point at a cell.</p>
${matrix.nodes.length > foldAbove ? zoneTable(matrix) : nodeTable(matrix)}
<h2>Worst pairs</h2>
${matrix.cells.length === 0 ? "<p>None.</p>" : worstTable(worstCells(matrix, worstShown))}
${externalTable(matrix.externals)}${noDataList(matrix.withoutData)}<script>${pageScript}</script>
</body>
</html>
`;
}

function legend(text: string, step: number): string {
  return `<span class="key l${step}">${text}</span>`;
}

function nodeTable({ nodes, cell, withoutData }: Matrix): string {
  const heads = nodes.map((node, index) =>
    `<th${isZoneStart(nodes, index) ? ' class="z"' : ""}><span>${escape(node.name)}</span></th>`
  );
  const rows = nodes.map((source, row) => {
    const marks = [
      ...(source.cordoned ? ["cordoned"] : []),
      ...(withoutData.has(source.name) ? ["no data"] : []),
    ];
    const label = source.name + (marks.length > 0 ? ` (${marks.join(", ")})` : "");
    const cells = nodes.map((destination, column) => {
      const zone = isZoneStart(nodes, column) ? " z" : "";
      if (row === column) return `<td class="self${zone}"></td>`;
      const found = cell(source.name, destination.name);
      if (found === undefined) {
        const hasNoData = withoutData.has(source.name);
        const text = `${source.name} to ${destination.name}: ${
          hasNoData ? "no data from the source" : "not probed"
        }`;
        return `<td class="none${zone}" data-t="${escape(text)}">${hasNoData ? "?" : "-"}</td>`;
      }
      return `<td class="l${lossStep(found.loss)}${zone}" data-t="${escape(details(found))}">` +
        `${shortLoss(found.loss)}</td>`;
    });
    const first = isZoneStart(nodes, row) ? ' class="z"' : "";
    return `<tr${first}><th>${escape(label)}${
      source.zone === undefined ? "" : ` <small>${escape(source.zone)}</small>`
    }</th>${cells.join("")}</tr>`;
  });
  return `<div class="scroll"><table class="matrix"><thead><tr><th></th>${heads.join("")}</tr>` +
    `</thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function isZoneStart(nodes: Matrix["nodes"], index: number): boolean {
  return index > 0 && nodes[index - 1]?.zone !== nodes[index]?.zone;
}

function zoneTable(matrix: Matrix): string {
  const { zones, cell, hasNoData } = foldByZone(matrix);
  const name = (zone: string) => zone || "no zone";
  const rows = zones.map((source) => {
    const cells = zones.map((destination) => {
      const found = cell(source, destination);
      if (found === undefined) return `<td class="none">${hasNoData(source) ? "?" : "-"}</td>`;
      const text = `${name(source)} to ${name(destination)}: ${percent(found.loss)} lost, ` +
        `${found.lossy} of ${found.pairs} pairs lose any`;
      return `<td class="l${lossStep(found.loss)}" data-t="${escape(text)}">${
        shortLoss(found.loss)
      }</td>`;
    });
    return `<tr><th>${escape(name(source))}</th>${cells.join("")}</tr>`;
  });
  const heads = zones.map((zone) => `<th><span>${escape(name(zone))}</span></th>`).join("");
  return `<div class="scroll"><table class="matrix"><thead><tr><th></th>${heads}</tr></thead>` +
    `<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function worstTable(cells: readonly Cell[]): string {
  if (cells.length === 0) return "<p>No pair lost a probe.</p>";
  const rows = cells.map((cell) =>
    `<tr><td class="l${lossStep(cell.loss)}">${percent(cell.loss)}</td>` +
    `<td>${escape(cell.source)}</td><td>${escape(cell.destination)}</td>` +
    `<td>${escape(cell.address)}</td><td>${cell.sent - cell.received} of ${cell.sent}</td></tr>`
  );
  return "<table><thead><tr><th>Loss</th><th>Source</th><th>Destination</th><th>Address</th>" +
    `<th>Lost</th></tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
}

/** Nothing where no list has any. */
function externalTable(targets: readonly ExternalTarget[]): string {
  if (targets.length === 0) return "";
  const rows = targets.map((
    { destination, address, loss, rttSeconds, cells: [worst], ...target },
  ) =>
    `<tr><td class="l${lossStep(loss)}">${percent(loss)}</td>` +
    `<td>${rttSeconds === undefined ? "-" : (1000 * rttSeconds).toFixed(2)}</td>` +
    `<td>${escape(destination)}</td><td>${escape(address)}</td>` +
    `<td>${target.lossy} of ${target.pairs}</td>` +
    `<td>${worst.loss > 0 ? `${percent(worst.loss)} from ${escape(worst.source)}` : "-"}</td></tr>`
  );
  return "<h2>External targets</h2>\n<table><thead><tr><th>Loss</th><th>Mean ms</th>" +
    "<th>Target</th><th>Address</th><th>Sources that lose</th><th>Worst source</th></tr></thead>" +
    `<tbody>${rows.join("\n")}</tbody></table>\n`;
}

/** Nothing where all reported. */
function noDataList(withoutData: Matrix["withoutData"]): string {
  if (withoutData.size === 0) return "";
  const named = [...withoutData].slice(0, maxSourcesShown)
    .map(([name, reason]) => `<li>${escape(name)}: ${escape(reason)}</li>`);
  if (withoutData.size > maxSourcesShown) {
    named.push(`<li>and ${withoutData.size - maxSourcesShown} more</li>`);
  }
  return `<h2>No data from</h2>\n<ul>${named.join("\n")}</ul>\n`;
}

function details(cell: Cell): string {
  const rtt = cell.rttSeconds === undefined
    ? "no round-trip time"
    : `${(1000 * cell.rttSeconds).toFixed(2)} ms`;
  return `${cell.source} to ${cell.destination} (${cell.address}): ${percent(cell.loss)} lost, ` +
    `${rtt}, ${cell.sent} probes`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** The style. The colours of the steps are added where they are known. */
export const pageStyle = `
body{font:14px/1.4 system-ui,sans-serif;margin:1.5rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:1.6rem}
table{border-collapse:collapse}th,td{padding:.15rem .45rem;text-align:left}
.scroll{overflow:auto;max-width:100%}
.matrix td{min-width:1.7rem;text-align:center;border:1px solid #fff;font-size:12px}
.matrix tbody th{font-weight:normal;white-space:nowrap;position:sticky;left:0;background:#fff}
.matrix thead th{vertical-align:bottom;padding:0;font-weight:normal}
.matrix thead span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}
.matrix td.z,.matrix thead .z{border-left:3px solid #57606a}.matrix tr.z>*{border-top:3px solid #57606a}
.self{background:repeating-linear-gradient(45deg,#fff 0 3px,#d0d7de 3px 4px)}
.none{color:#57606a}.key{padding:.1rem .5rem}.on{outline:2px solid #0969da}
small{color:#57606a}#now{min-height:1.4em;font-weight:600}`;

/** Shows what is under the pointer, and marks its row and column. */
export const pageScript = `
const now=document.getElementById("now");let marked=[];
for(const table of document.querySelectorAll(".matrix"))table.addEventListener("mouseover",event=>{
const cell=event.target.closest("td");for(const one of marked)one.classList.remove("on");marked=[];
if(!cell)return;now.textContent=cell.dataset.t||"Not measured.";
marked=[cell,cell.parentElement.cells[0],table.tHead.rows[0].cells[cell.cellIndex]];
for(const one of marked)one.classList.add("on")});`;
