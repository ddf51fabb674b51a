/** Losses and round-trip times as short text and as steps of a colour scale. @module */

/** Steps of the scale of losses: none, below 1 %, below 10 %, below 50 %, and more. */
export type LossStep = 0 | 1 | 2 | 3 | 4;

/** The step of a loss. */
export function lossStep(loss: number): LossStep {
  if (loss <= 0) return 0;
  if (loss < 0.01) return 1;
  if (loss < 0.1) return 2;
  return loss < 0.5 ? 3 : 4;
}

/**
 * Colours of the steps, from light to dark in one direction (after ColorBrewer's YlOrBr), so that
 * they can be told apart without seeing red and green, and in grey.
 */
export const lossColours = ["#f4f6f8", "#fee391", "#fe9929", "#cc4c02", "#662506"] as const;

/** SGR parameters of the steps in a terminal of 256 colours: the same scale. */
export const lossSgr = ["2", "30;48;5;222", "30;48;5;208", "97;48;5;130", "1;97;48;5;52"] as const;

/** A loss in at most three characters: "·" none, ".3" and "12" per cent, "all". */
export function shortLoss(loss: number): string {
  const value = 100 * loss;
  if (value <= 0) return "·";
  if (value >= 99.95) return "all";
  if (value < 0.95) return `.${Math.max(1, Math.round(10 * value))}`;
  return value < 9.95 ? value.toFixed(1) : String(Math.min(99, Math.round(value)));
}

/** A round-trip time in milliseconds in at most four characters. */
export function shortRtt(seconds: number): string {
  const ms = 1000 * seconds;
  if (ms < 0.01) return ".01";
  if (ms < 0.995) return ms.toFixed(2).slice(1);
  return ms < 9.95 ? ms.toFixed(1) : String(Math.round(ms));
}

/** Text of at most so many characters; what is too long loses its middle, since ends tell apart. */
export function cutMiddle(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  if (width < 2) return characters.slice(0, Math.max(0, width)).join("");
  const head = Math.floor((width - 1) / 2);
  return `${characters.slice(0, head).join("")}…${
    characters.slice(characters.length - (width - 1 - head)).join("")
  }`;
}
