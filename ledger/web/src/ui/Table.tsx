// How are many alike things shown? Rows that can be sorted by their columns, in a frame that scrolls by keyboard, too.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { words } from "../i18n";
import { Icon } from "./Icon";

export interface Column<Row> {
  id: string;
  title: ComponentChildren;
  cell: (row: Row) => ComponentChildren;
  /** Numbers end at one line, and stay on one. */
  number?: boolean;
  /** It stays on one line, as dates do. */
  line?: boolean;
  /** What to sort by; absent: the column does not sort. */
  by?: (row: Row) => string | number | bigint;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** There is more of the list than these rows: they stay in its order. */
  part?: boolean;
  /** What is around it says already what it is: the caption is for screen readers. */
  untitled?: boolean;
  /** Shown where there are no rows. */
  empty?: ComponentChildren;
}

const t = words({ none: { zh: "没有记录", en: "Nothing here" } });

export function Table<Row>({ caption, columns, rows, rowKey, part, untitled, empty }: Props<Row>) {
  const [order, setOrder] = useState<{ id: string; down: boolean } | null>(null);
  const by = part ? undefined : columns.find(({ id }) => id === order?.id)?.by;
  const shown =
    by === undefined
      ? rows
      : [...rows].sort((a, b) => compare(by(a), by(b)) * (order?.down ? -1 : 1));
  const sort = (id: string) => setOrder({ id, down: order?.id === id && !order.down });
  const direction = (id: string) =>
    part || order?.id !== id
      ? undefined
      : order.down
        ? ("descending" as const)
        : ("ascending" as const);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard (WCAG 2.1.1)
    <section class="table-wrap" aria-label={caption} tabIndex={0}>
      <table class="table">
        <caption class={untitled ? "sr-only" : ""}>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ id, title, number, by }) => (
              <th key={id} scope="col" class={number ? "number" : ""} aria-sort={direction(id)}>
                {by === undefined || part ? (
                  title
                ) : (
                  <button type="button" onClick={() => sort(id)}>
                    {title}
                    {order?.id === id && <Icon name={order.down ? "down" : "up"} />}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ id, cell, number, line }, index) =>
                index === 0 ? (
                  <th key={id} scope="row" class={number ? "number" : ""}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={id} class={number ? "number" : line ? "line" : ""}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <div class="empty">{empty ?? <p>{t("none")}</p>}</div>}
    </section>
  );
}

function compare(a: string | number | bigint, b: string | number | bigint): number {
  if (typeof a === "string" || typeof b === "string")
    return String(a).localeCompare(String(b), "zh-CN", { numeric: true });
  return a < b ? -1 : a > b ? 1 : 0;
}
