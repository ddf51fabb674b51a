import assert from "node:assert/strict";
import { dashboard, uploadableDashboard } from "./dashboard.ts";
import { ruleGroups } from "./rules/groups.ts";
import { alertName, defaultAlerts, defaultSettings } from "./rules/rule.ts";
import type { AlertKey } from "./rules/rule.ts";
import { families } from "../src/metrics/families.ts";
import { syncMetrics } from "../src/sync/in_cluster.ts";

Deno.test("dashboard and rules name only families that exist, and rules record what is read", () => {
  const groups = ruleGroups(defaultSettings);
  const text = JSON.stringify([groups, dashboard()]);
  const known = new Set<string>(
    [...Object.values(families), ...Object.values(syncMetrics)].map(({ name }) => name),
  );
  const recorded = new Set(
    groups.flatMap(({ rules }) => rules.flatMap((rule) => "record" in rule ? [rule.record] : [])),
  );
  for (const [name] of text.matchAll(/\b(\w+:)?nodeping[_:][\w:]+/g)) {
    if (name.includes(":")) assert.ok(recorded.has(name), name);
    else assert.ok(known.has(name.replace(/_bucket$/, "")), name);
  }
});

Deno.test("ruleGroups() keeps clusters apart: all that is added up or matched goes by their label", () => {
  for (const { rules } of ruleGroups(defaultSettings)) {
    for (const rule of rules) {
      // Nothing has no labels: noAgent is the one alert on a vector that is not there.
      const expr = rule.expr.replace(/absent\(.*?\) unless on \(\)/, "");
      const name = "record" in rule ? rule.record : rule.alert;
      for (const [by, label] of expr.matchAll(/\b(?:by|on|ignoring|without) \(([^,)]*)/g)) {
        assert.ok(/^(by|on)/.test(by) && label === defaultSettings.clusterLabel, `${name}: ${by}`);
      }
    }
  }
});

Deno.test("ruleGroups() has every alert once, its link to the alert's own heading", async () => {
  const runbooks = await Deno.readTextFile(new URL("../docs/alerts.md", import.meta.url));
  // As GitHub and most renderers of Markdown name them.
  const anchors = [...runbooks.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(" ", "-")
  );
  const runbookUrl = "https://example.org/alerts.md";
  const alerts = ruleGroups({ ...defaultSettings, runbookUrl }).flatMap(({ rules }) =>
    rules.flatMap((rule) => "alert" in rule ? [rule] : [])
  );
  const names = (Object.keys(defaultAlerts) as AlertKey[]).map(alertName);
  assert.deepEqual(alerts.map(({ alert }) => alert).sort(), names.sort());
  for (const { alert, annotations } of alerts) {
    const [page, anchor = ""] = annotations["runbook_url"]?.split("#") ?? [];
    assert.equal(page, runbookUrl);
    assert.equal(anchor, alert.toLowerCase());
    assert.ok(anchors.includes(anchor), `docs/alerts.md has no heading ${alert}`);
  }
});

Deno.test("each alert's steps begin with the commonest cause, and a command that shows it", async () => {
  const runbooks = await Deno.readTextFile(new URL("../docs/alerts.md", import.meta.url));
  for (const key of Object.keys(defaultAlerts) as AlertKey[]) {
    const [, section = ""] = runbooks.split(`\n## ${alertName(key)}\n`);
    const [steps = ""] = section.split(/\n## |\n# /);
    // The first numbered step, over the lines that it has.
    const [, first = ""] = /^1\. ((?:.|\n {3})*)/m.exec(steps) ?? [];
    assert.match(first, /^Most often\b/, alertName(key));
    assert.match(first, /`[a-z][\w.-]* [^`]+`/, `${alertName(key)} has no command`);
    assert.doesNotMatch(steps.slice(0, steps.indexOf("\n1. ")), /\n\d\. /, alertName(key));
  }
});

Deno.test("uploadableDashboard() asks for the data source, dashboard() does not", () => {
  assert.match(JSON.stringify(uploadableDashboard()), /"__inputs".*\$\{DS_PROMETHEUS\}/);
  assert.doesNotMatch(JSON.stringify(dashboard()), /DS_PROMETHEUS|__inputs/);
});

Deno.test("dashboard() shows one cluster, in each query and behind each link", () => {
  const text = JSON.stringify(dashboard());
  const exprs = [...text.matchAll(/"expr":"((?:[^"\\]|\\.)*)"/g)].map(([, expr]) => expr ?? "");
  assert.ok(exprs.length > 30, String(exprs.length));
  for (const expr of exprs) {
    for (
      const [series] of expr.matchAll(/\b(\w+:)?(nodeping[_:][\w:]+|ALERTS\w*)(?!\w)\{?[^}]*/g)
    ) {
      assert.match(series, /\{(.*, )?\$cluster_label=\\"\$cluster\\"/, series);
    }
  }
  const links = [...text.matchAll(/"url":"([^"]*var-[^"]*)"/g)].map(([, url]) => url ?? "");
  assert.ok(links.length > 3, String(links.length));
  for (const link of links) assert.match(link, /&\$\{cluster:queryparam\}/);
});

Deno.test("dashboard() gives every panel an id of its own, a unit where it counts, and words", () => {
  const panels = (dashboard().panels ?? []).flatMap((panel) =>
    "panels" in panel ? [panel, ...panel.panels] : [panel]
  );
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const panel of panels.filter(({ type }) => type !== "row")) {
    assert.ok("description" in panel && (panel.description ?? "").length > 20, panel.title);
  }
});

Deno.test("dashboard() does not treat external targets as the nodes that one selects", () => {
  const row = (dashboard().panels ?? []).find(({ title }) => title === "External targets");
  const summary = row && "panels" in row ? row.panels[0] : undefined;
  assert.equal(summary?.fieldConfig?.defaults.noValue, "No external target");
  // No destination of the dashboard's variables: with it selected, every panel would be empty.
  assert.doesNotMatch(JSON.stringify(summary), /var-destination/);
});
