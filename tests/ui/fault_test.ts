/** What the page says while the API server, a token or agents fail, and that it goes on by itself. @module */

import assert from "node:assert/strict";
import { FakeAgents } from "../fakes/agents.ts";
import { FakeCluster } from "../fakes/cluster.ts";
import { makeCertificates } from "../kubernetes/certificates.ts";
import { missingPrograms, needing } from "../needing.ts";
import { openBrowser, textOf } from "./browser.ts";
import { servePage } from "./served_page.ts";

Deno.test({
  ...needing(
    "the live page bears an API server that goes away, and a token that expires",
    missingPrograms("chromium", "openssl"),
  ),
  // The browser leaves files and processes of its own to the end of its run.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async (t) => {
    using agents = new FakeAgents({ nodes: 5, peers: 4, zones: 2 });
    const directory = await Deno.makeTempDir();
    await makeCertificates(directory);
    const [ca, cert, key] = await Promise.all(
      ["ca.crt", "server.crt", "server.key"].map((name) =>
        Deno.readTextFile(`${directory}/${name}`)
      ),
    ) as [string, string, string];
    await using cluster = new FakeCluster(agents, 5, { ca, cert, key });
    const tokenFile = `${directory}/token`;
    await Deno.writeTextFile(tokenFile, cluster.token);
    await Deno.writeTextFile(`${directory}/config`, cluster.kubeconfig(tokenFile));
    await using served = await servePage(["--interval=1s"], { KUBECONFIG: `${directory}/config` });
    await using browser = await openBrowser();
    const { page } = browser;
    const sees = (selector: string, pattern: RegExp) =>
      page.waitForFunction(
        `${pattern}.test(document.querySelector(${JSON.stringify(selector)})?.innerText ?? "")`,
        { timeout: 30_000, polling: 100 },
      );
    const verdicts = () => textOf(page, ".verdicts");
    await page.goto(served.url);

    // Each step is upon the one before.
    const step = async (name: string, fn: () => Promise<void>) => {
      if (!await t.step(name, fn)) throw new Error(`${name}: ${await textOf(page, "body")}`);
    };
    await step("it shows the mesh, and a cut link, by the API server's proxy", async () => {
      await sees("header", /all releases[^]*Live · /);
      agents.loss = (one, other) => one + other === 3 && one * other === 0 ? 1 : 0;
      await sees(".verdicts", /Link node-1 - node-4\s+loses/);
    });

    await step(
      "without the API server it says what is old, and accuses nobody else",
      async () => {
        await cluster.goAway();
        await sees("header", /Old: last reading \d\d:\d\d:\d\d, \d+ s ago\.[^]*Cannot reach/);
        assert.equal(await page.title(), "◌ Old · ▲ 1 cause · nodeping");
        assert.match(await verdicts(), /One cause found in 20 pairs, measured by 5 of 5 nodes/);
        assert.match(await verdicts(), /Link node-1 - node-4/);
      },
    );

    await step("with the API server it goes on", async () => {
      cluster.comeBack();
      await sees("header", /Live · /);
      await sees(".verdicts", /Link node-1 - node-4\s+loses[^]*since/);
    });

    await step("a token that expires is what it says, and a new one is taken", async () => {
      cluster.token = "second";
      await sees("header", /Old: last reading[^]*The API server answered 401: Unauthorized/);
      assert.match(await verdicts(), /measured by 5 of 5 nodes/);
      await Deno.writeTextFile(tokenFile, cluster.token);
      await sees("header", /Live · /);
    });

    await step("agents that do not answer are named, and the others are shown", async () => {
      agents.down.add(2);
      await sees("[aria-label='No data']", /node-3 its agent does not answer/);
      agents.down.delete(2);
      await page.waitForFunction("!document.querySelector('[aria-label=\"No data\"]')");
    });

    await step("an agent that cannot measure is named with what helps, until it can", async () => {
      agents.unable.add(1);
      await sees("[aria-label='No data']", /node-2 [^]*cannot measure/);
      await sees(".verdicts", /measured by 4 of 5 nodes/);
      agents.unable.delete(1);
      await page.waitForFunction("!document.querySelector('[aria-label=\"No data\"]')");
    });

    await step("a node that left the cluster is no fault, and no missing agent", async () => {
      agents.down.add(4);
      cluster.nodeNames = ["node-1", "node-2", "node-3", "node-4"];
      await sees("[aria-label='Problems']", /In the node list, but not in the cluster.*: node-5$/);
      await sees(".verdicts", /measured by 4 of 4 nodes/);
      assert.equal(await textOf(page, "[aria-label='No data']"), "");
      await sees(".legend", /x\s+not in the cluster/);
    });

    const { history } = await (await fetch(`${served.url}mesh.json`)).json();
    assert.deepEqual(history.map(({ title }: { title: string }) => title), [
      "Link node-1 - node-4",
    ]);
    assert.deepEqual(browser.errors, []);
    await Deno.remove(directory, { recursive: true });
  },
});
