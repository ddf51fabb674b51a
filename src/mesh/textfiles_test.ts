import assert from "node:assert/strict";
import { diskTextfileReader, readTextfiles } from "./textfiles.ts";
import { caseNodes } from "../../tests/cases/cluster.ts";
import { caseTextfiles } from "../../tests/cases/textfiles.ts";

Deno.test("readTextfiles() reads files, and nothing that has no end", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const cluster = { nodes: caseNodes(2), losses: [], silent: [] };
    const [[name, text] = assert.fail()] = caseTextfiles(cluster);
    await Deno.writeTextFile(`${directory}/${name}`, text);
    await Deno.symlink("/dev/zero", `${directory}/zero.prom`);
    await Deno.truncate(await Deno.makeTempFile({ dir: directory, suffix: ".prom" }), 2 ** 30);
    const { mesh, problems } = await readTextfiles(directory, diskTextfileReader);
    assert.equal(mesh.sources.filter(({ silent }) => !silent).length, 1);
    assert.equal(problems.length, 2);
    assert.match(problems.toSorted().join(), /1073741824 bytes: at most .*zero\.prom: It is no/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
