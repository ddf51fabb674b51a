/** What a person looks at, and its form in the page's URL, so that it can be shared. @module */

import type { Shown } from "../../matrix/text.ts";

/** The order of rows and columns. */
export type Order = "zone" | "name" | "loss";
/** Colours: those of the system, or one of both. */
export type Theme = "auto" | "light" | "dark";

/** What a person has chosen. */
export interface View {
  /** What the cells show. */
  readonly show: Shown;
  /** Of rows and columns. */
  readonly order: Order;
  /** Parts of names, or whole names of zones, of the nodes to show; all when empty. */
  readonly filter: string;
  /** Groups that are unfolded, by name. */
  readonly open: readonly string[];
  /** The pair that is looked at. */
  readonly pair: readonly [source: string, destination: string] | undefined;
  /** Wall time in milliseconds to look at; now when undefined. */
  readonly at: number | undefined;
  /** Colours. */
  readonly theme: Theme;
}

/** What is seen where nothing was chosen. */
export const plainView: View = {
  ...{ show: "loss", order: "zone", filter: "", open: [], pair: undefined, at: undefined },
  theme: "auto",
};

const shown: readonly Shown[] = ["loss", "rtt", "mtu"];
const orders: readonly Order[] = ["zone", "name", "loss"];
const themes: readonly Theme[] = ["auto", "light", "dark"];

/** The URL's part after "#"; empty for the plain view. */
export function hashOf(view: View): string {
  const query = new URLSearchParams();
  if (view.show !== plainView.show) query.set("show", view.show);
  if (view.order !== plainView.order) query.set("sort", view.order);
  if (view.filter !== "") query.set("filter", view.filter);
  for (const group of view.open) query.append("open", group);
  for (const node of view.pair ?? []) query.append("pair", node);
  if (view.at !== undefined) query.set("at", new Date(view.at).toISOString());
  if (view.theme !== plainView.theme) query.set("theme", view.theme);
  return query.toString();
}

/** Reads what {@linkcode hashOf} wrote; what cannot be read is as if it were not there. */
export function viewOf(hash: string): View {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const choice = <T extends string>(name: string, among: readonly T[], usual: T): T =>
    among.find((one) => one === query.get(name)) ?? usual;
  const [source, destination] = query.getAll("pair");
  const at = Date.parse(query.get("at") ?? "");
  return {
    show: choice("show", shown, plainView.show),
    order: choice("sort", orders, plainView.order),
    filter: query.get("filter") ?? "",
    open: query.getAll("open"),
    pair: source !== undefined && destination !== undefined ? [source, destination] : undefined,
    at: Number.isNaN(at) ? undefined : at,
    theme: choice("theme", themes, plainView.theme),
  };
}
