import assert from "node:assert/strict";
import { readKubeconfig } from "./kubeconfig_files.ts";

Deno.test("readKubeconfig() says why a file cannot be read", async () => {
  const directory = await Deno.makeTempDir({ prefix: "np-kubeconfig-" });
  try {
    await assert.rejects(readKubeconfig(() => directory), {
      name: "ConnectionError",
      message: new RegExp(`^Cannot read the kubeconfig "${directory}": .*[Ii]s a directory`),
    });
  } finally {
    await Deno.remove(directory);
  }
});
