import assert from "node:assert/strict";
import { defaultSettings, settleSettings } from "./sync_settings.ts";

const none = {
  selector: undefined,
  addressType: undefined,
  ipFamily: undefined,
  maxShrink: undefined,
};

Deno.test("settleSettings() lets flags win over values, and values over defaults", () => {
  const values = { selector: { b: "2", a: "1" }, ipFamily: "dual", maxShrink: 10 };
  assert.deepEqual(settleSettings(none, undefined), defaultSettings);
  assert.deepEqual(settleSettings(none, values), {
    ...{ selector: "a=1,b=2", addressType: "InternalIP", ipFamily: "dual", maxShrink: 10 },
  });
  assert.equal(settleSettings(none, { selector: {} }).selector, "");
  assert.equal(settleSettings(none, { selector: null }).selector, defaultSettings.selector);
  assert.equal(settleSettings({ ...none, selector: "*" }, values).selector, "");
  const flags = { selector: "x", addressType: "Hostname", ipFamily: "ipv6", maxShrink: 0 } as const;
  assert.deepEqual(settleSettings(flags, values), flags);
});
