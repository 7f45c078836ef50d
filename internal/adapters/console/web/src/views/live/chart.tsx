import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export type Series = { label: string; color: string; values: (number | null)[] };

type Props = { title: string; times: number[]; series: Series[]; format: (n: number) => string; range: [number, number] };

/** Lines over time, with the newest values beside their names. */
export function Chart({ title, times, series, format, range }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const look = useRef(range);
  look.current = range;
  const data = [times, ...series.map((s) => s.values)] as uPlot.AlignedData;
  useEffect(() => {
    const el = box.current!;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(el, series, format, () => look.current), data, el);
    };
    make();
    const size = new ResizeObserver(() => plot.current?.setSize({ width: el.clientWidth, height }));
    size.observe(el);
    // Canvases know no variables of style sheets: other colours need another drawing.
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const turned = new MutationObserver(make);
    turned.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    dark.addEventListener("change", make);
    return () => {
      size.disconnect();
      turned.disconnect();
      dark.removeEventListener("change", make);
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(data), [times, series]);
  const newest = series.map((s) => ({ ...s, now: s.values.findLast((v) => v !== null) }));
  const words = newest.map((s) => `${s.label} ${s.now == null ? "–" : format(s.now)}`).join(", ");
  return (
    <section class="card chart">
      <h2>{title}</h2>
      <ul class="keys">
        {newest.map((s) => (
          <li key={s.label}>
            <span class="swatch" style={{ background: `var(${s.color})` }} />
            <span class="muted">{s.label}</span>
            <b>{s.now == null ? "–" : format(s.now)}</b>
          </li>
        ))}
      </ul>
      <div ref={box} role="img" aria-label={`${title}: ${words}`} class="plot" />
    </section>
  );
}

const height = 140;

// A line needs two points: a few are drawn as such.
const few = (list: (number | null)[]) => list.filter((v) => v != null).length < 10;

function colors(el: HTMLElement, names: string[]): string[] {
  const probe = document.createElement("span");
  el.append(probe);
  const found = names.map((n) => {
    probe.style.color = `var(${n})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return found;
}

function options(el: HTMLElement, series: Series[], format: (n: number) => string, range: () => [number, number]): uPlot.Options {
  const [line, muted, ...own] = colors(el, ["--line", "--muted", ...series.map((s) => s.color)]) as [string, string, ...string[]];
  const axis = { stroke: muted, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  return {
    width: Math.max(el.clientWidth, 50),
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 5 } },
    padding: [8, 30, 0, 0],
    scales: { x: { range: () => range() }, y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, size: 24, space: 90, grid: { show: false }, values: (_u, list) => list.map((t) => clock.format(new Date(t * 1000))) },
      { ...axis, size: 62, space: 30, values: (_u, list) => list.map(format) },
    ],
    series: [{}, ...series.map((s, i) => ({ label: s.label, stroke: own[i], width: 1.5, spanGaps: true, points: { size: 4, show: (u: uPlot, k: number) => few(u.data[k] as (number | null)[]) } }))],
  };
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
