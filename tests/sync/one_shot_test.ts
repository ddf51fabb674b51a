import assert from "node:assert/strict";
import { helmTest } from "../kubernetes/api_server_test_case.ts";
import { chartSteps } from "./chart_steps.ts";
import { gitOpsSteps } from "./git_ops_steps.ts";
import { safetySteps } from "./safety_steps.ts";
import { createNode, makeFixture } from "./fixture.ts";
import { writeSteps } from "./write_steps.ts";

helmTest("sync of a release, with each Helm", async (t, server, helms) => {
  const steps = Object.entries({ ...writeSteps, ...chartSteps, ...safetySteps, ...gitOpsSteps });
  const only = Deno.env.get("NODEPING_TEST_STEP");
  let isPrepared = false;
  for (const helm of helms) {
    for (const [index, [name, step]] of steps.entries()) {
      if (only !== undefined && !name.includes(only)) continue;
      await t.step(`${helm.name}: ${name}`, async () => {
        const fixture = await makeFixture(server, helm.command, `${helm.name}-${index}`);
        using _ = fixture.api;
        if (!isPrepared) {
          for (const node of [1, 2, 3]) {
            await createNode(fixture.api, `node-${node}`, `10.0.0.${node}`);
          }
          isPrepared = true;
        }
        await step(fixture);
      });
    }
  }
  assert.ok(isPrepared, `No step is called "${only}"`);
});
