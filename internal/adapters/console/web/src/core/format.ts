// Numbers and dates in the browser's locale.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export const count = (n: number) => whole.format(n);
export const figure = (n: number) => (Math.abs(n) >= 1000 ? whole.format(n) : short.format(n));

const scoreFormat = new Intl.NumberFormat(undefined, { minimumFractionDigits: 4, maximumFractionDigits: 4 });
const tiny = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3, notation: "scientific" });
export const score = (n: number) => (n !== 0 && Math.abs(n) < 0.001 ? tiny.format(n) : scoreFormat.format(n));

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const sizes = units.map((unit) => new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3 }));

export function bytes(n: number): string {
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return sizes[i]!.format(n);
}

export function duration(us: number): string {
  if (us < 1000) return `${figure(us)} µs`;
  if (us < 1e6) return `${figure(us / 1000)} ms`;
  return `${figure(us / 1e6)} s`;
}

export function seconds(s: number): string {
  const steps: [number, string][] = [[86400, "d"], [3600, "h"], [60, "min"]];
  for (const [size, unit] of steps) if (s >= size && s % size === 0) return `${count(s / size)} ${unit}`;
  return `${count(s)} s`;
}

export const date = (iso: string) => moment.format(new Date(iso));

export function ago(iso: string, now = Date.now()): string {
  const s = (new Date(iso).getTime() - now) / 1000;
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [[86400, "day"], [3600, "hour"], [60, "minute"]];
  for (const [size, unit] of steps) if (Math.abs(s) >= size) return relative.format(Math.round(s / size), unit);
  return relative.format(Math.round(s), "second");
}
