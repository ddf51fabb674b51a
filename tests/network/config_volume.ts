/**
 * nodes.json on a disk, changed as kubelet changes a ConfigMap volume, or as a person does.
 *
 * @module
 */

/** A directory with nodes.json; removed when it is disposed of. */
export interface ConfigVolume extends AsyncDisposable {
  /** Path of nodes.json, a link through ..data as kubelet makes it. */
  readonly file: string;
  /** Puts a new content in place by swapping the link ..data. */
  readonly swap: (content: unknown) => Promise<void>;
  /** Writes the content into the file itself. */
  readonly write: (content: unknown) => Promise<void>;
  /** Removes the file. */
  readonly remove: () => Promise<void>;
}

/** Makes the volume; without content there is no nodes.json yet. Text goes in as it is. */
export async function makeConfigVolume(content?: unknown): Promise<ConfigVolume> {
  const directory = await Deno.makeTempDir({ prefix: "np-config-" });
  const file = `${directory}/nodes.json`;
  let version = 0;
  const swap = async (next: unknown) => {
    const name = `..2026_${version++}`;
    await Deno.mkdir(`${directory}/${name}`);
    await Deno.writeTextFile(`${directory}/${name}/nodes.json`, asText(next));
    await Deno.symlink(name, `${directory}/..data_tmp`);
    await Deno.rename(`${directory}/..data_tmp`, `${directory}/..data`);
    if (version === 1) await Deno.symlink("..data/nodes.json", file);
    if (version > 1) await Deno.remove(`${directory}/..2026_${version - 2}`, { recursive: true });
  };
  if (content !== undefined) await swap(content);
  return {
    file,
    swap,
    write: (next) => Deno.writeTextFile(file, asText(next)),
    remove: () => Deno.remove(file),
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

function asText(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}
