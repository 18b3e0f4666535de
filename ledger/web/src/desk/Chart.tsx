// How do figures go through time? Bars and lines, drawn by uPlot; the table beside it says the same.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { locale } from "../i18n";
import { theme } from "../ui";

export interface Series {
  name: string;
  /** Whole or decimal numbers, one for each label; only drawn, never counted with. */
  values: readonly number[];
  look: "bar" | "line";
  colour: 1 | 2 | 3 | 4 | 5;
}

const HEIGHT = 240;

export function Chart({
  title,
  labels,
  series,
}: {
  title: string;
  labels: readonly string[];
  series: readonly Series[];
}) {
  const frame = useRef<HTMLDivElement>(null);
  const shade = theme.value;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides the colours, which are read from the page
  useEffect(() => {
    const here = frame.current;
    if (here === null) return;
    const plot = new uPlot(options(here, labels, series), data(labels, series), here);
    const watch = new ResizeObserver(() =>
      plot.setSize({ width: here.clientWidth, height: HEIGHT }),
    );
    watch.observe(here);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [labels, series, shade]);
  return (
    <figure class="chart">
      <figcaption>
        <b>{title}</b>
        <ul class="legend">
          {series.map(({ name, colour }) => (
            <li key={name}>
              <i class={`key-${colour}`} aria-hidden="true" />
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      <div class="chart-frame" ref={frame} role="img" aria-label={title} />
    </figure>
  );
}

function data(labels: readonly string[], series: readonly Series[]): uPlot.AlignedData {
  return [labels.map((_, at) => at), ...series.map(({ values }) => [...values])];
}

function options(
  here: HTMLElement,
  labels: readonly string[],
  series: readonly Series[],
): uPlot.Options {
  const token = (name: string) => getComputedStyle(here).getPropertyValue(name).trim();
  const bars = series.filter(({ look }) => look === "bar");
  const axis = {
    stroke: token("--ink-soft"),
    grid: { stroke: token("--line"), width: 1 },
    ticks: { show: false },
    font: `12px ${token("--sans")}`,
  };
  return {
    width: here.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [12, 12, 0, 0],
    scales: {
      x: { time: false, range: () => [-0.6, labels.length - 0.4] },
      y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        values: (_, at) => at.map((one) => (Number.isInteger(one) ? (labels[one] ?? "") : "")),
        space: 64,
        incrs: [1, 2, 3, 4, 6, 12],
      },
      { ...axis, size: 64, values: (_, at) => at.map((one) => short(one)) },
    ],
    series: [
      {},
      ...series.map((one): uPlot.Series => {
        const colour = token(`--chart-${one.colour}`);
        if (one.look === "line")
          return { stroke: colour, width: 2, points: { size: 6, fill: colour } };
        const place = bars.indexOf(one);
        const align = bars.length < 2 ? 0 : place === 0 ? -1 : 1;
        const paths = uPlot.paths.bars?.({ size: [bars.length < 2 ? 0.6 : 0.36, 48], align });
        return {
          fill: colour,
          stroke: colour,
          width: 0,
          points: { show: false },
          ...(paths && { paths }),
        };
      }),
    ],
  };
}

/** As 1.2万, or 12K. */
function short(value: number): string {
  const form = { notation: "compact", maximumFractionDigits: 2 } as const;
  return new Intl.NumberFormat(locale(), form).format(value);
}
