/** Where a release is published: everything that follows from the repository's name. @module */

/** The addresses of a release. */
export interface Origin {
  /** The repository's page. */
  readonly source: string;
  /** Registry and repository of the image, as the chart's values have them. */
  readonly image: { readonly registry: string; readonly repository: string };
  /** The runbooks of the released version; an alert's name follows as a fragment. */
  readonly runbookUrl: string;
}

/**
 * The addresses for a repository "OWNER/NAME" on GitHub, whose packages are in ghcr.io: the one
 * setting from which all follow. The registry wants lower case. Throws a RangeError otherwise.
 */
export function originOf(repository: string, version: string): Origin {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new RangeError(`Repository "${repository}" is not of the form OWNER/NAME`);
  }
  const source = `https://github.com/${repository}`;
  return {
    source,
    image: { registry: "ghcr.io", repository: repository.toLowerCase() },
    runbookUrl: `${source}/blob/v${version}/docs/alerts.md`,
  };
}
