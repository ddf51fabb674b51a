/** The version of nodeping: one place, deno.json. @module */

import settings from "../deno.json" with { type: "json" };

/** Version of this build, without a leading "v". */
export const version: string = settings.version;
