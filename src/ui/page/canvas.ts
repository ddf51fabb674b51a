/** What a drawing of the matrix depends on: its data, its places, and the colours of the theme. @module */

import type { PageData } from "../../matrix/html.ts";
import type { Shown } from "../../matrix/text.ts";
import type { Geometry } from "./geometry.ts";
import type { Layout, Place } from "./layout.ts";

/** Colours, as the style has them. */
export interface Palette {
  /** Texts. */
  readonly ink: string;
  /** Labels. */
  readonly muted: string;
  /** Row and column of what is pointed at. */
  readonly faint: string;
  /** Borders. */
  readonly line: string;
  /** Behind all. */
  readonly ground: string;
  /** The pair that is kept. */
  readonly accent: string;
  /** Steps of losses. */
  readonly steps: readonly string[];
  /** Texts on them. */
  readonly onSteps: readonly string[];
  /** Steps of round-trip times. */
  readonly rtt: readonly string[];
  /** Texts on them. */
  readonly onRtt: readonly string[];
}

/** Of all texts. */
export const font = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/** All that a drawing depends on. */
export interface Drawing {
  /** What is drawn. */
  readonly data: PageData;
  /** Where it is. */
  readonly layout: Layout;
  /** Of it, what the cells show. */
  readonly show: Shown;
  /** Nodes that a verdict is about. */
  readonly marked: ReadonlySet<number>;
  /** The pair that is kept. */
  readonly chosen: Place | undefined;
  /** Sizes. */
  readonly geometry: Geometry;
  /** Of what is seen, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** How far what is seen is from the beginning. */
  readonly scroll: { readonly x: number; readonly y: number };
  /** Colours. */
  readonly palette: Palette;
  /** The cell that is pointed at. */
  readonly active: Place | undefined;
}

/** Stays in the document: putting it in anew for each colour would style all of it anew. */
let probe: HTMLElement | undefined;

/** A colour of the theme that is on: of a custom property that has two, the browser chooses. */
export function colorOf(name: string): string {
  probe ??= document.body.appendChild(document.createElement("i"));
  probe.hidden = true;
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** Reads the colours of the theme that is on. */
export function readPalette(): Palette {
  const steps = (name: string) => [0, 1, 2, 3, 4].map((step) => colorOf(`${name}${step}`));
  return {
    ...{
      ink: colorOf("ink"),
      muted: colorOf("muted"),
      faint: colorOf("faint"),
      line: colorOf("line"),
    },
    ...{ ground: colorOf("panel"), accent: colorOf("accent") },
    ...{ steps: steps("l"), onSteps: steps("on-l"), rtt: steps("r"), onRtt: steps("on-r") },
  };
}
