/** The matrix as a person uses it: pointed at, walked through by keys, folded and unfolded. @module */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX, TargetedKeyboardEvent } from "preact";
import type { PageData } from "../../matrix/html.ts";
import type { Shown } from "../../matrix/text.ts";
import { readPalette } from "./canvas.ts";
import type { Drawing } from "./canvas.ts";
import { draw } from "./drawing.ts";
import { boxOf, clamp, geometryOf, indexAt } from "./geometry.ts";
import type { Geometry } from "./geometry.ts";
import type { Layout, Place } from "./layout.ts";
import { cellLabel, cellLine } from "./words.ts";

/** What the matrix is given. */
export interface MatrixProps {
  readonly data: PageData;
  readonly layout: Layout;
  readonly show: Shown;
  /** Changes when the colours do. */
  readonly theme: string;
  /** Nodes that a verdict is about. */
  readonly marked: ReadonlySet<number>;
  /** The cell that is looked at, if it is in the matrix. */
  readonly chosen: Place | undefined;
  /** Called when a cell is pointed at or walked to; undefined when none is. */
  readonly onLook: (place: Place | undefined) => void;
  /** Called when a cell is clicked, or Enter is pressed on it. */
  readonly onChoose: (place: Place) => void;
  /** Called when groups are to be folded or unfolded. */
  readonly onToggle: (groups: readonly string[]) => void;
}

/** Draws the matrix, and lets it be pointed at and walked through. */
export function MatrixView(props: MatrixProps): JSX.Element {
  const { layout, onLook } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [scroll, setScroll] = useState({ x: 0, y: 0 });
  const [hover, setHover] = useState<Place>();
  const [focus, setFocus] = useState<Place>({ row: 0, column: 0 });
  const [hasFocus, setHasFocus] = useState(false);
  const palette = useMemo(() => readPalette(), [props.theme]);
  const geometry = useMemo(() => geometryOf(layout, size.width), [layout, size.width]);
  const { left, top, columns, rows } = geometry;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight })
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const active = hover ?? (hasFocus ? focus : undefined);
  const drawn = useRef<Drawing | undefined>(undefined);
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null || size.width === 0) return;
    const { data, layout, show, marked, chosen } = props;
    const drawing = {
      ...{ data, layout, show, marked, chosen },
      ...{ geometry, size, scroll, palette, active },
    };
    draw(element, drawing, drawn.current);
    drawn.current = drawing;
  });
  // Rows can move under a pointer that rests: then it points at another pair.
  useEffect(() => onLook(active), [active?.row, active?.column, layout]);

  const placeAt = (event: { clientX: number; clientY: number }): Place | undefined => {
    const box = scroller.current?.getBoundingClientRect();
    if (box === undefined) return undefined;
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    if (x < left || y < top) return undefined;
    const column = indexAt(columns, x - left + scroll.x);
    const row = indexAt(rows, y - top + scroll.y);
    return column < 0 || row < 0 ? undefined : { row, column };
  };
  const groupAt = (event: { clientX: number; clientY: number }): string | undefined => {
    const box = scroller.current?.getBoundingClientRect();
    if (box === undefined) return undefined;
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (x < left && y < top) return undefined;
    if (x < left) return layout.rows.items[indexAt(rows, y - top + scroll.y)]?.group;
    if (y < top) return layout.columns.items[indexAt(columns, x - left + scroll.x)]?.group;
    return undefined;
  };
  const walk = (place: Place) => {
    const row = clamp(place.row, 0, layout.rows.items.length - 1);
    const column = clamp(place.column, 0, layout.columns.items.length - 1);
    setFocus({ row, column });
    setHover(undefined);
    reveal(scroller.current, geometry, { row, column });
  };
  const choose = (place: Place) => {
    const items = [layout.rows.items[place.row], layout.columns.items[place.column]];
    const folded = new Set(items.filter((item) => item?.isFolded).map((item) => item?.group ?? ""));
    setFocus(place);
    if (folded.size > 0) props.onToggle([...folded]);
    else props.onChoose(place);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const step = event.ctrlKey || event.metaKey ? 10 : 1;
    const [dy, dx] = moves[event.key] ?? [0, 0];
    if (dx !== 0 || dy !== 0) {
      const far = event.key === "Home" || event.key === "End" ? 1 : step;
      walk({ row: focus.row + dy * far, column: focus.column + dx * far });
    } else if (event.key === "Enter" || event.key === " ") choose(focus);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const box = boxOf(geometry, focus);
  return (
    <div
      class="matrix"
      ref={scroller}
      onScroll={(event) =>
        setScroll({ x: event.currentTarget.scrollLeft, y: event.currentTarget.scrollTop })}
      onPointerMove={(event) => setHover((old) => same(old, placeAt(event)))}
      onPointerLeave={() => setHover(undefined)}
      onClick={(event) => {
        const group = groupAt(event);
        const place = placeAt(event);
        if (group && layout.rows.groups.length > 0) props.onToggle([group]);
        else if (place) choose(place);
      }}
      style={{ height: `min(${Math.ceil(top + rows.total + 2)}px, 78vh)` }}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <div
        role="grid"
        class="grid"
        aria-label="Matrix: rows probe columns"
        aria-rowcount={layout.rows.items.length}
        aria-colcount={layout.columns.items.length}
        style={{ width: `${left + columns.total}px`, height: `${top + rows.total}px` }}
      >
        <div role="row" aria-rowindex={focus.row + 1}>
          <div
            key={`${focus.row} ${focus.column}`}
            ref={(element) => {
              if (hasFocus && element && document.activeElement !== element) {
                element.focus({ preventScroll: true });
              }
            }}
            role="gridcell"
            tabIndex={0}
            aria-colindex={focus.column + 1}
            aria-selected={hasFocus}
            aria-label={cellLabel(props.data, layout, focus)}
            class="cell"
            onFocus={() => setHasFocus(true)}
            onBlur={(event) => {
              // The next cell takes the focus of the one that it replaces.
              if (event.currentTarget.isConnected) setHasFocus(false);
            }}
            onKeyDown={onKeyDown}
            style={{
              transform: `translate(${left + box.x}px, ${top + box.y}px)`,
              width: `${box.width}px`,
              height: `${box.height}px`,
            }}
          />
        </div>
      </div>
      {hover && <Tip text={cellLine(props.data, layout, hover)} />}
    </div>
  );
}

const far = 1e6;
const moves: Readonly<Record<string, readonly [number, number]>> = {
  ...{ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] },
  ...{ PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -far], End: [0, far] },
};

function Tip({ text }: { readonly text: string }): JSX.Element {
  return <div class="tip" role="status" aria-live="off">{text}</div>;
}

function same(old: Place | undefined, next: Place | undefined): Place | undefined {
  return old?.row === next?.row && old?.column === next?.column ? old : next;
}

function reveal(scroller: HTMLElement | null, geometry: Geometry, place: Place): void {
  if (scroller === null) return;
  const { x, y, width, height } = boxOf(geometry, place);
  const wide = scroller.clientWidth - geometry.left;
  const high = scroller.clientHeight - geometry.top;
  if (x < scroller.scrollLeft) scroller.scrollLeft = x - 4;
  else if (x + width > scroller.scrollLeft + wide) scroller.scrollLeft = x + width - wide + 4;
  if (y < scroller.scrollTop) scroller.scrollTop = y - 4;
  else if (y + height > scroller.scrollTop + high) scroller.scrollTop = y + height - high + 4;
}
