// How do figures go through time? Bars and lines on a scale; the table beside it says the same.
import { locale } from "../i18n";

export interface Series {
  name: string;
  /** Whole or decimal numbers, one for each label; only drawn, never counted with. */
  values: readonly number[];
  look: "bar" | "line";
  colour: 1 | 2 | 3 | 4 | 5;
}

interface Props {
  title: string;
  labels: readonly string[];
  series: readonly Series[];
}

export function Chart({ title, labels, series }: Props) {
  const bars = series.filter(({ look }) => look === "bar");
  const lines = series.filter(({ look }) => look === "line");
  const values = series.flatMap((one) => one.values).filter(Number.isFinite);
  const scale = scaleOf(Math.min(0, ...values), Math.max(0, ...values));
  const slot = 100 / Math.max(1, labels.length);
  const each = (0.6 * slot) / Math.max(1, bars.length);
  const middle = (at: number) => (at + 0.5) * slot;
  const step = stepOf(labels.length);
  return (
    <figure class="chart">
      <figcaption>
        <b>{title}</b>
        {series.some(({ name }) => name !== title) && (
          <ul class="legend">
            {series.map(({ name, colour }) => (
              <li key={name}>
                <i class={`key-${colour}`} aria-hidden="true" />
                {name}
              </li>
            ))}
          </ul>
        )}
      </figcaption>
      <div class="chart-frame" role="img" aria-label={title}>
        <div class="chart-plot">
          {scale.ticks.map((one) => (
            <div class="chart-rule" key={one} style={{ bottom: `${scale.up(one)}%` }}>
              <span>{short(one)}</span>
            </div>
          ))}
          {bars.map(({ name, values, colour }, number) =>
            values.map((value, at) => {
              const left = middle(at) + (number + 0.5 - bars.length / 2) * each;
              const [low, high] = [scale.up(Math.min(0, value)), scale.up(Math.max(0, value))];
              return (
                <i
                  class={`chart-bar key-${colour}`}
                  key={`${name} ${labels[at]}`}
                  style={{
                    left: `${left}%`,
                    width: `${each}%`,
                    bottom: `${low}%`,
                    height: `${high - low}%`,
                  }}
                />
              );
            }),
          )}
          {lines.length > 0 && (
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
              {lines.map(({ name, values, colour }) => (
                <polyline
                  class={`chart-line line-${colour}`}
                  key={name}
                  points={values
                    .map((value, at) => `${middle(at)},${100 - scale.up(value)}`)
                    .join(" ")}
                />
              ))}
            </svg>
          )}
          {lines.map(({ name, values, colour }) =>
            values.map((value, at) => (
              <i
                class={`chart-dot key-${colour}`}
                key={`${name} ${labels[at]}`}
                style={{ left: `${middle(at)}%`, bottom: `${scale.up(value)}%` }}
              />
            )),
          )}
          {labels.map(
            (label, at) =>
              at % step === 0 && (
                <span class="chart-label" key={label} style={{ left: `${middle(at)}%` }}>
                  {label}
                </span>
              ),
          )}
        </div>
      </div>
    </figure>
  );
}

interface Scale {
  ticks: readonly number[];
  /** How far up a value is, in percent. */
  up: (value: number) => number;
}

/** Lines across at round numbers, at most six. */
function scaleOf(low: number, high: number): Scale {
  const span = high - low || 1;
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? span;
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
  return { ticks, up: (value) => (100 * (value - first * step)) / ((last - first) * step) };
}

/** Each how manieth label has room: the longest are as wide as a month. */
function stepOf(labels: number): number {
  return [1, 2, 3, 4, 6, 12].find((one) => labels / one <= 6) ?? Math.ceil(labels / 6);
}

/** As 1.2万, or 12K. */
function short(value: number): string {
  const form = { notation: "compact", maximumFractionDigits: 2 } as const;
  return new Intl.NumberFormat(locale(), form).format(value);
}
