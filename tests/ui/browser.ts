/** A real Chromium, driven by tests. @module */

import puppeteer from "puppeteer-core";
import type { Page } from "puppeteer-core";
import { findProgram } from "../needing.ts";

/** A page of its own browser; dispose of it to end both. */
export interface BrowserPage extends AsyncDisposable {
  readonly page: Page;
  /** What the page said was wrong: failed scripts, violations of its policy. */
  readonly errors: string[];
}

/** Starts Chromium with an empty profile. */
export async function openBrowser(
  { width = 1440, height = 1000, scheme = "light" }: {
    readonly width?: number;
    readonly height?: number;
    readonly scheme?: "light" | "dark";
  } = {},
): Promise<BrowserPage> {
  const browser = await puppeteer.launch({
    executablePath: findProgram("chromium") ?? "chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    headless: true,
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  return { page, errors, [Symbol.asyncDispose]: () => browser.close() };
}

/** The text of an element, as it is seen; empty where there is none. */
export async function textOf(page: Page, selector: string): Promise<string> {
  return await page.evaluate(
    `document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`,
  ) as string;
}
