// Which parts make up an area? Tiles as large as their volunteers, with a band as high as the share with a star.
import { hierarchy, treemap } from "d3-hierarchy";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count } from "../i18n/format";
import { t } from "./words";

export interface Tile {
  id: string;
  name: string;
  volunteers: number;
  starred: number;
  href: string | null;
}

const WIDE = 1000; // until its frame is measured
const LOWEST = 340;

export function share({ volunteers, starred }: { volunteers: number; starred: number }): string {
  return volunteers === 0 ? "0%" : `${Math.round((100 * starred) / volunteers)}%`;
}

export function Treemap({ tiles, label }: { tiles: readonly Tile[]; label: string }) {
  const frame = useRef<HTMLUListElement>(null);
  const [wide, setWide] = useState(WIDE);
  useEffect(() => {
    const here = frame.current;
    if (here === null) return;
    const watch = new ResizeObserver(() => setWide(Math.max(1, here.clientWidth)));
    watch.observe(here);
    return () => watch.disconnect();
  }, []);
  const high = Math.max(LOWEST, Math.round(wide * 0.4));
  const laid = useMemo(() => layout(tiles, wide, high), [tiles, wide, high]);
  return (
    <ul class="treemap" aria-label={label} ref={frame} style={{ height: `${high}px` }}>
      {laid.map(({ tile, left, top, width, height }) => {
        const text = (
          <>
            <b>{tile.name}</b>
            <span>{t("people", { count: count(tile.volunteers) })}</span>
            <span>{t("starredShare", { share: share(tile) })}</span>
          </>
        );
        const look = { "--share": share(tile) };
        return (
          <li
            key={tile.id}
            title={`${tile.name} ${t("starredShare", { share: share(tile) })}`}
            style={{
              left: `${left}px`,
              top: `${top}px`,
              width: `${width}px`,
              height: `${height}px`,
            }}
          >
            {tile.href === null ? (
              <div class="tile" style={look}>
                {text}
              </div>
            ) : (
              <a class="tile" style={look} href={tile.href}>
                {text}
              </a>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function layout(tiles: readonly Tile[], wide: number, high: number) {
  const root = hierarchy<{ tile: Tile | null; parts: { tile: Tile; parts: [] }[] }>(
    { tile: null, parts: tiles.map((tile) => ({ tile, parts: [] })) },
    ({ parts }) => parts,
  )
    .sum(({ tile }) => tile?.volunteers ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  return treemap<(typeof root)["data"]>()
    .size([wide, high])
    .paddingInner(4)
    .round(true)(root)
    .leaves()
    .flatMap(({ data, x0, x1, y0, y1 }) =>
      data.tile === null
        ? []
        : [{ tile: data.tile, left: x0, top: y0, width: x1 - x0, height: y1 - y0 }],
    );
}
