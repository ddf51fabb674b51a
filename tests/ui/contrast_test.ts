/** WCAG 2.2 contrast of the page's colours, computed from its style sheet, in both schemes. @module */

import assert from "node:assert/strict";

type Scheme = "light" | "dark";

const theme = await Deno.readTextFile(new URL("../../src/matrix/style/theme.css", import.meta.url));
const tokens = new Map(
  [...theme.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)]
    .map(([, name = "", light = "", dark = ""]) => [name, { light, dark }]),
);

/** Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function colorOf(name: string, scheme: Scheme): string {
  const color = tokens.get(name)?.[scheme];
  assert.ok(color, `The theme has no colour "${name}"`);
  return color;
}

function assertContrast(front: string, behind: string, least: number): void {
  for (const scheme of ["light", "dark"] as const) {
    const ratio = contrast(colorOf(front, scheme), colorOf(behind, scheme));
    const text = `${front} on ${behind}, ${scheme}: ${ratio.toFixed(2)}, at least ${least}`;
    assert.ok(ratio >= least, text);
  }
}

const steps = [0, 1, 2, 3, 4];

Deno.test("contrast() is that of the guideline's examples", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
});

Deno.test("every text of the page has a contrast of 4.5 to what is behind it", () => {
  for (const behind of ["ground", "panel", "faint"]) {
    for (const text of ["ink", "muted"]) assertContrast(text, behind, 4.5);
  }
  // What is chosen, and the tip, are the other way round.
  assertContrast("panel", "ink", 4.5);
  assertContrast("ink", "l0", 4.5);
  for (const step of steps) {
    assertContrast(`on-l${step}`, `l${step}`, 4.5);
    assertContrast(`on-r${step}`, `r${step}`, 4.5);
  }
});

Deno.test("every mark, line and control of the page has a contrast of 3 to what is behind it", () => {
  for (const behind of ["ground", "panel"]) {
    for (const mark of ["accent", "there", "back", "good", "control"]) {
      assertContrast(mark, behind, 3);
    }
    for (const step of steps.slice(1)) {
      for (const scale of ["l", "r"]) assertContrast(`${scale}${step}`, behind, 3);
    }
  }
});

Deno.test("each step of a scale stands out more than the one before, whatever hues are seen", () => {
  for (const scheme of ["light", "dark"] as const) {
    for (const scale of ["l", "r"]) {
      const ratios = steps.map((step) =>
        contrast(colorOf(`${scale}${step}`, scheme), colorOf("panel", scheme))
      );
      ratios.slice(1).forEach((ratio, index) =>
        assert.ok(ratio / (ratios[index] ?? NaN) >= 1.3, `${scale}, ${scheme}: ${ratios}`)
      );
    }
  }
});

Deno.test("no colour stands outside of the theme", async () => {
  const folder = new URL("../../src/matrix/style/", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    const css = await Deno.readTextFile(new URL(name, folder));
    const rest = css.replaceAll(/light-dark\([^)]*\)/g, "");
    assert.doesNotMatch(rest, /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(/i, name);
  }
});
