/** What the changelog says of a version. @module */

/**
 * The lines under the version's heading ("## 1.2.3", anything may follow), without the heading.
 * Throws where there is none: a release without a word for its users.
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  const notes = section?.replace(/^.*\n/, "").trim() ?? "";
  if (notes === "") {
    throw new Error(
      `CHANGELOG.md says nothing under "## ${version}": write what changed for users`,
    );
  }
  return `${notes}\n`;
}
